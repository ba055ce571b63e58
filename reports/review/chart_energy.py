"""The energy of a step by part, each bar with the uncertainty of its model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from heddle.reports.palette import BLUE
from heddle.reports.review.content import EnergyLine
from heddle.reports.review.vega import INK, Figure, figure, records, unit_labels
from heddle.reports.units import joules, percent

_ROW_PIXELS = 26
_LABEL_PIXELS = 150


def energy_figure(lines: Sequence[EnergyLine]) -> Figure | None:
    """Return a bar for each part that takes energy, the largest first; None where none does."""
    parts = sorted((line for line in lines if line.energy_j > 0), key=lambda line: (-line.energy_j, line.name))
    if not parts:
        return None
    whole_j = sum(line.energy_j for line in parts)
    base = alt.Chart(records([_row(line, whole_j) for line in parts], "energy"))
    x = alt.X("energy_j:Q", title="energy of a step", axis=alt.Axis(labelExpr=unit_labels("J"), tickCount=6))
    y = alt.Y(
        "part:N",
        sort=[line.name for line in parts],
        title=None,
        axis=alt.Axis(ticks=False, domain=False, labelLimit=_LABEL_PIXELS),
    )
    tooltip = [
        alt.Tooltip("part:N"),
        alt.Tooltip("energy:N"),
        alt.Tooltip("share:N"),
        alt.Tooltip("uncertainty:N"),
        alt.Tooltip("source:N"),
    ]
    bars = base.mark_bar(color=BLUE, size=14).encode(x=x, y=y, tooltip=tooltip).properties(name="parts")
    known = (
        base.transform_filter("isNumber(datum.low_j)")
        .mark_rule(color=INK, strokeWidth=1.5)
        .encode(x=alt.X("low_j:Q"), x2="high_j:Q", y=y)
        .properties(name="uncertainty")
    )
    chart = alt.layer(bars, known).properties(width="container", height=_ROW_PIXELS * len(parts))
    description = (
        f"{joules(whole_j)} in {len(parts)} parts, the most in {parts[0].name} "
        f"({percent(parts[0].energy_j / whole_j)}). A line across a bar's end is the uncertainty of its model."
    )
    return figure("energy", chart, "Energy of a step by part", description)


def uncertainty_text(uncertainty: float | None) -> str:
    """Return a relative uncertainty as "±30 %", or that it is unknown."""
    return "unknown" if uncertainty is None else f"±{100 * uncertainty:.0f} %"


def _row(line: EnergyLine, whole_j: float) -> dict[str, Any]:
    spread_j = None if line.uncertainty is None else line.uncertainty * line.energy_j
    return {
        "part": line.name,
        "energy_j": line.energy_j,
        "low_j": None if spread_j is None else max(line.energy_j - spread_j, 0.0),
        "high_j": None if spread_j is None else line.energy_j + spread_j,
        "energy": joules(line.energy_j),
        "share": percent(line.energy_j / whole_j),
        "uncertainty": uncertainty_text(line.uncertainty),
        "source": line.source,
    }
