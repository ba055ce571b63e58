"""A recipe trained over seeds beside dense training of the same seeds, and what both cost on the machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from heddle.arch.boards import Board, load_board
from heddle.arch.design import Design
from heddle.arch.sparsity import parse_sparsity
from heddle.training.data.samples import DataSet
from heddle.training.on_machine import MachineRun, TrainingCost, machine_run, training_cost
from heddle.training.processes import Progress
from heddle.training.recipe_file import resolve_recipe
from heddle.training.run import RunResult, check_settings, data_of, steps_per_epoch
from heddle.training.runs import Outcome, RunFailure, train_all
from heddle.training.settings import TrainSettings
from heddle.training.summary import Comparison, compared

if TYPE_CHECKING:  # takes a while to load, and only a frame needs it
    import pandas as pd


def _silent(done: int, total: int) -> None:
    """Tell nobody how far the epochs are."""


@dataclass(frozen=True)
class Costs:
    """What recipe and dense training cost on a design, epoch by epoch."""

    design: Design
    recipe: TrainingCost
    dense: TrainingCost


@dataclass(frozen=True)
class Trained:
    """All that a training gives: what ran, how it ended, and what it costs on the machine.

    ``comparison`` is None where no seed has finished both with the recipe and dense.
    """

    settings: TrainSettings
    comparison: Comparison | None
    failures: tuple[RunFailure, ...]
    machine: MachineRun
    costs: Costs | None

    def frame(self) -> pd.DataFrame:
        """Return a row an epoch of every run: ``recipe``, ``seed``, ``epoch``, ``loss``, ``test_accuracy`` (per cent).

        A seed is there when it has finished both with the recipe and dense.
        """
        import pandas as pd

        runs = (*self.comparison.runs, *self.comparison.dense) if self.comparison else ()
        names = ("epoch", "loss", "test_accuracy")
        rows = [
            (run.settings.recipe, run.settings.seed, *(getattr(point, name) for name in names))
            for run in dict.fromkeys(runs)
            for point in run.points
        ]
        return pd.DataFrame(rows, columns=["recipe", "seed", *names])


def train_beside_dense(
    settings: TrainSettings,
    seeds: int = 1,
    *,
    design: Design | None = None,
    board: Board | None = None,
    folder: Path | None = None,
    data_folder: Path | None = None,
    workers: int = 1,
    progress: Progress = _silent,
) -> Trained:
    """Train ``settings`` from ``seeds`` seeds, and dense beside each, and say what both cost on ``design``.

    ``board`` is the design's own where none is given; without a design nothing is simulated. Checkpoints go to
    ``folder``, from which an interrupted training goes on. ``workers`` runs go side by side, which changes no bit; a
    script that asks for more than one needs ``if __name__ == "__main__":`` around its work, as they are processes. A
    run that cannot be finished becomes one of ``failures``. Raises HeddleError for settings and data that do not fit.

    >>> settings = heddle.TrainSettings(model="mlp", data="digits", recipe="bdwp", epochs=1, train_samples=64)
    >>> trained = heddle.train(settings, design=design)
    >>> list(trained.frame()["recipe"])
    ['bdwp', 'dense']
    """
    data = check_data(settings, data_folder)
    outcomes = train_seeds(settings, seeds, folder, data_folder, workers, progress)
    machine = (design, board or load_board(design.board)) if design is not None else None
    return gathered(settings, outcomes, data, machine)


def gathered(
    settings: TrainSettings, outcomes: Sequence[Outcome], data: DataSet, machine: tuple[Design, Board] | None
) -> Trained:
    """Return what the ``outcomes`` of ``settings`` and of dense training say; ``machine`` is what costs are of."""
    finished = [outcome for outcome in outcomes if isinstance(outcome, RunResult)]
    own = [result for result in finished if result.settings.recipe == runs_as(settings).recipe]
    dense = [result for result in finished if result.settings.recipe == settings.as_dense.recipe]
    per_epoch = steps_per_epoch(len(data.train), settings.batch)
    on_machine = machine_run(settings, data, per_epoch, own)
    return Trained(
        settings,
        compared(own, dense),
        tuple(outcome for outcome in outcomes if isinstance(outcome, RunFailure)),
        on_machine,
        _costs(settings, on_machine, machine_run(settings.as_dense, data, per_epoch, ()), machine) if machine else None,
    )


def _costs(settings: TrainSettings, run: MachineRun, dense: MachineRun, machine: tuple[Design, Board]) -> Costs:
    design, board = machine
    return Costs(
        design,
        training_cost(run, settings.epochs, design, board),
        training_cost(dense, settings.epochs, design, board),
    )


def check_data(settings: TrainSettings, data_folder: Path | None) -> DataSet:
    """Load the data and make the model once, so that what is wrong with them is told before anything is written."""
    data = data_of(settings, data_folder)
    check_settings(settings, data)
    return data


def train_seeds(
    settings: TrainSettings,
    seeds: int,
    folder: Path | None,
    data_folder: Path | None,
    workers: int,
    progress: Progress,
) -> list[Outcome]:
    """Run every seed with the recipe, and dense where that is not the recipe itself."""
    recipes = list(dict.fromkeys([runs_as(settings), settings.as_dense]))
    jobs = [each.model_copy(update={"seed": seed}) for seed in range(seeds) for each in recipes]
    return train_all(jobs, folder, data_folder, workers, progress)


def runs_as(settings: TrainSettings) -> TrainSettings:
    """Return ``settings`` as they are run: all that prune nothing are the same dense runs."""
    sparsity = parse_sparsity(settings.sparsity)
    prunes_nothing = resolve_recipe(settings.recipe).is_dense or sparsity.n == sparsity.m
    return settings.as_dense if prunes_nothing else settings


def default_workers(device: str, threads: int) -> int:
    """Return how many runs go side by side: those that the CPUs have threads for; on a GPU one."""
    return 1 if device == "cuda" else max(1, (os.cpu_count() or 1) // threads)
