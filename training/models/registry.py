"""Names of the models and the builder behind each."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import nn

from heddle.arch.errors import HeddleError, unknown
from heddle.training.models.image import ImageShape, image_shape
from heddle.training.models.mlp import build_mlp
from heddle.training.models.resnet9 import build_resnet9, build_resnet9_small
from heddle.training.models.resnet18 import build_resnet18
from heddle.training.models.vgg19 import build_vgg19
from heddle.training.models.vit import build_vit_small, build_vit_tiny

ModelBuilder = Callable[[ImageShape, int], nn.Module]

_BUILDERS: Mapping[str, ModelBuilder] = {
    "mlp": build_mlp,
    "resnet9-small": build_resnet9_small,
    "resnet9": build_resnet9,
    "resnet18": build_resnet18,
    "vgg19": build_vgg19,
    "vit-tiny": build_vit_tiny,
    "vit-small": build_vit_small,
}


def model_names() -> tuple[str, ...]:
    """The models that can be built, each family from small to large."""
    return tuple(_BUILDERS)


def build_model(name: str, shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Build a model for samples of ``shape`` (channels, height, width) and ``classes`` classes, weights drawn.

    Weights come from torch's global generator: ``torch.manual_seed`` before the call fixes them. Raises
    HeddleError for an unknown name, a shape that the model cannot take and fewer than one class.
    """
    if name not in _BUILDERS:
        raise unknown("model", name, model_names())
    if classes < 1:
        raise HeddleError(f"{name}: {classes} classes (valid: at least 1)")
    return _BUILDERS[name](image_shape(name, shape), classes)
