"""Models without memory for their weights, for tests that look at shapes alone."""

from __future__ import annotations

import torch
from torch import nn

from heddle.training.models import build_model


def weightless(name: str, shape: tuple[int, int, int], classes: int) -> nn.Module:
    with torch.device("meta"):
        return build_model(name, shape, classes)
