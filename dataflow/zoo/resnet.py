"""ResNet-18 and ResNet-50 (He et al. 2015), as torchvision builds them and with its names.

ResNet-50 is the variant called v1.5: a bottleneck's stride sits on its 3 x 3 convolution.
"""

from __future__ import annotations

from collections.abc import Callable

from heddle.dataflow.assemble import assemble_network, first_data_fed
from heddle.dataflow.network import Network
from heddle.dataflow.zoo.image_stack import FeatureMap, ImageStack

_STAGE_WIDTHS = (64, 128, 256, 512)
_BOTTLENECK_EXPANSION = 4

BlockBuilder = Callable[[ImageStack, str, int, int], None]


def build_resnet18(image_size: int = 224, classes: int = 1000) -> Network:
    """ResNet-18 on an RGB image of ``image_size`` x ``image_size``."""
    return _build("resnet18", (2, 2, 2, 2), _basic_block, image_size, classes)


def build_resnet50(image_size: int = 224, classes: int = 1000) -> Network:
    """ResNet-50 on an RGB image of ``image_size`` x ``image_size``."""
    return _build("resnet50", (3, 4, 6, 3), _bottleneck, image_size, classes)


def _build(name: str, depths: tuple[int, ...], block: BlockBuilder, image_size: int, classes: int) -> Network:
    stack = ImageStack(name, FeatureMap(3, image_size, image_size))
    stack.conv("conv1", 64, 7, stride=2)
    stack.batchnorm("bn1")
    stack.activation("relu")
    stack.pool("maxpool", 3, stride=2, padding=1)
    for stage, (width, depth) in enumerate(zip(_STAGE_WIDTHS, depths, strict=True), start=1):
        for index in range(depth):
            stride = 2 if stage > 1 and index == 0 else 1
            block(stack, f"layer{stage}.{index}", width, stride)
    stack.adaptive_pool("avgpool", 1)
    stack.linear("fc", classes)
    return assemble_network(name, "zoo", stack.layers, first_data_fed(stack.layers))


def _basic_block(stack: ImageStack, name: str, width: int, stride: int) -> None:
    entry = stack.shape
    _conv_bn(stack, name, 1, width, kernel=3, stride=stride)
    stack.activation(f"{name}.relu1")
    _conv_bn(stack, name, 2, width, kernel=3)
    _shortcut(stack, name, entry, stride)
    stack.activation(f"{name}.relu2")


def _bottleneck(stack: ImageStack, name: str, width: int, stride: int) -> None:
    entry = stack.shape
    _conv_bn(stack, name, 1, width, kernel=1)
    stack.activation(f"{name}.relu1")
    _conv_bn(stack, name, 2, width, kernel=3, stride=stride)
    stack.activation(f"{name}.relu2")
    _conv_bn(stack, name, 3, width * _BOTTLENECK_EXPANSION, kernel=1)
    _shortcut(stack, name, entry, stride)
    stack.activation(f"{name}.relu3")


def _conv_bn(stack: ImageStack, block: str, number: int, width: int, *, kernel: int, stride: int = 1) -> None:
    stack.conv(f"{block}.conv{number}", width, kernel, stride=stride)
    stack.batchnorm(f"{block}.bn{number}")


def _shortcut(stack: ImageStack, block: str, entry: FeatureMap, stride: int) -> None:
    out = stack.shape
    if entry != out:
        stack.rewind(entry)
        stack.conv(f"{block}.downsample.0", out.channels, 1, stride=stride)
        stack.batchnorm(f"{block}.downsample.1")
    stack.residual(f"{block}.add")
