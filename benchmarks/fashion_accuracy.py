"""BDWP, SR-STE and recipes with a sparse WU on images of 28 x 28 pixels: the Fashion-MNIST table of docs/training.md.

``python -m benchmarks.fashion_accuracy [--models M …] [--recipes R …] [--seeds 10] [--out DIR]`` trains a perceptron
and a small convolutional network that ends in a global average pool on 10,000 of Fashion-MNIST's training images at
2:8, and tests on its 10,000 test images. The files are those of Debian's package ``dataset-fashion-mnist``. A row has
the test accuracy, the mean differences to the dense and to the BDWP run of the same seed in percentage points with
their 95 % intervals (Student's t over the seeds), and the share of dense training's multiply-adds.

The trainings are short and nothing is tuned. ``--out`` keeps checkpoints, from which a stopped run goes on; seeds are
finished one after the other, so that a few of them can be printed with ``--seeds``.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.recipe_accuracy import Experiment, Row, interval, rows_of
from heddle.arch.errors import HeddleError
from heddle.cli.progress import show_progress
from heddle.training.data.fashion_mnist import PACKAGE_FOLDER
from heddle.training.data.registry import load_data
from heddle.training.run import RunResult
from heddle.training.runs import RunFailure, train_all
from heddle.training.settings import TrainSettings

SPARSITY = "2:8"
RECIPES = (
    "sr-ste",
    "bdwp",
    "bdwp-wu",
    "bdwp-wu-x",
    "bdwp-wu-sampled",
    "bdwp-wu-x-sampled",
    "bdwp-wu-measured",
)
MODELS = ("mlp", "cnn-small")
EPOCHS = 3
TRAIN_SAMPLES = 10_000


def experiments(folder: Path, models: Sequence[str], seeds: int) -> list[Experiment]:
    """Return what is trained of each of ``models``."""
    base = TrainSettings(
        model=MODELS[0],
        data="fashion-mnist",
        data_folder=str(folder),
        epochs=EPOCHS,
        train_samples=TRAIN_SAMPLES,
    )
    return [Experiment(base.model_copy(update={"model": model}), seeds, (SPARSITY,)) for model in models]


def jobs_of(experiment: Experiment, recipes: Sequence[str]) -> list[TrainSettings]:
    """Return all runs, those of a seed together; dense ones first."""
    of_recipes = [experiment.runs_of(recipe, SPARSITY) for recipe in ("dense", *recipes)]
    return [run for of_seed in zip(*of_recipes, strict=True) for run in of_seed]


def print_table(experiment: Experiment, rows: Sequence[Row]) -> None:
    """Print the dense accuracy and a row for every recipe, in Markdown."""
    base, dense = experiment.base, rows[0].comparison.dense_accuracy
    print(f"\n{base.model}: {base.train_samples} images, {base.epochs} epochs, {dense.count} seeds; {SPARSITY}\n")
    print("| recipe | test accuracy, % | to dense | to BDWP | multiply-adds |")
    print("|---|---|---|---|---|")
    print(f"| dense | {dense.mean:.2f} | | | 1.000 |")
    for row in rows:
        beside = interval(row.beside_bdwp.difference) if row.beside_bdwp else ""
        cells = (row.recipe, f"{row.comparison.accuracy.mean:.2f}", row.difference, beside, f"{row.mac_fraction:.3f}")
        print(f"| {' | '.join(cells)} |")


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, print the tables and return the exit status; that there are no data is one line, before any training."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=PACKAGE_FOLDER, help="folder of the four files")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=RECIPES)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, help="keep checkpoints there")
    options = parser.parse_args(arguments)
    asked = experiments(options.data_dir, options.models, options.seeds)
    try:
        load_data(asked[0].base.data, options.data_dir, train_samples=TRAIN_SAMPLES)
    except HeddleError as error:
        print(f"heddle: {error}", file=sys.stderr)
        return 2
    failed = 0
    for experiment in asked:
        with show_progress(f"training {experiment.base.model}") as report:
            outcomes = train_all(
                jobs_of(experiment, options.recipes), options.out, options.data_dir, options.workers, report
            )
        for outcome in outcomes:
            if isinstance(outcome, RunFailure):
                failed += 1
                print(f"{outcome.settings.name}: {outcome.reason}", file=sys.stderr)
        rows = list(rows_of(experiment, [outcome for outcome in outcomes if isinstance(outcome, RunResult)]))
        if rows:
            print_table(experiment, rows)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
