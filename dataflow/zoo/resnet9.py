"""ResNet9 for CIFAR-10: the short residual network of fast CIFAR training, at twice its usual width.

The structure is that of FFCV's CIFAR example (convolution 3x3, convolution 5x5 at stride 2, a residual pair,
convolution, max-pool, a residual pair, a convolution without padding, global max-pool, linear without bias),
with every width doubled: 128, 256, 512, 256. The last convolution has no padding: 8 x 8 becomes 6 x 6.
"""

from __future__ import annotations

from heddle.dataflow.assemble import assemble_network, first_data_fed
from heddle.dataflow.network import Network
from heddle.dataflow.zoo.image_stack import FeatureMap, ImageStack


def build_resnet9(image_size: int = 32, classes: int = 10) -> Network:
    """ResNet9 on an RGB image of ``image_size`` x ``image_size``."""
    stack = ImageStack("resnet9", FeatureMap(3, image_size, image_size))
    _conv_bn_relu(stack, "conv1", 128, kernel=3)
    _conv_bn_relu(stack, "conv2", 256, kernel=5, stride=2)
    _residual_pair(stack, "res1")
    _conv_bn_relu(stack, "conv3", 512, kernel=3)
    stack.pool("maxpool", 2, stride=2)
    _residual_pair(stack, "res2")
    _conv_bn_relu(stack, "conv4", 256, kernel=3, padding=0)
    stack.adaptive_pool("globalpool", 1)
    stack.linear("fc", classes, bias=False)
    return assemble_network("resnet9", "zoo", stack.layers, first_data_fed(stack.layers))


def _conv_bn_relu(
    stack: ImageStack, name: str, width: int, *, kernel: int, stride: int = 1, padding: int | None = None
) -> None:
    stack.conv(f"{name}.conv", width, kernel, stride=stride, padding=padding)
    stack.batchnorm(f"{name}.bn")
    stack.activation(f"{name}.relu")


def _residual_pair(stack: ImageStack, name: str) -> None:
    width = stack.shape.channels
    _conv_bn_relu(stack, f"{name}.0", width, kernel=3)
    _conv_bn_relu(stack, f"{name}.1", width, kernel=3)
    stack.residual(f"{name}.add")
