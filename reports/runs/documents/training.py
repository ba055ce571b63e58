"""``train.json``: settings, every seed's accuracy with the recipe and dense, and what training costs on a design."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from heddle.arch.design import Design
from heddle.arch.document import Document
from heddle.training.settings import SharedSettings

if TYPE_CHECKING:  # these bring PyTorch, which whoever reads the file does without
    from heddle.training.summary import Comparison, Spread
    from heddle.training.trained import Costs, Trained


class SeedRun(Document):
    """One seed, with the recipe and dense; accuracies are in per cent."""

    seed: int
    accuracy: float
    dense_accuracy: float
    loss: float
    dense_loss: float
    skipped_steps: int


class FailedRun(Document):
    """A run that could not be finished, and why."""

    recipe: str
    seed: int
    reason: str


class MachineCosts(Document):
    """Simulated seconds and joules of the whole training on ``design``."""

    design: str
    design_sparsity: str
    time_s: float
    energy_j: float
    dense_time_s: float
    dense_energy_j: float


class TrainingDocument(SharedSettings, Document):
    """What ``heddle train`` found: the settings of all seeds, then how they went.

    Accuracies are in per cent, differences in percentage points, both None where no seed has both runs.
    """

    steps: int
    seeds: tuple[int, ...]
    accuracy_mean: float | None
    accuracy_std: float | None
    dense_accuracy_mean: float | None
    dense_accuracy_std: float | None
    difference_mean: float | None
    difference_std: float | None
    mac_fraction: float
    runs: tuple[SeedRun, ...]
    failures: tuple[FailedRun, ...]
    wu_operands: dict[str, str]
    machine: MachineCosts | None
    design: Design | None

    @classmethod
    def of(cls, trained: Trained) -> Self:
        """Return the document of a training."""
        comparison, costs = trained.comparison, trained.costs
        accuracy, dense, difference = _spreads(comparison)
        shared = {name: getattr(trained.settings, name) for name in SharedSettings.model_fields}
        return cls(
            **shared,
            steps=trained.machine.total_steps,
            seeds=tuple(run.settings.seed for run in comparison.runs) if comparison else (),
            accuracy_mean=accuracy.mean if accuracy else None,
            accuracy_std=accuracy.std if accuracy else None,
            dense_accuracy_mean=dense.mean if dense else None,
            dense_accuracy_std=dense.std if dense else None,
            difference_mean=difference.mean if difference else None,
            difference_std=difference.std if difference else None,
            mac_fraction=trained.machine.mac_fraction,
            runs=_seed_runs(comparison) if comparison else (),
            failures=tuple(
                FailedRun(recipe=each.settings.recipe, seed=each.settings.seed, reason=each.reason)
                for each in trained.failures
            ),
            wu_operands=dict(comparison.runs[0].wu_operands) if comparison else {},
            machine=_machine(costs) if costs else None,
            design=costs.design if costs else None,
        )


def _spreads(comparison: Comparison | None) -> tuple[Spread | None, Spread | None, Spread | None]:
    """Of the recipe's accuracies, of the dense ones, and of their differences."""
    if comparison is None:
        return None, None, None
    return comparison.accuracy, comparison.dense_accuracy, comparison.difference


def _seed_runs(comparison: Comparison) -> tuple[SeedRun, ...]:
    return tuple(
        SeedRun(
            seed=own.settings.seed,
            accuracy=own.accuracy,
            dense_accuracy=dense.accuracy,
            loss=own.points[-1].loss,
            dense_loss=dense.points[-1].loss,
            skipped_steps=sum(point.skipped_steps for point in own.points),
        )
        for own, dense in zip(comparison.runs, comparison.dense, strict=True)
    )


def _machine(costs: Costs) -> MachineCosts:
    sparsity = costs.design.sparsity
    return MachineCosts(
        design=costs.design.name,
        design_sparsity=f"{sparsity.n}:{sparsity.m}",
        time_s=costs.recipe.time_s[-1],
        energy_j=costs.recipe.energy_j[-1],
        dense_time_s=costs.dense.time_s[-1],
        dense_energy_j=costs.dense.energy_j[-1],
    )
