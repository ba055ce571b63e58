"""Names of the zoo and the builder behind each."""

from __future__ import annotations

from collections.abc import Callable

from heddle.arch.errors import HeddleError, unknown
from heddle.dataflow.network import Network
from heddle.dataflow.zoo.bert import build_bert_base
from heddle.dataflow.zoo.mlp import build_mlp
from heddle.dataflow.zoo.mobilenet import build_mobilenetv2
from heddle.dataflow.zoo.resnet import build_resnet18, build_resnet50
from heddle.dataflow.zoo.resnet9 import build_resnet9
from heddle.dataflow.zoo.vgg import build_vgg19
from heddle.dataflow.zoo.vit import build_vit_small

ImageBuilder = Callable[[int, int], Network]
TextBuilder = Callable[[int], Network]

# Builder, default image side in pixels, default number of classes.
_IMAGE_NETWORKS: dict[str, tuple[ImageBuilder, int, int]] = {
    "mlp": (build_mlp, 28, 10),
    "resnet9": (build_resnet9, 32, 10),
    "resnet18": (build_resnet18, 224, 1000),
    "resnet50": (build_resnet50, 224, 1000),
    "vgg19": (build_vgg19, 224, 1000),
    "vit-small": (build_vit_small, 224, 1000),
    "mobilenetv2": (build_mobilenetv2, 224, 1000),
}
# Builder, default sequence length in tokens.
_TEXT_NETWORKS: dict[str, tuple[TextBuilder, int]] = {"bert-base": (build_bert_base, 128)}

_LARGEST_SIZE = 1 << 16


def zoo_names() -> tuple[str, ...]:
    """The networks of the zoo, small image networks first."""
    return (*_IMAGE_NETWORKS, *_TEXT_NETWORKS)


def zoo_network(
    name: str,
    *,
    image_size: int | None = None,
    classes: int | None = None,
    sequence_length: int | None = None,
) -> Network:
    """Build a network of the zoo; sizes that are None take the network's defaults.

    ``image_size`` is the side of the square image in pixels and ``classes`` the width of the classifier (image
    networks); ``sequence_length`` is in tokens (bert-base). Raises HeddleError for a name that the zoo does
    not have, a size that does not belong to the network, and a size that it cannot take.

    >>> heddle.zoo_network("resnet18", image_size=32, classes=10).name
    'resnet18'
    """
    for option, size in (
        ("image_size", image_size),
        ("classes", classes),
        ("sequence_length", sequence_length),
    ):
        _check_size(name, option, size)
    if name in _IMAGE_NETWORKS:
        _refuse(name, "sequence_length", sequence_length, "image_size, classes")
        build_image, default_size, default_classes = _IMAGE_NETWORKS[name]
        return build_image(image_size or default_size, classes or default_classes)
    if name in _TEXT_NETWORKS:
        _refuse(name, "image_size", image_size, "sequence_length")
        _refuse(name, "classes", classes, "sequence_length")
        build_text, default_length = _TEXT_NETWORKS[name]
        return build_text(sequence_length or default_length)
    raise unknown("network", name, zoo_names())


def _check_size(name: str, option: str, size: int | None) -> None:
    if size is not None and not 1 <= size <= _LARGEST_SIZE:
        raise HeddleError(f"{name}: {option} is {size} (valid: 1 to {_LARGEST_SIZE})")


def _refuse(name: str, option: str, size: int | None, valid: str) -> None:
    if size is not None:
        raise HeddleError(f"{name}: it has no {option} (valid: {valid})")
