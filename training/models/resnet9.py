"""ResNet9 and a small one for 8 x 8 images.

The structure is that of FFCV's CIFAR example: convolution 3x3, convolution 5x5 at stride 2, a residual pair,
convolution, max-pool, a residual pair, convolution, global max-pool, linear without bias. ``resnet9`` has the
zoo's widths (128, 256, 512, 256, twice the example's) and its last convolution no padding.

``resnet9-small`` differs in two things: widths of 16, 32, 64 and 32, so that every convolution but the first
divides by 16, and padding in the last convolution, without which an 8 x 8 image, 2 x 2 by then, would vanish.
Convolutions are initialised as ``initialise_convolutions`` says.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from heddle.training.models.conv_blocks import ResidualPair, conv_norm_relu, initialise_convolutions
from heddle.training.models.image import ImageShape


@dataclass(frozen=True)
class Resnet9Shape:
    """Widths of the four plain convolutions, the padding of the last one and the least image side in pixels."""

    widths: tuple[int, int, int, int]
    last_padding: int
    least_side: int


# 11 pixels: 6 after conv2, 3 after the max-pool, and conv4 sees 3 x 3 without padding.
_FULL = Resnet9Shape(widths=(128, 256, 512, 256), last_padding=0, least_side=11)
# 3 pixels: 2 after conv2, 1 after the max-pool.
_SMALL = Resnet9Shape(widths=(16, 32, 64, 32), last_padding=1, least_side=3)


class Resnet9(nn.Module):
    """The network of this module's head, with the zoo's names."""

    def __init__(self, channels: int, shape: Resnet9Shape, classes: int) -> None:
        super().__init__()
        first, second, third, fourth = shape.widths
        self.conv1 = conv_norm_relu(channels, first, 3)
        self.conv2 = conv_norm_relu(first, second, 5, stride=2)
        self.res1 = _residual_pair(second)
        self.conv3 = conv_norm_relu(second, third, 3)
        self.maxpool = nn.MaxPool2d(2)
        self.res2 = _residual_pair(third)
        self.conv4 = conv_norm_relu(third, fourth, 3, padding=shape.last_padding)
        self.globalpool = nn.AdaptiveMaxPool2d(1)
        self.fc = nn.Linear(fourth, classes, bias=False)
        initialise_convolutions(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits [B, classes] of images [B, C, H, W]."""
        x = self.res1(self.conv2(self.conv1(x)))
        x = self.res2(self.maxpool(self.conv3(x)))
        x = self.globalpool(self.conv4(x))
        return self.fc(x.flatten(1))


def build_resnet9(image: ImageShape, classes: int) -> nn.Module:
    """Return ResNet9; the image is at least 11 x 11."""
    return _build("resnet9", image, _FULL, classes)


def build_resnet9_small(image: ImageShape, classes: int) -> nn.Module:
    """Return the small ResNet9; the image is at least 3 x 3."""
    return _build("resnet9-small", image, _SMALL, classes)


def _build(name: str, image: ImageShape, shape: Resnet9Shape, classes: int) -> nn.Module:
    image.require_side(name, shape.least_side)
    return Resnet9(image.channels, shape, classes)


def _residual_pair(width: int) -> ResidualPair:
    return ResidualPair(conv_norm_relu(width, width, 3), conv_norm_relu(width, width, 3))
