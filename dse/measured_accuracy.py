"""Measured accuracies: what training under a recipe reached at each N:M, read from a table of results.

Accuracy is not simulated: it comes from training, and all designs of one sparsity share it.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from heddle.arch.design import SparsityConfig
from heddle.arch.errors import HeddleError, nearest
from heddle.arch.sparsity import parse_sparsity
from heddle.dataflow.recipes import DENSE, Recipe

#: Columns that a table of accuracies must have; ``MODEL_COLUMNS`` are heeded where it has them, others are not.
COLUMNS = ("recipe", "sparsity", "accuracy_mean")
MODEL_COLUMNS = ("model", "data", "arithmetic", "training")
_SHOWN_LABELS = 8
_SHOWN_CHARACTERS = 30


@dataclass(frozen=True)
class Accuracies:
    """Test accuracies in per cent by sparsity, under one recipe; ``source`` says in words whose they are.

    Raises HeddleError for an accuracy that is no number from 0 to 100.
    """

    percent: Mapping[SparsityConfig, float]
    source: str

    def __post_init__(self) -> None:
        for sparsity, value in self.percent.items():
            if not _is_percentage(value):
                raise HeddleError(
                    f"accuracies: {_shown(sparsity)} has {value!r}, which is not within 0 and 100 per cent"
                )

    def check_cover(self, sparsities: Sequence[SparsityConfig]) -> None:
        """Raise HeddleError, naming what is missing, unless every one of ``sparsities`` has an accuracy."""
        missing = [_shown(sparsity) for sparsity in sparsities if sparsity not in self.percent]
        if missing:
            present = ", ".join(map(_shown, self.percent)) or "none"
            raise HeddleError(f"accuracies: none for {', '.join(missing)} of the space (there are: {present})")


@dataclass(frozen=True)
class _Row:
    """A line of the table: what it is of ("bdwp 2:8", or "dense"), which model on which data, and its accuracy."""

    line: int
    label: str
    training: str
    percent: float


def read_accuracies(path: Path, recipe: Recipe, sparsities: Sequence[SparsityConfig]) -> Accuracies:
    """Return the accuracies of ``recipe`` at ``sparsities`` from a CSV file whose header names ``COLUMNS``.

    N = M prunes nothing, so it takes the row of the recipe "dense", whatever stands there as its sparsity; under
    the recipe "dense" every sparsity does. Accuracies are in per cent.

    Raises HeddleError for a file that cannot be read or is not such a table, for a value out of range, and where
    a sparsity has no row, has several, or rows of different models or data would be mixed.
    """
    rows = list(_rows(path))
    labels = {sparsity: _label(recipe.name, sparsity) for sparsity in sparsities}
    by_label = {label: [row for row in rows if row.label == label] for label in labels.values()}
    missing = [label for label, alike in by_label.items() if not alike]
    if missing:
        there = [_shown(sparsity) for sparsity, label in labels.items() if label not in missing]
        raise _no_row(path, rows, missing, there)
    chosen = {label: _only_row(path, alike) for label, alike in by_label.items()}
    training = _only_training(path, list(chosen.values()))
    source = f"{training} ({path})" if training else str(path)
    return Accuracies({sparsity: chosen[label].percent for sparsity, label in labels.items()}, source)


def _only_row(path: Path, alike: Sequence[_Row]) -> _Row:
    if len(alike) > 1:
        told = " and ".join(f"line {row.line} ({_told(row)})" for row in alike[:2])
        more = f" and {len(alike) - 2} more" if len(alike) > 2 else ""
        raise HeddleError(f"{path}: several rows give the accuracy of {alike[0].label}: {told}{more}; keep one of them")
    return alike[0]


def _only_training(path: Path, rows: Sequence[_Row]) -> str:
    """What the rows are all of; empty where the table does not say."""
    other = next((row for row in rows if row.training != rows[0].training), None)
    if other is not None:
        first = f"{rows[0].label} is of {rows[0].training or 'no model'} (line {rows[0].line})"
        second = f"{other.label} of {other.training or 'no model'} (line {other.line})"
        raise HeddleError(f"{path}: {first}, {second}; accuracies of one front are of one training")
    return rows[0].training


def _no_row(path: Path, rows: Sequence[_Row], missing: list[str], there: list[str]) -> HeddleError:
    """The error for labels that no row has, where the sparsities ``there`` have one."""
    labels = list(dict.fromkeys(row.label for row in rows))
    present = ", ".join(labels[:_SHOWN_LABELS]) + (", ..." if len(labels) > _SHOWN_LABELS else "")
    others = "train them, or name others with --sparsity or --recipe"
    advice = f"--sparsity {','.join(there)} restricts the space to what is there" if there else others
    return HeddleError(f"{path}: no accuracy of {', '.join(missing)}; it holds {present or 'no rows'}; {advice}")


def _rows(path: Path) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(path, header)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _row(f"{path}: line {reader.line_num}", reader.line_num, header, cells)
    except csv.Error as error:
        raise HeddleError(f"{path}: is not CSV: {error} (line {reader.line_num})") from None


def _row(where: str, line: int, header: Sequence[str], cells: Sequence[str]) -> _Row:
    if len(cells) != len(header):
        raise HeddleError(f"{where}: has {len(cells)} cells under a header of {len(header)}")
    values = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    if not values["recipe"]:
        raise HeddleError(f"{where}: recipe is empty")
    percent = _percentage(where, values["accuracy_mean"])
    training = _training_of(values)
    return _Row(line, _label_of(values["recipe"].casefold(), values["sparsity"]), training, percent)


def _training_of(values: Mapping[str, str]) -> str:
    """What was trained, on what and how: "mlp on digits, fp16 arithmetic, training 1f0a", as far as the row tells."""
    model, data, arithmetic, training = (values.get(name, "") for name in MODEL_COLUMNS)
    words = (
        " on ".join(filter(None, (model, data))),
        f"{arithmetic} arithmetic" if arithmetic else "",
        f"training {training}" if training else "",
    )
    return ", ".join(filter(None, words))


def _label_of(recipe: str, sparsity: str) -> str:
    """A row's label. What is no N:M (a sparsity that differs by layer, say) is the accuracy of no design here."""
    try:
        return _label(recipe, parse_sparsity(sparsity))
    except HeddleError:
        return DENSE.name if recipe == DENSE.name else f"{recipe} {sparsity}"


def _label(recipe: str, sparsity: SparsityConfig) -> str:
    is_dense = recipe == DENSE.name or sparsity.n == sparsity.m
    return DENSE.name if is_dense else f"{recipe} {_shown(sparsity)}"


def _check_header(path: Path, header: Sequence[str]) -> None:
    for name in COLUMNS:
        if name not in header:
            close = nearest(name, header)
            guess = f" (there is {close!r})" if close else ""
            raise HeddleError(f"{path}: its first line names no column {name!r}{guess}; needed: {', '.join(COLUMNS)}")
    twice = next((name for name in (*COLUMNS, *MODEL_COLUMNS) if header.count(name) > 1), None)
    if twice is not None:
        raise HeddleError(f"{path}: its first line names the column {twice!r} more than once")


def _text(path: Path) -> str:
    try:
        if path.is_dir():
            raise HeddleError(f"{path}: is a directory; a CSV file with the columns {', '.join(COLUMNS)} is needed")
        if path.exists() and not path.is_file():
            raise HeddleError(f"{path}: is not a regular file; a CSV file is needed")
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise HeddleError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise HeddleError(f"{path}: is not UTF-8 text (byte {error.start}); a CSV file is needed") from None
    except OSError as error:
        raise HeddleError(f"{path}: cannot be read: {error.strerror or error}") from None
    except ValueError as error:  # a NUL inside the path
        raise HeddleError(f"{str(path)!r}: is not a valid path: {error}") from None


def _percentage(where: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not _is_percentage(value):
        shown = text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "..."
        raise HeddleError(f"{where}: accuracy_mean {shown!r} is not a number from 0 to 100 (per cent)")
    return value


def _is_percentage(value: float) -> bool:
    return 0.0 <= value <= 100.0  # false for NaN


def _told(row: _Row) -> str:
    return f"{row.training}, {row.percent:g} %" if row.training else f"{row.percent:g} %"


def _shown(sparsity: SparsityConfig) -> str:
    return f"{sparsity.n}:{sparsity.m}"
