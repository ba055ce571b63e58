"""Every model, data set and recipe by name, with where it is; other words of a training that a user chooses among.

Nothing here loads PyTorch, so that help texts can list the names. A new model, data set or recipe is its module and a
row here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Literal, get_args

#: The builder of each model (``heddle.training.models.registry`` calls it), each family from small to large.
MODELS: Mapping[str, str] = {
    "mlp": "heddle.training.models.mlp.build_mlp",
    "cnn-small": "heddle.training.models.cnn.build_cnn_small",
    "resnet9-small": "heddle.training.models.resnet9.build_resnet9_small",
    "resnet9": "heddle.training.models.resnet9.build_resnet9",
    "resnet18": "heddle.training.models.resnet18.build_resnet18",
    "vgg19": "heddle.training.models.vgg19.build_vgg19",
    "vit-tiny": "heddle.training.models.vit.build_vit_tiny",
    "vit-small": "heddle.training.models.vit.build_vit_small",
}
FASHION_MNIST = "fashion-mnist"
IMAGE_FOLDER = "imagefolder"
#: The reader of each data set (``heddle.training.data.registry`` calls it); the first needs no files.
DATA_SETS: Mapping[str, str] = {
    "digits": "heddle.training.data.digits.load_digits",
    FASHION_MNIST: "heddle.training.data.fashion_mnist.load_fashion_mnist",
    "cifar10": "heddle.training.data.cifar.load_cifar10",
    "cifar100": "heddle.training.data.cifar.load_cifar100",
    IMAGE_FOLDER: "heddle.training.data.image_folder.load_image_folder",
}
#: Each recipe that ``train`` knows by name (``heddle.training.recipes`` loads it), dense first.
TRAINING_RECIPES: Mapping[str, str] = {
    "dense": "heddle.training.recipes.dense.DENSE",
    "sr-ste": "heddle.training.recipes.sr_ste.SR_STE",
    "asp": "heddle.training.recipes.asp.ASP",
    "random": "heddle.training.recipes.random_mask.RANDOM",
    "sdgp": "heddle.training.recipes.sdgp.SDGP",
    "sdgp-rescaled": "heddle.training.recipes.sdgp.SDGP_RESCALED",
    "sdwp": "heddle.training.recipes.sdwp.SDWP",
    "bdwp": "heddle.training.recipes.bdwp.BDWP",
    "bi-mask": "heddle.training.recipes.bi_mask.BI_MASK",
    "transposable": "heddle.training.recipes.transposable.TRANSPOSABLE",
    "mdgf-linear": "heddle.training.recipes.gradient_flow.MDGF_LINEAR",
    "mdgf-exponential": "heddle.training.recipes.gradient_flow.MDGF_EXPONENTIAL",
    "sdgf-stepwise": "heddle.training.recipes.gradient_flow.SDGF_STEPWISE",
    "sdgf-geometric": "heddle.training.recipes.gradient_flow.SDGF_GEOMETRIC",
    "bdwp-wu": "heddle.training.recipes.bdwp_wu.BDWP_WU",
    "bdwp-wu-x": "heddle.training.recipes.bdwp_wu.BDWP_WU_X",
    "bdwp-wu-sampled": "heddle.training.recipes.bdwp_wu.BDWP_WU_SAMPLED",
    "bdwp-wu-x-sampled": "heddle.training.recipes.bdwp_wu.BDWP_WU_X_SAMPLED",
    "bdwp-wu-measured": "heddle.training.recipes.bdwp_wu.BDWP_WU_MEASURED",
}
#: What a recipe of the user's own is written in: values, or a program.
RECIPE_TABLE, RECIPE_PROGRAM = ".toml", ".py"
#: N:M for all layers alike, or by the Erdős-Rényi kernel (``heddle.training.ratios``).
RatioRule = Literal["uniform", "erk"]
RATIO_RULES: tuple[RatioRule, ...] = get_args(RatioRule)
#: PyTorch's own, or the accelerator's.
ARITHMETICS = ("float", "machine")
DEVICES = ("cpu", "cuda")


def function_at(place: str) -> Callable[..., Any]:
    """Return the function at a place of this catalogue; its module is loaded."""
    found: Callable[..., Any] = object_at(place)
    return found


def object_at(place: str) -> Any:
    """Return what stands at a place of this catalogue; its module is loaded."""
    module, _, name = place.rpartition(".")
    return getattr(import_module(module), name)
