"""What ``heddle train --out`` writes: results, curves, plots, a page, and the trained weights."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arch.run_dir import write_atomically
from cli.output import json_text
from reports.accuracy import TrainingFacts
from reports.curves import AccuracyCurve, TrainingCurve
from reports.page import write_training_page
from reports.plots import plot_time_to_accuracy, plot_training
from training.export import export_weights
from training.run import RunResult, trained_model
from training.runs import checkpoint_folder
from training.sparsify import FLOAT
from training.summary import Comparison, Spread, mean_curve

if TYPE_CHECKING:
    from cli.train import Trained

ACCURACY_NAME = "accuracy.csv"
ACCURACY_COLUMNS = (
    "model", "data", "recipe", "sparsity", "arithmetic", "epochs", "seeds",
    "accuracy_mean", "accuracy_std", "difference_mean", "difference_std", "mac_fraction",
)  # fmt: skip
_KEY = ACCURACY_COLUMNS[:5]
_EXPORT_FORMAT = "fp16"


def write_training(trained: Trained, document: dict[str, Any], data_folder: Path | None, folder: Path) -> list[Path]:
    """Write everything below ``folder`` and return the paths; of the seeds, the first one's weights."""
    written = [write_atomically(folder / "train.json", json_text(document).encode())]
    comparison = trained.comparison
    if comparison is None:
        return written
    written.append(_merge_accuracies(folder / ACCURACY_NAME, _accuracy_rows(trained, comparison)))
    written.append(_write_curves(folder / "curves.csv", comparison))
    settings = comparison.settings
    model = trained_model(settings, data_folder, checkpoint_folder(folder, settings))
    operand = _EXPORT_FORMAT if settings.arithmetic == FLOAT else settings.arithmetic
    written.append(export_weights(model, folder / "weights.safetensors", operand))
    facts = training_facts(trained, comparison)
    title = f"{settings.model} on {settings.data}"
    plots = plot_training(_training_curves(comparison), title, folder)
    plots += plot_time_to_accuracy(_cost_curves(trained, comparison), _costs_title(trained, title), folder)
    return [*written, *plots, write_training_page(facts, plots, folder / "index.html")]


def training_facts(trained: Trained, comparison: Comparison) -> TrainingFacts:
    """Return what tables and pages say of a training; times are means over all its steps."""
    settings, costs = trained.settings, trained.costs
    steps = trained.machine.total_steps
    has_dense = comparison.runs is not comparison.dense
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


def _accuracy_rows(trained: Trained, comparison: Comparison) -> list[dict[str, str]]:
    """A row for the recipe, and one for dense training."""
    recipe = trained.machine.recipe.name
    own = _accuracy_row(trained, recipe, comparison.accuracy, comparison.difference, trained.machine.mac_fraction)
    if recipe == "dense":
        return [own]
    return [own, _accuracy_row(trained, "dense", comparison.dense_accuracy, Spread(0.0, 0.0, 1), 1.0)]


def _accuracy_row(
    trained: Trained, recipe: str, accuracy: Spread, difference: Spread, mac_fraction: float
) -> dict[str, str]:
    settings = trained.settings
    values = (
        settings.model, settings.data, recipe, "" if recipe == "dense" else settings.sparsity, settings.arithmetic,
        settings.epochs, accuracy.count,
        accuracy.mean, accuracy.std, difference.mean, difference.std, mac_fraction,
    )  # fmt: skip
    return dict(zip(ACCURACY_COLUMNS, map(str, values), strict=True))


def _merge_accuracies(path: Path, rows: Iterable[dict[str, str]]) -> Path:
    """Write ``rows`` beside those of other recipes and sparsities that the file has already."""
    by_key = {}
    if path.exists():
        with path.open(newline="") as file:
            by_key = {_key(row): row for row in csv.DictReader(file)}
    by_key |= {_key(row): row for row in rows}
    text = io.StringIO()
    writer = csv.DictWriter(text, ACCURACY_COLUMNS, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(by_key[key] for key in sorted(by_key))
    return write_atomically(path, text.getvalue().encode())


def _key(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(row.get(name) or "" for name in _KEY)


def _write_curves(path: Path, comparison: Comparison) -> Path:
    """Every epoch of every run, in one table."""
    lines = ["recipe,seed,epoch,steps,loss,test_accuracy,skipped_steps"]
    runs = comparison.runs if comparison.runs is comparison.dense else (*comparison.runs, *comparison.dense)
    for run in runs:
        for point in run.points:
            values = (
                run.settings.recipe, run.settings.seed, point.epoch, point.steps,
                point.loss, point.test_accuracy, point.skipped_steps,
            )  # fmt: skip
            lines.append(",".join(map(str, values)))
    return write_atomically(path, ("\n".join(lines) + "\n").encode())


def _named_runs(comparison: Comparison) -> dict[str, tuple[RunResult, ...]]:
    """The runs of a plot's curves by name."""
    settings = comparison.settings
    if comparison.runs is comparison.dense:
        return {"dense": comparison.runs}
    return {"dense": comparison.dense, f"{Path(settings.recipe).stem} {settings.sparsity}": comparison.runs}


def _training_curves(comparison: Comparison) -> list[TrainingCurve]:
    curves = []
    for name, runs in _named_runs(comparison).items():
        losses, accuracies = zip(*mean_curve(runs), strict=True)
        curves.append(
            TrainingCurve(
                name,
                [point.epoch for point in runs[0].points],
                [loss.mean for loss in losses],
                [loss.std for loss in losses],
                [accuracy.mean for accuracy in accuracies],
                [accuracy.std for accuracy in accuracies],
            )
        )
    return curves


def _cost_curves(trained: Trained, comparison: Comparison) -> list[AccuracyCurve]:
    """Accuracy against what the training has cost so far; none without a design."""
    if trained.costs is None:
        return []
    curves = []
    for name, runs in _named_runs(comparison).items():
        cost = trained.costs.dense if name == "dense" else trained.costs.recipe
        accuracies = [accuracy for _, accuracy in mean_curve(runs)]
        means, stds = [each.mean for each in accuracies], [each.std for each in accuracies]
        curves.append(AccuracyCurve(name, cost.time_s, cost.energy_j, means, stds))
    return curves


def _costs_title(trained: Trained, title: str) -> str:
    return f"{title}, simulated on {trained.costs.design.name}" if trained.costs else title
