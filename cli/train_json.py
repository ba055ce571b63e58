"""What ``heddle train`` says of a training: its JSON document, and the facts that tables and pages show."""

from __future__ import annotations

from typing import Any

from heddle.reports.training_facts import TrainingFacts
from heddle.training.summary import Comparison
from heddle.training.trained import Costs, Trained


def training_json(trained: Trained) -> dict[str, Any]:
    """Return the document of ``heddle train``; accuracies are in per cent, differences in percentage points."""
    settings, comparison = trained.settings, trained.comparison
    return {
        **settings.model_dump(mode="json", exclude={"seed"}),
        "steps": trained.machine.total_steps,
        "seeds": [run.settings.seed for run in comparison.runs] if comparison else [],
        **_accuracy_json(comparison),
        "mac_fraction": trained.machine.mac_fraction,
        "runs": _runs_json(comparison) if comparison else [],
        "failures": [
            {"recipe": each.settings.recipe, "seed": each.settings.seed, "reason": each.reason}
            for each in trained.failures
        ],
        "wu_operands": dict(comparison.runs[0].wu_operands) if comparison else {},
        "machine": _machine_json(trained.costs) if trained.costs else None,
        "design": trained.costs.design.model_dump(mode="json") if trained.costs else None,
    }


def _accuracy_json(comparison: Comparison | None) -> dict[str, float | None]:
    """Means and spreads; None where no seed has both runs."""
    spreads = {
        "accuracy": comparison and comparison.accuracy,
        "dense_accuracy": comparison and comparison.dense_accuracy,
        "difference": comparison and comparison.difference,
    }
    document: dict[str, float | None] = {}
    for name, spread in spreads.items():
        document[f"{name}_mean"] = spread.mean if spread else None
        document[f"{name}_std"] = spread.std if spread else None
    return document


def _runs_json(comparison: Comparison) -> list[dict[str, Any]]:
    pairs = zip(comparison.runs, comparison.dense, strict=True)
    return [
        {
            "seed": own.settings.seed,
            "accuracy": own.accuracy,
            "dense_accuracy": dense.accuracy,
            "loss": own.points[-1].loss,
            "dense_loss": dense.points[-1].loss,
            "skipped_steps": sum(point.skipped_steps for point in own.points),
        }
        for own, dense in pairs
    ]


def _machine_json(costs: Costs) -> dict[str, Any]:
    sparsity = costs.design.sparsity
    return {
        "design": costs.design.name,
        "design_sparsity": f"{sparsity.n}:{sparsity.m}",
        "time_s": costs.recipe.time_s[-1],
        "energy_j": costs.recipe.energy_j[-1],
        "dense_time_s": costs.dense.time_s[-1],
        "dense_energy_j": costs.dense.energy_j[-1],
    }


def training_facts(trained: Trained, comparison: Comparison) -> TrainingFacts:
    """Return what tables and pages say of a training; times are means over all its steps."""
    settings, costs = trained.settings, trained.costs
    steps = trained.machine.total_steps
    has_dense = not comparison.is_of_dense
    return TrainingFacts(
        model=settings.model,
        data=settings.data,
        recipe=trained.machine.recipe.name,
        sparsity=settings.sparsity,
        arithmetic=settings.arithmetic,
        epochs=settings.epochs,
        seeds=tuple(run.settings.seed for run in comparison.runs),
        accuracies=tuple(run.accuracy for run in comparison.runs),
        accuracy_mean=comparison.accuracy.mean,
        accuracy_std=comparison.accuracy.std,
        mac_fraction=trained.machine.mac_fraction,
        dense_accuracies=tuple(run.accuracy for run in comparison.dense) if has_dense else (),
        dense_accuracy_mean=comparison.dense_accuracy.mean if has_dense else None,
        dense_accuracy_std=comparison.dense_accuracy.std if has_dense else None,
        difference_mean=comparison.difference.mean if has_dense else None,
        difference_std=comparison.difference.std if has_dense else None,
        design=costs.design.name if costs else None,
        step_time_s=costs.recipe.time_s[-1] / steps if costs else None,
        dense_step_time_s=costs.dense.time_s[-1] / steps if costs else None,
        step_energy_j=costs.recipe.energy_j[-1] / steps if costs else None,
        dense_step_energy_j=costs.dense.energy_j[-1] / steps if costs else None,
    )
