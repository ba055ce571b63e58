"""A small convolutional network that ends, as ResNets do, in a global average pool.

Five convolutions 3 x 3 of 16, 32, 32, 64 and 64 channels, each followed by a batch normalisation and a ReLU, the first
and the third at stride 2; global average pool; linear. It is quick on images of 28 x 28 pixels.
"""

from __future__ import annotations

from torch import Tensor, nn

from heddle.training.models.conv_blocks import conv_norm_relu, initialise_convolutions
from heddle.training.models.image import ImageShape

_WIDTHS = (16, 32, 32, 64, 64)
_STRIDES = (2, 1, 2, 1, 1)


class SmallCnn(nn.Module):
    """The network of this module's head."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        inputs = (channels, *_WIDTHS)
        self.blocks = nn.Sequential(
            *(
                conv_norm_relu(entering, width, 3, stride=stride)
                for entering, width, stride in zip(inputs, _WIDTHS, _STRIDES, strict=False)
            )
        )
        self.fc = nn.Linear(_WIDTHS[-1], classes)
        initialise_convolutions(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits [B, classes] of images [B, C, H, W]."""
        return self.fc(self.blocks(x).mean((2, 3)))


def build_cnn_small(image: ImageShape, classes: int) -> nn.Module:
    """Return the network for ``image`` of any size."""
    return SmallCnn(image.channels, classes)
