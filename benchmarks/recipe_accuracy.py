"""Every recipe's accuracy against dense training, seed by seed: the table of docs/training.md.

``python -m benchmarks.recipe_accuracy [--quick] [--models M …] [--recipes R …] [--out DIR]`` trains a perceptron
(10 seeds; 2:4, 2:8, 1:8, 1:16) and a small residual network (5 seeds; 2:4, 2:8) on 300 of scikit-learn's digits with
every recipe, and with some of them on the machine's arithmetic. A row has the mean difference to the dense run of the
same seed in percentage points with its 95 % interval (Student's t over the seeds), the same against BDWP for recipes
whose WU is sparse, the share of the
dense training's multiply-adds, and the time of the whole training on ``sat-vcu1525`` over dense training's, by the
closed-form estimate. ``--out DIR`` keeps checkpoints there, from which a stopped run goes on.

One test set of about 1,500 digits has a sampling error of about half a point, and digits tell nothing of ImageNet: what
the table can carry are differences whose interval stands well clear of zero.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design, override
from heddle.arch.sparsity import parse_sparsity
from heddle.cli.progress import show_progress
from heddle.training.data.registry import load_data
from heddle.training.data.samples import DataSet
from heddle.training.on_machine import machine_run, training_cost
from heddle.training.recipes import training_recipe_names
from heddle.training.run import RunResult, steps_per_epoch
from heddle.training.runs import RunFailure, train_all
from heddle.training.settings import TrainSettings
from heddle.training.summary import Comparison, Spread, compared

DESIGN = "sat-vcu1525"
QUICK_RECIPES, QUICK_SPARSITIES, QUICK_SEEDS = ("bdwp", "bdwp-wu", "transposable"), ("2:8",), 2
ON_MACHINE = ("dense", "bdwp", "bdwp-wu")
MACHINE_SPARSITY = "2:8"
#: What recipes that make WU sparse too are compared with beside dense training.
BASIS = "bdwp"


@dataclass(frozen=True)
class Experiment:
    """A model and how it is trained; ``seeds`` runs of every recipe at each of ``sparsities``."""

    base: TrainSettings
    seeds: int
    sparsities: tuple[str, ...]

    def runs_of(self, recipe: str, sparsity: str, arithmetic: str = "float") -> tuple[TrainSettings, ...]:
        """Return the settings of every seed."""
        first = self.base.model_copy(update={"recipe": recipe, "sparsity": sparsity, "arithmetic": arithmetic})
        chosen = first.as_dense if recipe == "dense" else first
        return tuple(chosen.model_copy(update={"seed": seed}) for seed in range(self.seeds))


_DIGITS = TrainSettings(model="mlp", data="digits", train_samples=300)
PERCEPTRON = Experiment(_DIGITS, seeds=10, sparsities=("2:4", "2:8", "1:8", "1:16"))
RESIDUAL = Experiment(_DIGITS.model_copy(update={"model": "resnet9-small"}), seeds=5, sparsities=("2:4", "2:8"))
EXPERIMENTS = {each.base.model: each for each in (PERCEPTRON, RESIDUAL)}


@dataclass(frozen=True)
class Row:
    """A recipe at an N:M: its runs beside dense ones of the same arithmetic, and its cost over dense training's.

    ``beside_bdwp`` are the same runs beside those of BDWP; None where there are none, and for BDWP itself.
    """

    recipe: str
    sparsity: str
    comparison: Comparison
    beside_bdwp: Comparison | None
    mac_fraction: float
    time_fraction: float

    @property
    def label(self) -> str:
        """The recipe, and the arithmetic where it is the machine's."""
        arithmetic = self.comparison.settings.arithmetic
        return self.recipe if arithmetic == "float" else f"{self.recipe}, {arithmetic} machine"

    @property
    def difference(self) -> str:
        """The mean difference to dense and its 95 % interval."""
        return interval(self.comparison.difference)

    @property
    def cost(self) -> str:
        """Multiply-adds and time over dense training's."""
        return f"{self.mac_fraction:.3f}, {self.time_fraction:.3f}"


def interval(spread: Spread) -> str:
    """Return a mean and its 95 % interval as a table has them; one value has no interval."""
    if spread.count == 1:
        return f"{spread.mean:+.2f} (one seed)"
    return f"{spread.mean:+.2f} ± {spread.half_width_95:.2f}"


def jobs_of(experiment: Experiment, recipes: Sequence[str], on_machine: Sequence[str]) -> list[TrainSettings]:
    """Return all runs: dense ones once, every recipe at every N:M, and those ``on_machine``, in its arithmetic."""
    jobs = list(experiment.runs_of("dense", ""))
    for recipe in recipes:
        for sparsity in experiment.sparsities:
            jobs += experiment.runs_of(recipe, sparsity)
    for recipe in on_machine:
        jobs += experiment.runs_of(recipe, MACHINE_SPARSITY, "fp16")
    return jobs


def rows_of(experiment: Experiment, results: Sequence[RunResult]) -> Iterator[Row]:
    """Yield the rows of the table, in the order of the runs."""
    groups: dict[TrainSettings, list[RunResult]] = {}
    for result in results:
        groups.setdefault(result.settings.model_copy(update={"seed": 0}), []).append(result)
    base = experiment.base
    folder = Path(base.data_folder) if base.data_folder else None
    data = load_data(base.data, folder, train_samples=base.train_samples)
    for settings, own in groups.items():
        dense = groups.get(settings.as_dense)
        if dense is None or settings.recipe == "dense":
            continue
        comparison = compared(own, dense)
        bdwp = groups.get(settings.model_copy(update={"recipe": BASIS}), ())
        beside = compared(own, bdwp) if settings.recipe != BASIS else None
        if comparison is not None:
            yield Row(settings.recipe, settings.sparsity, comparison, beside, *fractions(settings, data, own))


def fractions(settings: TrainSettings, data: DataSet, own: Sequence[RunResult]) -> tuple[float, float]:
    """Return multiply-adds and time over dense training's; ``own`` runs tell what layers chose by measuring."""
    ratio = parse_sparsity(settings.sparsity)
    design = override(load_design(DESIGN), {"sparsity.n": ratio.n, "sparsity.m": ratio.m})
    board = load_board(design.board)
    per_epoch = steps_per_epoch(len(data.train), settings.batch)
    run = machine_run(settings, data, per_epoch, own)
    dense = machine_run(settings.as_dense, data, per_epoch, ())
    times = [training_cost(each, settings.epochs, design, board).time_s[-1] for each in (run, dense)]
    return run.mac_fraction, times[0] / times[1]


def print_tables(experiment: Experiment, rows: Sequence[Row]) -> None:
    """Print the dense accuracy, the differences to it and the costs, in Markdown."""
    base, dense = experiment.base, rows[0].comparison.dense_accuracy
    print(
        f"\n{base.model}: {base.train_samples} digits, {base.epochs} epochs, {experiment.seeds} seeds; "
        f"dense {dense.mean:.2f} ± {dense.std:.2f} %"
    )
    print(
        "\nDifference to dense in points, with its 95 % interval over the seeds (or to BDWP, where the row says so):\n"
    )
    to_dense = {(row.label, row.sparsity): row.difference for row in rows}
    beside = ((row, row.beside_bdwp) for row in rows if row.recipe.startswith(f"{BASIS}-"))
    to_bdwp = {(f"{row.label} to {BASIS}", row.sparsity): interval(it.difference) for row, it in beside if it}
    _print_by_sparsity(experiment, to_dense | to_bdwp)
    print(f"\nMultiply-adds and simulated time on {DESIGN}, over dense training's:\n")
    _print_by_sparsity(experiment, {(row.label, row.sparsity): row.cost for row in rows})


def _print_by_sparsity(experiment: Experiment, cells: Mapping[tuple[str, str], str]) -> None:
    """Print a line for each recipe, a column for each N:M."""
    print(f"| recipe | {' | '.join(experiment.sparsities)} |")
    print("|---" * (1 + len(experiment.sparsities)) + "|")
    for label in dict.fromkeys(label for label, _ in cells):
        line = (cells.get((label, sparsity), "") for sparsity in experiment.sparsities)
        print(f"| {label} | {' | '.join(line)} |")


def write_accuracies(rows: Sequence[Row], path: Path) -> None:
    """Write the rows as a table that ``heddle explore --accuracy`` reads."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("model", "data", "recipe", "sparsity", "accuracy_mean", "accuracy_std"))
        first = rows[0].comparison
        dense = first.dense_accuracy
        writer.writerow((first.settings.model, first.settings.data, "dense", "", dense.mean, dense.std))
        for row in rows:
            settings, accuracy = row.comparison.settings, row.comparison.accuracy
            if settings.arithmetic == "float":
                writer.writerow((settings.model, settings.data, row.recipe, row.sparsity, accuracy.mean, accuracy.std))


def main() -> int:
    """Train, print the tables and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few recipes, one N:M, two seeds")
    parser.add_argument("--models", nargs="+", choices=EXPERIMENTS, default=tuple(EXPERIMENTS))
    parser.add_argument(
        "--recipes", nargs="+", choices=training_recipe_names()[1:], help="only these, in PyTorch's floats"
    )
    parser.add_argument("--out", type=Path, help="keep checkpoints and write accuracy-MODEL.csv there")
    options = parser.parse_args()
    recipes = options.recipes or (QUICK_RECIPES if options.quick else training_recipe_names()[1:])
    on_machine = () if options.recipes else ON_MACHINE
    failed = 0
    for experiment in (EXPERIMENTS[name] for name in options.models):
        chosen = Experiment(experiment.base, QUICK_SEEDS, QUICK_SPARSITIES) if options.quick else experiment
        begun = time.perf_counter()
        with show_progress(f"training {chosen.base.model}") as report:
            outcomes = train_all(jobs_of(chosen, recipes, on_machine), options.out, None, os.cpu_count() or 1, report)
        seconds = time.perf_counter() - begun
        for outcome in outcomes:
            if isinstance(outcome, RunFailure):
                failed += 1
                print(f"{outcome.settings.name}: {outcome.reason}", file=sys.stderr)
        rows = list(rows_of(chosen, [outcome for outcome in outcomes if isinstance(outcome, RunResult)]))
        if not rows:
            continue
        print_tables(chosen, rows)
        print(f"\n{len(outcomes)} runs in {seconds:.0f} s")
        if options.out:
            options.out.mkdir(parents=True, exist_ok=True)
            write_accuracies(rows, options.out / f"accuracy-{chosen.base.model}.csv")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
