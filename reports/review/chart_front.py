"""The Pareto front as a live chart: a mark a design, the one picked ringed, its axes to be chosen by the reader."""

from __future__ import annotations

import math
from typing import Any

import altair as alt

from heddle.reports.front_table import objective_heading
from heddle.reports.palette import BLUE
from heddle.reports.review.front_view import Axis, Facet, FrontRow, FrontView
from heddle.reports.review.vega import INK, PALETTE, PAPER, SHAPES, Figure, LegendEntry, figure, records, unit_labels
from heddle.reports.runs.documents.exploration import ExplorationFacts

#: Names by which the page's script finds the designs, the columns on the axes and their units, and the one picked.
DESIGNS = "designs"
X_COLUMN, Y_COLUMN, X_UNIT, Y_UNIT, PICKED = "x_column", "y_column", "x_unit", "y_unit", "picked"

_ACCURACY = objective_heading("accuracy")
_HEIGHT = 420
_MARK_PIXELS, _RING_PIXELS = 70, 260


def front_figure(view: FrontView, facts: ExplorationFacts) -> Figure | None:
    """Return the front over the axes shown at first; None for a front without designs.

    A datum holds ``row``, the design cells ``d0`` …, the cost cells ``c0`` … and the costs as numbers ``v0`` ….
    """
    if not view.rows or not view.axes:
        return None
    x, y = view.axes[view.across], view.axes[view.up]
    base = alt.Chart(records([_datum(row) for row in view.rows], DESIGNS)).transform_calculate(
        x=f"datum[{X_COLUMN}]", y=f"datum[{Y_COLUMN}]"
    )
    facet = next((facet for facet in view.facets if len(facet.values) <= len(PALETTE)), None)
    chart = (
        alt.layer(_ring(base, x, y), _marks(base, view, facet, x, y))
        .add_params(
            alt.param(name=X_COLUMN, value=f"v{x.column}"),
            alt.param(name=Y_COLUMN, value=f"v{y.column}"),
            alt.param(name=X_UNIT, value=x.unit),
            alt.param(name=Y_UNIT, value=y.unit),
            alt.param(name=PICKED, value=view.picked),
        )
        .properties(width="container", height=_HEIGHT)
    )
    title = f"Pareto front: {facts.workload}, batch {facts.batch}, {facts.recipe} on {facts.board}"
    better = "Less is better, but of accuracy more." if _ACCURACY in view.cost_headings else "Less is better."
    description = (
        f"{len(view.rows):,} designs by {x.title} and {y.title}. {better} "
        f"The table below holds the same designs; the one picked is ringed."
    )
    return figure("front", chart, title, description, _legend(facet))


def _datum(row: FrontRow) -> dict[str, Any]:
    return {
        "row": row.row,
        **{f"d{index}": text for index, text in enumerate(row.design)},
        **{f"c{index}": text for index, text in enumerate(row.costs)},
        **{f"v{index}": value if math.isfinite(value) else None for index, value in enumerate(row.values)},
    }


def _x(axis: Axis) -> alt.X:
    return alt.X("x:Q", title=axis.title, scale=_scale(axis), axis=_axis(axis, X_UNIT))


def _y(axis: Axis) -> alt.Y:
    return alt.Y("y:Q", title=axis.title, scale=_scale(axis), axis=_axis(axis, Y_UNIT))


def _scale(axis: Axis) -> alt.Scale:
    return alt.Scale(type="log" if axis.log else "linear", domain=[axis.low, axis.high], nice=False, zero=False)


def _axis(axis: Axis, unit: str) -> alt.Axis:
    values = list(axis.ticks) if axis.ticks else alt.Undefined
    return alt.Axis(labelExpr=unit_labels(f"{{{unit}}}"), tickCount=6, values=values, labelOverlap=True)


def _marks(base: alt.Chart, view: FrontView, facet: Facet | None, x: Axis, y: Axis) -> alt.Chart:
    headings = [*view.design_headings, *view.cost_headings]
    keys = [f"d{index}" for index in range(len(view.design_headings))]
    keys += [f"c{index}" for index in range(len(view.cost_headings))]
    tooltip = [alt.Tooltip("row:N", title="design")]
    tooltip += [alt.Tooltip(f"{key}:N", title=heading) for key, heading in zip(keys, headings, strict=True)]
    marks = base.mark_point(
        filled=True, size=_MARK_PIXELS, opacity=0.9, color=BLUE, stroke=PAPER, strokeWidth=0.5, cursor="pointer"
    ).encode(x=_x(x), y=_y(y), tooltip=tooltip)
    if facet is not None:
        field, values = f"d{facet.column}:N", list(facet.values)
        marks = marks.encode(
            color=alt.Color(field, scale=alt.Scale(domain=values, range=list(PALETTE[: len(values)])), legend=None),
            shape=alt.Shape(field, scale=alt.Scale(domain=values, range=list(SHAPES[: len(values)])), legend=None),
        )
    return marks.properties(name="marks")


def _ring(base: alt.Chart, x: Axis, y: Axis) -> alt.Chart:
    return (
        base.transform_filter(f"datum.row === {PICKED}")
        .mark_point(filled=False, shape="circle", size=_RING_PIXELS, color=INK, strokeWidth=2, opacity=1)
        .encode(x=_x(x), y=_y(y))
        .properties(name="ring")
    )


def _legend(facet: Facet | None) -> tuple[LegendEntry, ...]:
    if facet is None:
        return ()
    entries = zip(facet.values, PALETTE, SHAPES, strict=False)
    return tuple(LegendEntry(f"{facet.heading} {value}", colour, shape) for value, colour, shape in entries)
