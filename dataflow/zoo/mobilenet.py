"""MobileNetV2 (Sandler et al. 2018, width 1.0), as torchvision builds it and with its names."""

from __future__ import annotations

from heddle.dataflow.assemble import assemble_network, first_data_fed
from heddle.dataflow.network import Network
from heddle.dataflow.zoo.image_stack import FeatureMap, ImageStack

_STEM_WIDTH = 32
_HEAD_WIDTH = 1280
# Table 2 of the paper: expansion factor, output channels, repeats, stride of the first repeat.
_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


def build_mobilenetv2(image_size: int = 224, classes: int = 1000) -> Network:
    """MobileNetV2 on an RGB image of ``image_size`` x ``image_size``."""
    stack = ImageStack("mobilenetv2", FeatureMap(3, image_size, image_size))
    _conv_bn_relu(stack, "features.0", _STEM_WIDTH, kernel=3, stride=2)
    position = 1
    for expansion, width, repeats, first_stride in _STAGES:
        for repeat in range(repeats):
            stride = first_stride if repeat == 0 else 1
            _inverted_residual(stack, f"features.{position}", expansion, width, stride)
            position += 1
    _conv_bn_relu(stack, f"features.{position}", _HEAD_WIDTH, kernel=1)
    stack.adaptive_pool("avgpool", 1)
    stack.linear("classifier.1", classes)
    return assemble_network("mobilenetv2", "zoo", stack.layers, first_data_fed(stack.layers))


def _inverted_residual(stack: ImageStack, name: str, expansion: int, width: int, stride: int) -> None:
    entry = stack.shape
    position = 0
    if expansion != 1:
        _conv_bn_relu(stack, f"{name}.conv.0", entry.channels * expansion, kernel=1)
        position = 1
    hidden = stack.shape.channels
    _conv_bn_relu(stack, f"{name}.conv.{position}", hidden, kernel=3, stride=stride, groups=hidden)
    stack.conv(f"{name}.conv.{position + 1}", width, 1)
    stack.batchnorm(f"{name}.conv.{position + 2}")
    if stack.shape == entry:
        stack.residual(f"{name}.add")


def _conv_bn_relu(stack: ImageStack, name: str, width: int, *, kernel: int, stride: int = 1, groups: int = 1) -> None:
    stack.conv(f"{name}.0", width, kernel, stride=stride, groups=groups)
    stack.batchnorm(f"{name}.1")
    stack.activation(f"{name}.2")
