"""What ``heddle train --out`` writes: results, curves, plots, a page, and the trained weights."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from heddle.arch.errors import HeddleError
from heddle.arch.formats import FP16
from heddle.arch.names import csv_text
from heddle.arch.run_dir import write_atomically
from heddle.reports.plots.curves import AccuracyCurve, TrainingCurve
from heddle.reports.plots.draw import plot_time_to_accuracy, plot_training
from heddle.reports.review.index import INDEX_NAME, training_index, write_index
from heddle.reports.runs.documents.training import TrainingDocument
from heddle.reports.runs.parts import training_facts
from heddle.reports.runs.record import RESULT_MARKS
from heddle.training.export import export_weights
from heddle.training.run import RunResult, trained_model
from heddle.training.runs import checkpoint_folder
from heddle.training.settings import TrainSettings
from heddle.training.sparsifying import FLOAT
from heddle.training.summary import Comparison, Spread, mean_curve
from heddle.training.trained import Trained

ACCURACY_NAME = "accuracy.csv"
ACCURACY_COLUMNS = (
    "model", "data", "recipe", "sparsity", "arithmetic", "training", "epochs", "seeds",
    "accuracy_mean", "accuracy_std", "difference_mean", "difference_std", "mac_fraction",
)  # fmt: skip
_KEY = ACCURACY_COLUMNS[:6]
_TRAINING_DIGITS = 10
_EXPORT_FORMAT = FP16.name
_DENSE = "dense"


def write_training(trained: Trained, document: TrainingDocument, data_folder: Path | None, folder: Path) -> list[Path]:
    """Write everything below ``folder`` and return the paths; of the seeds, the first one's weights."""
    written = [document.write(folder / RESULT_MARKS["train"])]
    comparison = trained.comparison
    _remove_results(folder)
    if comparison is None:
        return written
    written.append(_merge_accuracies(folder / ACCURACY_NAME, _accuracy_rows(trained, comparison)))
    written.append(_write_curves(folder / "curves.csv", trained, comparison))
    settings = comparison.settings
    model = trained_model(settings, data_folder, checkpoint_folder(folder, settings))
    operand = _EXPORT_FORMAT if settings.arithmetic == FLOAT else settings.arithmetic
    written.append(export_weights(model, folder / "weights.safetensors", operand))
    facts = training_facts(document, trained.machine.recipe.name)
    title = f"{settings.model} on {settings.data}"
    plots = plot_training(_training_curves(trained, comparison), title, folder)
    plots += plot_time_to_accuracy(_cost_curves(trained, comparison), _costs_title(trained, title), folder)
    return [*written, *plots, write_index(training_index(facts), plots, folder)]


def _remove_results(folder: Path) -> None:
    """Remove what an earlier run wrote of its own: it may have had a design, and this one may have no result."""
    for name in ("curves.csv", "weights.safetensors", INDEX_NAME):
        (folder / name).unlink(missing_ok=True)
    for name in ("training", "time-to-accuracy", "energy-to-accuracy"):
        for ending in ("svg", "png"):
            (folder / f"{name}.{ending}").unlink(missing_ok=True)


def _accuracy_rows(trained: Trained, comparison: Comparison) -> list[dict[str, str]]:
    """A row for the recipe, and one for dense training."""
    recipe = trained.machine.recipe.name
    dense = _accuracy_row(trained, _DENSE, comparison.dense_accuracy, Spread(0.0, 0.0, 1), 1.0)
    if comparison.is_of_dense:
        return [dense]
    own = _accuracy_row(trained, recipe, comparison.accuracy, comparison.difference, trained.machine.mac_fraction)
    return [own, dense]


def _accuracy_row(
    trained: Trained, recipe: str, accuracy: Spread, difference: Spread, mac_fraction: float
) -> dict[str, str]:
    settings = trained.settings
    values = (
        settings.model, settings.data, csv_text(recipe), "" if recipe == _DENSE else _sparsity(settings),
        settings.arithmetic, settings.as_dense.digest[:_TRAINING_DIGITS], settings.epochs, accuracy.count,
        accuracy.mean, accuracy.std, difference.mean, difference.std, mac_fraction,
    )  # fmt: skip
    return dict(zip(ACCURACY_COLUMNS, map(str, values), strict=True))


def _sparsity(settings: TrainSettings) -> str:
    """N:M, and the rule where it is not the same for all layers: no design of one N:M has that accuracy."""
    return settings.sparsity if settings.ratios == "uniform" else f"{settings.sparsity} {settings.ratios}"


def check_accuracies(folder: Path) -> None:
    """Raise HeddleError where the table of accuracies in ``folder`` is none that rows can be added to."""
    _written_rows(folder / ACCURACY_NAME)


def _merge_accuracies(path: Path, rows: Iterable[dict[str, str]]) -> Path:
    """Write ``rows`` beside those of other recipes and sparsities that the file has already."""
    by_key = {_key(row): row for row in (*_written_rows(path), *rows)}
    text = io.StringIO()
    writer = csv.DictWriter(text, ACCURACY_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(by_key[key] for key in sorted(by_key))
    return write_atomically(path, text.getvalue().encode())


def _written_rows(path: Path) -> list[dict[str, str]]:
    """The rows of the table at ``path``; none without one."""
    if not path.exists():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file, strict=True)
            columns, rows = tuple(reader.fieldnames or ()), list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise HeddleError(f"{path}: cannot be read as a table of accuracies ({error}); move it away") from None
    if columns != ACCURACY_COLUMNS or any(None in row or None in row.values() for row in rows):
        raise HeddleError(f"{path}: is no table of accuracies that 'heddle train' wrote; move it away")
    return rows


def _key(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(row[name] for name in _KEY)


def _write_curves(path: Path, trained: Trained, comparison: Comparison) -> Path:
    """Every epoch of every run, in one table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("recipe", "seed", "epoch", "steps", "loss", "test_accuracy", "skipped_steps"))
    own = () if comparison.is_of_dense else comparison.runs
    for name, runs in ((trained.machine.recipe.name, own), (_DENSE, comparison.dense)):
        for run in runs:
            for point in run.points:
                curve = (point.epoch, point.steps, point.loss, point.test_accuracy, point.skipped_steps)
                writer.writerow((csv_text(name), run.settings.seed, *curve))
    return write_atomically(path, text.getvalue().encode())


def _named_runs(trained: Trained, comparison: Comparison) -> dict[str, tuple[RunResult, ...]]:
    """The runs of a plot's curves by name."""
    if comparison.is_of_dense:
        return {_DENSE: comparison.runs}
    return {
        _DENSE: comparison.dense,
        f"{trained.machine.recipe.name} {_sparsity(comparison.settings)}": comparison.runs,
    }


def _training_curves(trained: Trained, comparison: Comparison) -> list[TrainingCurve]:
    curves = []
    for name, runs in _named_runs(trained, comparison).items():
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
    for name, runs in _named_runs(trained, comparison).items():
        cost = trained.costs.dense if name == _DENSE else trained.costs.recipe
        accuracies = [accuracy for _, accuracy in mean_curve(runs)]
        means, stds = [each.mean for each in accuracies], [each.std for each in accuracies]
        curves.append(AccuracyCurve(name, cost.time_s, cost.energy_j, means, stds))
    return curves


def _costs_title(trained: Trained, title: str) -> str:
    return f"{title}, simulated on {trained.costs.design.name}" if trained.costs else title
