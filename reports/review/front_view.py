"""A Pareto front as a page shows it: designs as text and numbers, what they can be filtered by, and their axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from heddle.reports.front_table import (
    cost_order,
    objective_cell,
    objective_column,
    objective_heading,
    shared_text,
    split_columns,
    spread,
)
from heddle.reports.review.content import FrontPart
from heddle.reports.review.vega import log_ticks

#: Most designs that a page holds, spread evenly over a larger front.
MAX_DESIGNS = 1000

#: Headings of design columns that a reader can filter by, and objectives that a reader can limit.
_FACETS = ("N:M", "dataflows")
_LIMITED = ("time", "energy", "lut")
_UNITS = {"time": "s", "energy": "J", "accuracy": "%"}
_AREA = objective_heading("lut")
_LOG_SPAN = 4.0
_MARGIN = 0.04


@dataclass(frozen=True)
class Axis:
    """What an axis of the chart can show: cost column ``column``, over a range that holds all designs shown.

    ``ticks`` is empty for a linear axis, which finds its own.
    """

    column: int
    title: str
    unit: str
    log: bool
    low: float
    high: float
    ticks: tuple[float, ...]


@dataclass(frozen=True)
class Facet:
    """A design column to filter by: its position among the design columns, and the values that occur."""

    column: int
    heading: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Limit:
    """A cost column to limit: its position among the cost columns."""

    column: int
    heading: str


@dataclass(frozen=True)
class FrontRow:
    """A design of the front: its row there, its design and cost cells as text, and the costs as numbers."""

    row: int
    design: tuple[str, ...]
    costs: tuple[str, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class FrontView:
    """What the section of the front shows: of ``size`` designs those in ``rows``, ``picked`` (a row) among them.

    ``axes`` holds the axes to choose from, of which ``across`` and ``up`` (positions) are shown at first.
    """

    size: int
    shared: str
    design_headings: tuple[str, ...]
    cost_headings: tuple[str, ...]
    rows: tuple[FrontRow, ...]
    axes: tuple[Axis, ...]
    across: int
    up: int
    facets: tuple[Facet, ...]
    limits: tuple[Limit, ...]
    picked: int


def front_view(part: FrontPart) -> FrontView:
    """Return the front as texts and numbers, at most MAX_DESIGNS of its designs and the one picked."""
    columns, costs = split_columns(part.front)[0], cost_order(part.front, part.facts.objectives)
    designs = part.front.to_dict("records")
    rows = [
        FrontRow(
            row=row,
            design=tuple(column.cell(designs[row]) for column in columns),
            costs=tuple(objective_cell(cost, designs[row]) for cost in costs),
            values=tuple(float(designs[row][objective_column(cost)]) for cost in costs),
        )
        for row in sorted({*spread(len(designs), MAX_DESIGNS), part.picked})
    ]
    headings, axes = [column.heading for column in columns], _axes(costs, rows)
    return FrontView(
        size=len(designs),
        shared=shared_text(part.front),
        design_headings=tuple(headings),
        cost_headings=tuple(objective_heading(cost) for cost in costs),
        rows=tuple(rows),
        axes=axes,
        across=0,
        up=_up(axes),
        facets=tuple(_facet(headings.index(name), name, rows) for name in _FACETS if name in headings),
        limits=tuple(
            Limit(column, objective_heading(cost))
            for column, cost in enumerate(costs)
            if cost in _LIMITED and len(_finite(rows, column)) > 1
        ),
        picked=part.picked,
    )


def script_front(view: FrontView, toml: Sequence[str]) -> dict[str, Any]:
    """Return what the page's script knows of the front beside its chart; ``toml`` is that of every row of the front.

    Design files share most lines, so they are held as the numbers of their lines in ``lines``.
    """
    numbers: dict[str, int] = {}
    designs = {
        str(row.row): [numbers.setdefault(line, len(numbers)) for line in toml[row.row].splitlines()]
        for row in view.rows
    }
    return {
        "picked": view.picked,
        "size": view.size,
        "design_columns": len(view.design_headings),
        "cost_columns": len(view.cost_headings),
        "axes": [
            {
                "column": axis.column,
                "title": axis.title,
                "unit": axis.unit,
                "log": axis.log,
                "domain": [axis.low, axis.high],
                "ticks": list(axis.ticks),
            }
            for axis in view.axes
        ],
        "lines": list(numbers),
        "designs": designs,
    }


def _facet(column: int, heading: str, rows: Sequence[FrontRow]) -> Facet:
    return Facet(column, heading, tuple(sorted({row.design[column] for row in rows})))


def _finite(rows: Sequence[FrontRow], column: int) -> list[float]:
    """The distinct values of a cost, ascending."""
    return sorted({row.values[column] for row in rows if math.isfinite(row.values[column])})


def _axes(costs: Sequence[str], rows: Sequence[FrontRow]) -> tuple[Axis, ...]:
    """The costs that differ among the designs; where fewer than two do, the first two of all."""
    columns = [column for column in range(len(costs)) if len(_finite(rows, column)) > 1]
    if len(columns) < 2:
        columns = [column for column in range(len(costs)) if _finite(rows, column)][:2]
    return tuple(_axis(column, costs[column], _finite(rows, column)) for column in columns)


def _up(axes: Sequence[Axis]) -> int:
    """The axis that stands upright at first: area, which time is traded for, or else whatever there is."""
    titles = [axis.title for axis in axes[1:]]
    return 1 + titles.index(_AREA) if _AREA in titles else len(axes[:2]) - 1


def _axis(column: int, cost: str, values: Sequence[float]) -> Axis:
    least, most = values[0], values[-1]
    log = least > 0 and most / least > _LOG_SPAN
    if log:
        reach = (most / least) ** _MARGIN
        low, high = least / reach, most * reach
    else:
        reach = _MARGIN * (most - least) or 0.1 * abs(most) or 1.0
        low, high = least - reach, most + reach
    ticks = tuple(log_ticks(low, high)) if log else ()
    return Axis(column, objective_heading(cost), _UNITS.get(cost, ""), log, low, high, ticks)
