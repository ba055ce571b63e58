"""Every model and data set by name, with where its function is; other words of a training that a user chooses among.

Nothing here loads PyTorch, so that help texts can list the names. A new model or data set is its module and a row here.
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
#: N:M for all layers alike, or by the Erdős-Rényi kernel (``heddle.training.ratios``).
RatioRule = Literal["uniform", "erk"]
RATIO_RULES: tuple[RatioRule, ...] = get_args(RatioRule)
#: PyTorch's own, or the accelerator's.
ARITHMETICS = ("float", "machine")
DEVICES = ("cpu", "cuda")


def function_at(place: str) -> Callable[..., Any]:
    """Return the function at a place of this catalogue; its module is loaded."""
    module, _, name = place.rpartition(".")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found
