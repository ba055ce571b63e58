"""VGG-19 (Simonyan and Zisserman 2014, configuration E) in two forms, each with torchvision's names.

Over 64 pixels it is the paper's network and the zoo's ``vgg19``: no normalisation, a 7 x 7 map, three linear
layers with dropout of one half. Up to 64 pixels it is the form usual for CIFAR: a batch normalisation after
every convolution (the names of torchvision's ``vgg19_bn``), an average pool to 1 x 1, and one linear layer
``classifier`` in place of three, which would hold most of the weights of so small an input.

Convolutions are initialised as ``initialise_convolutions`` says; linear layers of the large form are normal
with deviation 0.01 and zero biases, as torchvision's are.
"""

from __future__ import annotations

from torch import Tensor, nn

from heddle.training.models.conv_blocks import initialise_convolutions
from heddle.training.models.image import ImageShape

# Width and number of 3 x 3 convolutions of each stage; a 2 x 2 max-pool ends the stage.
_STAGES = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))
_LEAST_SIDE = 2 ** len(_STAGES)
_HEAD_MAP_SIZE = 7
_HEAD_WIDTH = 4096
_HEAD_DEVIATION = 0.01
_DROPOUT = 0.5


class Vgg19(nn.Module):
    """``features``, ``avgpool``, flatten, ``classifier``."""

    def __init__(self, features: nn.Module, pooled_size: int, classifier: nn.Module) -> None:
        super().__init__()
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d(pooled_size)
        self.classifier = classifier
        initialise_convolutions(self)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits [B, classes] of images [B, C, H, W]."""
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


def build_vgg19(image: ImageShape, classes: int) -> nn.Module:
    """Return VGG-19 in the form that the image's size asks for; the image is at least 32 x 32."""
    image.require_side("vgg19", _LEAST_SIDE)
    width = _STAGES[-1][0]
    if image.is_small:
        return Vgg19(nn.Sequential(*_normalised_features(image.channels)), 1, nn.Linear(width, classes))
    return Vgg19(nn.Sequential(*_plain_features(image.channels)), _HEAD_MAP_SIZE, _head(width, classes))


def _plain_features(channels: int) -> list[nn.Module]:
    modules: list[nn.Module] = []
    for width, depth in _STAGES:
        for _ in range(depth):
            modules += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        modules.append(nn.MaxPool2d(2))
    return modules


def _normalised_features(channels: int) -> list[nn.Module]:
    modules: list[nn.Module] = []
    for width, depth in _STAGES:
        for _ in range(depth):
            modules += [nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            channels = width
        modules.append(nn.MaxPool2d(2))
    return modules


def _head(width: int, classes: int) -> nn.Sequential:
    head = nn.Sequential(
        nn.Linear(width * _HEAD_MAP_SIZE**2, _HEAD_WIDTH),
        nn.ReLU(),
        nn.Dropout(_DROPOUT),
        nn.Linear(_HEAD_WIDTH, _HEAD_WIDTH),
        nn.ReLU(),
        nn.Dropout(_DROPOUT),
        nn.Linear(_HEAD_WIDTH, classes),
    )
    for module in head:
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=_HEAD_DEVIATION)
            nn.init.zeros_(module.bias)
    return head
