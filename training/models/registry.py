"""The builder behind each model of the catalogue."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from heddle.arch.errors import HeddleError, unknown
from heddle.training.catalogue import MODELS, function_at
from heddle.training.models.image import ImageShape, image_shape

ModelBuilder = Callable[[ImageShape, int], nn.Module]


def model_names() -> tuple[str, ...]:
    """The models that can be built, each family from small to large."""
    return tuple(MODELS)


def build_model(name: str, shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Build a model for samples of ``shape`` (channels, height, width) and ``classes`` classes, weights drawn.

    Weights come from torch's global generator: ``torch.manual_seed`` before the call fixes them. Raises
    HeddleError for an unknown name, a shape that the model cannot take and fewer than one class.
    """
    if name not in MODELS:
        raise unknown("model", name, model_names())
    if classes < 1:
        raise HeddleError(f"{name}: {classes} classes (valid: at least 1)")
    builder: ModelBuilder = function_at(MODELS[name])
    return builder(image_shape(name, shape), classes)
