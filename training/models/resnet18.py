"""ResNet-18 (He et al. 2015), laid out as torchvision does and with its names; the block's ReLUs are two.

The paper's stem is a 7 x 7 convolution at stride 2 and a max-pool. Where neither side of the image is over 64
pixels the stem is a 3 x 3 convolution at stride 1 and there is no max-pool, as is usual for CIFAR: the paper's
stem would leave 8 x 8 of a 32 x 32 image. Convolutions are initialised as ``initialise_convolutions`` says.
"""

from __future__ import annotations

from torch import Tensor, nn

from heddle.training.models.conv_blocks import initialise_convolutions
from heddle.training.models.image import ImageShape

_STEM_WIDTH = 64
_STAGE_WIDTHS = (64, 128, 256, 512)
_BLOCKS_A_STAGE = 2


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions and a shortcut, which is a 1 x 1 convolution where the shape changes."""

    def __init__(self, in_channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = _shortcut(in_channels, width, stride)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output [B, width, H / stride, W / stride]."""
        branch = self.relu1(self.bn1(self.conv1(x)))
        branch = self.bn2(self.conv2(branch))
        return self.relu2(branch + self.downsample(x))


class Resnet18(nn.Module):
    """Stem, four stages of two blocks, average pool, classifier ``fc``."""

    def __init__(self, image: ImageShape, classes: int) -> None:
        super().__init__()
        self.conv1, self.maxpool = _stem(image)
        self.bn1 = nn.BatchNorm2d(_STEM_WIDTH)
        self.relu = nn.ReLU()
        self.layer1 = _stage(_STEM_WIDTH, _STAGE_WIDTHS[0], stride=1)
        self.layer2 = _stage(_STAGE_WIDTHS[0], _STAGE_WIDTHS[1], stride=2)
        self.layer3 = _stage(_STAGE_WIDTHS[1], _STAGE_WIDTHS[2], stride=2)
        self.layer4 = _stage(_STAGE_WIDTHS[2], _STAGE_WIDTHS[3], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(_STAGE_WIDTHS[3], classes)
        initialise_convolutions(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits [B, classes] of images [B, C, H, W]."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))


def build_resnet18(image: ImageShape, classes: int) -> nn.Module:
    """Return ResNet-18 for images of any size, with the stem that the size asks for."""
    return Resnet18(image, classes)


def _stem(image: ImageShape) -> tuple[nn.Conv2d, nn.Module]:
    if image.is_small:
        return nn.Conv2d(image.channels, _STEM_WIDTH, 3, padding=1, bias=False), nn.Identity()
    conv = nn.Conv2d(image.channels, _STEM_WIDTH, 7, stride=2, padding=3, bias=False)
    return conv, nn.MaxPool2d(3, stride=2, padding=1)


def _stage(in_channels: int, width: int, *, stride: int) -> nn.Sequential:
    rest = [BasicBlock(width, width, 1) for _ in range(_BLOCKS_A_STAGE - 1)]
    return nn.Sequential(BasicBlock(in_channels, width, stride), *rest)


def _shortcut(in_channels: int, width: int, stride: int) -> nn.Module:
    if in_channels == width and stride == 1:
        return nn.Identity()
    return nn.Sequential(nn.Conv2d(in_channels, width, 1, stride=stride, bias=False), nn.BatchNorm2d(width))
