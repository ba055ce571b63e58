"""Multiply-adds and simulated time beside the accuracies of docs/training.md, as the code has them today."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

from benchmarks.docs_tables import stored
from benchmarks.recipe_accuracy import PERCEPTRON, RESIDUAL, Experiment, fractions
from heddle.training.data.registry import load_data

#: One that prunes weights both ways, one that prunes gradients, one that ramps up, and one with a sparse WU.
RECIPES = ("bdwp", "sdgp", "mdgf-linear", "bdwp-wu-x")


@pytest.mark.parametrize("experiment", [PERCEPTRON, RESIDUAL], ids=lambda experiment: experiment.base.model)
def test_the_costs_beside_the_accuracies_are_today_s(experiment: Experiment) -> None:
    shown = stored.read("recipe-accuracy").tables[f"cost-{experiment.base.model}"]
    rows = {row[0]: dict(zip(shown.heading[1:], row[1:], strict=True)) for row in shown.rows}
    data = load_data(experiment.base.data, train_samples=experiment.base.train_samples)
    for recipe in RECIPES:
        for sparsity in experiment.sparsities:
            settings = experiment.base.model_copy(update={"recipe": recipe, "sparsity": sparsity})
            multiply_adds, time = fractions(settings, data, ())
            assert rows[recipe][sparsity] == f"{multiply_adds:.3f}, {time:.3f}", f"{recipe} {sparsity}"
