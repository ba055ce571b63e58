"""ResNet9 and its small sister."""

from __future__ import annotations

import torch
from torch import nn
from whole_model import weightless

from heddle.training.models import build_model


def test_the_small_ones_convolutions_divide_by_sixteen_but_for_the_first() -> None:
    model = weightless("resnet9-small", (1, 8, 8), 10)
    convolutions = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    assert len(convolutions) == 8
    assert all(conv.in_channels % 16 == 0 for conv in convolutions[1:])
    assert all(conv.out_channels % 16 == 0 for conv in convolutions)


def test_both_have_the_same_layers() -> None:
    small, full = weightless("resnet9-small", (3, 32, 32), 10), weightless("resnet9", (3, 32, 32), 10)
    assert list(small.state_dict()) == list(full.state_dict())


def test_convolutions_start_with_the_deviation_of_he() -> None:
    torch.manual_seed(0)
    weight = build_model("resnet9", (3, 32, 32), 10).get_submodule("conv3.conv").weight
    assert isinstance(weight, nn.Parameter)
    assert abs(float(weight.std().detach()) / (2 / (9 * 512)) ** 0.5 - 1) < 0.01
