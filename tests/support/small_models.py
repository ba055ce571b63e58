"""Small PyTorch models of one function each, and the networks behind them: for the tests of what is read of a model."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from heddle.dataflow.network import Layer, Network, VectorLayer
from heddle.training.network_of import network_of


def products(network: Network) -> list[Layer]:
    return [layer for layer in network.layers if not isinstance(layer, VectorLayer)]


def vectors(network: Network) -> list[VectorLayer]:
    return [layer for layer in network.layers if isinstance(layer, VectorLayer)]


def elements(network: Network) -> tuple[int, int]:
    found = vectors(network)
    return sum(layer.in_elements for layer in found), sum(layer.out_elements for layer in found)


class Computes(nn.Module):
    """A model of one function, with a linear layer ``fc`` and a parameter ``scale`` to use in it."""

    def __init__(self, function: Callable[[Computes, Tensor], Tensor], features: int = 6) -> None:
        super().__init__()
        self.function = function
        self.fc = nn.Linear(features, features)
        self.scale = nn.Parameter(torch.ones(features))
        self.matrix = nn.Parameter(torch.ones(features, 4))

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self, x)


def network_behind(function: Callable[[Computes, Tensor], Tensor]) -> Network:
    """Samples are rows of 6 features: images [2, 5, 6] as [batch, 10, 6]."""
    return network_of(Computes(lambda model, x: function(model, x.flatten(1, 2))), (2, 5, 6), "model")
