"""What the design's parts take of the board: a bar for each resource, stacked by part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from heddle.arch.boards import Board
from heddle.arch.fit import usable
from heddle.arch.resources import RESOURCE_NAMES
from heddle.reports.palette import BLUE, GREEN, ORANGE, PURPLE, RED, SAMPLE
from heddle.reports.review.content import ModuleRow
from heddle.reports.review.vega import INK, PAPER, SKY, Figure, LegendEntry, figure, records
from heddle.reports.units import count, percent

RESOURCE_HEADINGS = {
    "lut": "LUT",
    "lut_as_memory": "LUT as memory",
    "ff": "FF",
    "dsp": "DSP",
    "bram36": "BRAM36",
    "uram": "URAM",
}
#: The parts in the order in which bars stack them; others follow under one colour.
_PART_COLOURS = {
    "array": BLUE,
    "buffers": ORANGE,
    "sore": GREEN,
    "wuve": PURPLE,
    "vector": SKY,
    "dram_controllers": RED,
}
_OTHERS = "other"
_PART_NAMES = {
    "sore": "SORE",
    "wuve": "WUVE",
    "dma": "DMA",
    "vector": "vector unit",
    "left_feeder": "left feeder",
    "dram_controllers": "DRAM controllers",
}
_ROW_PIXELS, _BAR_PIXELS = 32, 18


@dataclass(frozen=True)
class ResourceUse:
    """One resource of the board: what all parts take of it together, what can be used, what is there."""

    resource: str
    used: float
    usable: int
    available: int

    @property
    def fits(self) -> bool:
        """True where the parts take no more than can be used."""
        return self.used <= self.usable

    @property
    def share(self) -> float:
        """What is taken of what is there; NaN where the board has none of it."""
        return self.used / self.available if self.available else float("nan")

    @property
    def tightness(self) -> float:
        """What is taken of what can be used: above 1 the parts do not fit."""
        if self.usable:
            return self.used / self.usable
        return float("inf") if self.used else 0.0


def resource_uses(rows: Sequence[ModuleRow], board: Board) -> tuple[ResourceUse, ...]:
    """Return what the parts among ``rows`` take together, a resource each, in RESOURCE_NAMES' order."""
    parts = parts_of(rows)
    return tuple(
        ResourceUse(
            resource=name,
            used=sum(part.amounts.get(name, 0.0) for part in parts),
            usable=usable(board, name),
            available=int(getattr(board.resources, name)),
        )
        for name in RESOURCE_NAMES
    )


def parts_of(rows: Sequence[ModuleRow]) -> tuple[ModuleRow, ...]:
    """Return the parts of the design among ``rows``, which include the modules below them."""
    return tuple(row for row in rows if not row.parent)


def part_text(name: str) -> str:
    """Return a part's name as a reader knows it: SORE, WUVE, "DRAM controllers"."""
    return _PART_NAMES.get(name, name.replace("_", " "))


def modules_figure(rows: Sequence[ModuleRow], board: Board) -> Figure | None:
    """Return shares of the board by resource and part, with what can be used; None without rows."""
    uses = [use for use in resource_uses(rows, board) if use.available]
    if not any(use.used for use in uses):
        return None
    parts = _merged(rows)
    bars = [row for use in uses for row in _bars(use, parts)]
    order = [RESOURCE_HEADINGS[use.resource] for use in uses]
    top = 1.02 * max(1.0, *(use.share for use in uses))
    chart = alt.layer(_stack(bars, parts, order, top), _limits(uses, order, top), _whole(top))
    tightest = max(uses, key=lambda use: use.tightness)
    description = (
        f"Shares of what {board.name} has. A tick marks what can be used: of LUT and FF, routing needs the rest. "
        f"The tightest is {RESOURCE_HEADINGS[tightest.resource]}: {percent(tightest.share)} of the board, "
        f"{percent(tightest.tightness)} of what can be used."
    )
    legend = tuple(LegendEntry(part_text(name), _colour(name)) for name in parts)
    height = _ROW_PIXELS * len(uses)
    return figure(
        "modules", chart.properties(width="container", height=height), f"Shares of {board.name}", description, legend
    )


def _merged(rows: Sequence[ModuleRow]) -> dict[str, Mapping[str, float]]:
    """The parts with a colour of their own in its order, the rest as one."""
    by_name = {row.name: row.amounts for row in parts_of(rows)}
    merged = {name: by_name[name] for name in _PART_COLOURS if name in by_name}
    rest = [amounts for name, amounts in by_name.items() if name not in _PART_COLOURS]
    if rest:
        merged[_OTHERS] = {name: sum(amounts.get(name, 0.0) for amounts in rest) for name in RESOURCE_NAMES}
    return merged


def _colour(part: str) -> str:
    return _PART_COLOURS.get(part, SAMPLE)


def _bars(use: ResourceUse, parts: Mapping[str, Mapping[str, float]]) -> list[dict[str, Any]]:
    return [
        {
            "resource": RESOURCE_HEADINGS[use.resource],
            "part": part_text(name),
            "order": order,
            "share": amounts.get(use.resource, 0.0) / use.available,
            "amount": amount_text(amounts.get(use.resource, 0.0)),
            "percent": percent(amounts.get(use.resource, 0.0) / use.available),
            "all": f"{percent(use.share)} of {count(use.available)}",
        }
        for order, (name, amounts) in enumerate(parts.items())
        if amounts.get(use.resource, 0.0) > 0
    ]


def amount_text(value: float) -> str:
    """Return an amount of a resource: whole numbers in full, half blocks with their half."""
    return count(value) if float(value).is_integer() else f"{value:,.1f}"


def _x(field: str, top: float) -> alt.X:
    return alt.X(
        field,
        title="share of the board",
        stack="zero",
        scale=alt.Scale(domain=[0.0, top], nice=False),
        axis=alt.Axis(format="%", tickCount=5),
    )


def _y(order: Sequence[str]) -> alt.Y:
    return alt.Y("resource:N", sort=list(order), title=None, axis=alt.Axis(ticks=False, domain=False))


def _stack(
    bars: list[dict[str, Any]], parts: Mapping[str, Mapping[str, float]], order: Sequence[str], top: float
) -> alt.Chart:
    colours = alt.Scale(domain=[part_text(name) for name in parts], range=[_colour(name) for name in parts])
    return (
        alt.Chart(records(bars, "modules"), name="parts")
        .mark_bar(size=_BAR_PIXELS, stroke=PAPER, strokeWidth=0.5)
        .encode(
            x=_x("share:Q", top),
            y=_y(order),
            color=alt.Color("part:N", scale=colours, legend=None),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("resource:N"),
                alt.Tooltip("part:N"),
                alt.Tooltip("amount:N", title="takes"),
                alt.Tooltip("percent:N", title="of the board"),
                alt.Tooltip("all:N", title="all parts"),
            ],
        )
    )


def _limits(uses: Sequence[ResourceUse], order: Sequence[str], top: float) -> alt.Chart:
    """A tick across each bar's row where the routable share ends."""
    rows = [
        {"resource": RESOURCE_HEADINGS[use.resource], "limit": use.usable / use.available}
        for use in uses
        if use.usable < use.available
    ]
    return (
        alt.Chart(records(rows, "limits"), name="limits")
        .mark_tick(color=INK, thickness=2, size=_BAR_PIXELS + 8)
        .encode(x=alt.X("limit:Q"), y=_y(order))
    )


def _whole(top: float) -> alt.Chart:
    """The line at all of the board."""
    return (
        alt.Chart(records([{"whole": 1.0}], "whole"), name="whole")
        .mark_rule(color=INK, strokeDash=[3, 3])
        .encode(x=alt.X("whole:Q"))
    )
