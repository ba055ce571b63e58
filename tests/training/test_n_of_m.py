"""Every layer is N:M along the stated axis after every step of a training run."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from heddle.arch.design import SparsityConfig
from heddle.training import TrainingRecipe, sparsified_layers, sparsify, training_recipe, training_recipe_names
from heddle.training.layers import NmLayer
from heddle.training.recipe import BackwardWeights, WeightPruning

EVERY_RECIPE = pytest.mark.parametrize("name", training_recipe_names())


class SmallNetwork(nn.Module):
    """Convolutions, one of them in groups, and linear layers."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 8, 3, padding=1)
        self.strided = nn.Conv2d(8, 16, 3, stride=2, padding=1)
        self.grouped = nn.Conv2d(16, 16, 3, groups=2)
        self.hidden = nn.Linear(16, 24)
        self.classifier = nn.Linear(24, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.strided(torch.relu(self.stem(x))))
        x = torch.relu(self.grouped(x)).mean((2, 3))
        result: Tensor = self.classifier(torch.relu(self.hidden(x)))
        return result


def most_kept(weight: Tensor, m: int, axis: int) -> int:
    """The most non-zeros that any group of M along ``axis`` has."""
    groups = weight.movedim(axis, -1).unflatten(-1, (-1, m))
    return int((groups != 0).sum(-1).max())


def ends_pruned(recipe: TrainingRecipe) -> tuple[bool, bool]:
    """Whether FF and BP are N:M along their own axis at the end, as the specification has it."""
    both = isinstance(recipe.bp, WeightPruning) or recipe.name == "transposable"
    return recipe.ff is not None, both and recipe.name != "bi-mask"


@EVERY_RECIPE
@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.Adam], ids=["sgd", "adam"])
def test_every_step_obeys_n_of_m(name: str, optimizer: type[torch.optim.Optimizer]) -> None:
    torch.manual_seed(6)
    model, steps = SmallNetwork(), 6
    recipe, ratio = training_recipe(name), SparsityConfig(n=2, m=8)
    sparsify(model, recipe, ratio, steps=steps)
    layers = dict(sparsified_layers(model))
    assert set(layers) == (set() if name == "dense" else {"strided", "grouped", "hidden"})
    update = optimizer(model.parameters(), lr=0.01)
    images, labels = torch.randn(6, 1, 9, 9), torch.randint(0, 3, (6,))
    for step in range(steps + 1):
        update.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        update.step()
        for layer in layers.values():
            assert_n_of_m(layer, recipe, step + 1, steps)


def assert_n_of_m(layer: NmLayer, recipe: TrainingRecipe, step: int, steps: int) -> None:
    for axis, pruned, view in zip((1, 0), ends_pruned(recipe), layer.operands(), strict=True):
        if view.kept is not None:
            assert most_kept(view.tensor, view.kept.m, axis) <= view.kept.n
        if pruned and 2 * step >= steps:
            assert view.kept == SparsityConfig(n=2, m=8)
            assert most_kept(view.tensor, 8, axis) == 2
        if not pruned and axis == 0 and recipe.bp is BackwardWeights.DENSE:
            assert torch.equal(view.tensor, layer.weight)
