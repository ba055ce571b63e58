"""Adam with a variance that stops changing, and STEP made of it."""

from __future__ import annotations

import copy
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from heddle.arch.sparsity import parse_sparsity
from heddle.training import TrainingRecipe, sparsify
from heddle.training.frozen_adam import FrozenVarianceAdam
from heddle.training.layers import NmLayer
from heddle.training.recipe import WeightPruning
from heddle.training.selections import TopN

STEP = TrainingRecipe(
    "step",
    source="Lu et al. 2023, STEP",
    machine="sr-ste",
    ff=WeightPruning(TopN("in"), begins=0.5),
)


KINDS = (torch.optim.Adam, FrozenVarianceAdam)


def test_before_it_freezes_it_is_pytorchs_own() -> None:
    weights = [nn.Parameter(torch.ones(3)) for _ in range(2)]
    optimizers = [kind([weight], lr=0.1) for kind, weight in zip(KINDS, weights, strict=True)]
    for step in range(3):
        for weight, optimizer in zip(weights, optimizers, strict=True):
            weight.grad = torch.arange(3.0) + step
            optimizer.step()
    assert torch.equal(*weights)


def test_frozen_it_divides_by_the_variance_that_it_had() -> None:
    weight = nn.Parameter(torch.zeros(2, dtype=torch.float64))
    optimizer = FrozenVarianceAdam([weight], lr=0.1, betas=(0.5, 0.75), eps=0.01, weight_decay=0.5)
    value, mean, variance, gradients = (
        np.zeros(2),
        np.zeros(2),
        np.zeros(2),
        [np.array([1.0, -2.0 * n]) for n in range(5)],
    )
    for number, gradient in enumerate(gradients, 1):
        if number == 3:
            optimizer.freeze()
            divisor = np.sqrt(variance / (1 - 0.75**2)) + 0.01
        weight.grad = torch.from_numpy(gradient.copy())
        optimizer.step()
        full = gradient + 0.5 * value
        mean = 0.5 * mean + 0.5 * full
        if number < 3:
            variance = 0.75 * variance + 0.25 * full**2
            divisor = np.sqrt(variance / (1 - 0.75**number)) + 0.01
        value = value - 0.1 * mean / (1 - 0.5**number) / divisor
        np.testing.assert_allclose(weight.detach().numpy(), value, rtol=1e-12)


def test_it_goes_on_from_its_state() -> None:
    def stepped(optimizer: torch.optim.Optimizer, weight: nn.Parameter) -> None:
        weight.grad = torch.ones(2)
        optimizer.step()

    weight = nn.Parameter(torch.zeros(2))
    optimizer = FrozenVarianceAdam([weight])
    stepped(optimizer, weight)
    optimizer.freeze()
    stepped(optimizer, weight)
    twin = nn.Parameter(weight.detach().clone())
    again = FrozenVarianceAdam([twin])
    again.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    stepped(optimizer, weight)
    stepped(again, twin)
    assert torch.equal(weight, twin)


def test_step_is_dense_and_then_masked_under_a_frozen_variance() -> None:
    torch.manual_seed(0)
    layer = nn.Linear(8, 8)
    sparsify(nn.Sequential(layer), STEP, "2:4", steps=6)
    assert isinstance(layer, NmLayer)
    optimizer = FrozenVarianceAdam(layer.parameters(), lr=0.01)
    variances = []
    for step in range(6):
        if step == 3:
            optimizer.freeze()
        optimizer.zero_grad()
        layer(torch.randn(4, 8)).square().sum().backward()
        assert (layer.operands()[0].kept == parse_sparsity("2:4")) == (step >= 3)
        optimizer.step()
        variances.append(optimizer.state[layer.weight]["exp_avg_sq"].clone())
    assert [torch.equal(*pair) for pair in pairwise(variances)] == [
        False,
        False,
        True,
        True,
        True,
    ]
    assert layer.pruner.clock is not None
    layer.pruner.note_update(layer.weight)
    assert layer.pruner.clock.step == 6
