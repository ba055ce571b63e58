"""A Pareto front as plain data: which columns are costs, how a design reads in a few words, which rows to show.

A front is a DataFrame with one row a design: design columns first (``rows``, ``cols``, ``clock_hz`` …), then those
of OBJECTIVE_COLUMNS. pandas itself is not imported here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heddle.arch.errors import unknown
from heddle.dse.objectives import ACCURACY, OBJECTIVE_COLUMNS
from heddle.reports.units import accuracy, count, engineering, joules, seconds

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

#: Objectives of which more is better. They are in per cent, and what is missing to 100 is their cost.
GAINS = (ACCURACY,)

_HEADINGS = {
    "time": "time",
    "energy": "energy",
    "lut": "LUT",
    "ff": "FF",
    "dsp": "DSP",
    "bram36": "BRAM36",
    "uram": "URAM",
    "accuracy": "accuracy",
}
_TEXTS: dict[str, Callable[[float], str]] = {"time": seconds, "energy": joules, "accuracy": accuracy}

#: Columns that are no part of a design: its objectives, and its number in the space.
_NOT_DESIGN = (*OBJECTIVE_COLUMNS.values(), "point")

Row = Mapping[Any, Any]


@dataclass(frozen=True)
class DesignColumn:
    """One heading of a design table and the columns of the front that it stands for."""

    heading: str
    names: tuple[str, ...]
    text: Callable[..., str]

    def cell(self, row: Row) -> str:
        """Return the column's text in ``row``."""
        return self.text(*(row[name] for name in self.names))


def objective_column(objective: str) -> str:
    """Return the front's column of an objective; raises HeddleError with the nearest valid name."""
    if objective not in OBJECTIVE_COLUMNS:
        raise unknown("objective", objective, OBJECTIVE_COLUMNS)
    return OBJECTIVE_COLUMNS[objective]


def objective_heading(objective: str) -> str:
    """Return the objective as a table's heading or an axis names it."""
    return _HEADINGS[objective]


def objective_best(objective: str) -> str:
    """Return what the best value of an objective is called: "least time", "highest accuracy"."""
    return f"{'highest' if objective in GAINS else 'least'} {objective_heading(objective)}"


def objective_costs(frame: pd.DataFrame, objective: str) -> npt.NDArray[np.float64]:
    """Return an objective of every row as a cost of which less is better: of accuracy the error, in per cent."""
    values: npt.NDArray[np.float64] = frame[objective_column(objective)].to_numpy(dtype="float64")
    return 100.0 - values if objective in GAINS else values


def objective_cell(objective: str, row: Row) -> str:
    """Return a row's value of an objective with its unit."""
    return _TEXTS.get(objective, count)(row[objective_column(objective)])


def objective_brief(objective: str, row: Row) -> str:
    """Return a row's value of an objective to three digits: "1.18 M" LUTs, for where space is short."""
    value = row[objective_column(objective)]
    return _TEXTS[objective](value) if objective in _TEXTS else engineering(float(value))


def cost_order(front: pd.DataFrame, objectives: Sequence[str]) -> tuple[str, ...]:
    """Return the objectives, in their order, and after them the others that the front has columns for."""
    others = (name for name in OBJECTIVE_COLUMNS if name not in objectives)
    return tuple(objectives) + tuple(name for name in others if OBJECTIVE_COLUMNS[name] in front.columns)


def design_columns(front: pd.DataFrame) -> tuple[DesignColumn, ...]:
    """Return the design columns of a front, those that belong together merged, the rest under their own names."""
    present = [str(name) for name in front.columns if name not in _NOT_DESIGN]
    merged = [column for column in _KNOWN if all(name in present for name in column.names)]
    taken = {name for column in merged for name in column.names}
    plain = [DesignColumn(name.replace("_", " "), (name,), _plain) for name in present if name not in taken]
    return (*merged, *plain)


def split_columns(front: pd.DataFrame) -> tuple[tuple[DesignColumn, ...], tuple[DesignColumn, ...]]:
    """Return the design columns that differ along the front, and those that are the same in every row."""
    columns = design_columns(front)
    varying = tuple(column for column in columns if _varies(front, column))
    return varying, tuple(column for column in columns if column not in varying)


def shared_text(front: pd.DataFrame) -> str:
    """Return what all designs of the front have in common: "clock 200 MHz, channels 4"; empty without rows."""
    if not len(front):
        return ""
    first = front.iloc[0].to_dict()
    return ", ".join(f"{column.heading} {column.cell(first)}" for column in split_columns(front)[1])


def short_name(row: Row) -> str:
    """Return a design in a few words for a plot's label: array, N:M and clock, as far as the row has them."""
    columns = [column for column in _KNOWN if column.heading in ("array", "N:M", "clock")]
    return ", ".join(column.cell(row) for column in columns if all(name in row for name in column.names))


def spread(length: int, limit: int) -> list[int]:
    """Return at most ``limit`` indices below ``length``, spread evenly, first and last among them."""
    if length <= limit:
        return list(range(length))
    if limit <= 1:
        return list(range(max(limit, 0)))
    return [index * (length - 1) // (limit - 1) for index in range(limit)]


def _varies(front: pd.DataFrame, column: DesignColumn) -> bool:
    cells = {column.cell(row) for row in front[list(column.names)].to_dict("records")}
    return len(cells) > 1


def _plain(value: Any) -> str:
    """A cell as it stands; a set of words, which Parquet gives back as an array, joined."""
    if isinstance(value, str):
        return value
    if isinstance(value, Iterable):
        return "+".join(str(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _kib(value: int) -> str:
    return f"{value / 1024:g}"


_KNOWN = (
    DesignColumn("array", ("rows", "cols"), lambda rows, cols: f"{rows}×{cols}"),
    DesignColumn("N:M", ("n", "m"), lambda n, m: f"{n}:{m}"),
    DesignColumn("N:M", ("sparsity",), _plain),
    DesignColumn("dataflows", ("dataflows",), _plain),
    DesignColumn("clock", ("clock_hz",), lambda hertz: engineering(float(hertz), "Hz")),
    DesignColumn("I", ("interleave",), _plain),
    DesignColumn("I axes", ("interleave_axes",), _plain),
    DesignColumn("adder stages", ("adder_stages",), _plain),
    DesignColumn("multiplier stages", ("multiplier_stages",), _plain),
    DesignColumn("channels", ("channels",), _plain),
    DesignColumn(
        "lanes S/W/V",
        ("sore_lanes", "wuve_lanes", "vector_lanes"),
        lambda sore, wuve, vector: f"{sore}/{wuve}/{vector}",
    ),
    DesignColumn(
        "buffers A/W/O KiB",
        ("activation_bytes", "weight_bytes", "output_bytes"),
        lambda activation, weight, output: f"{_kib(activation)}/{_kib(weight)}/{_kib(output)}",
    ),
    DesignColumn("group ports", ("group_ports",), _plain),
)
