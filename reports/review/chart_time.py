"""Charts of where a step's time goes, layer by layer in the network's order: the work, and the array's waiting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from heddle.reports.breakdown import STAGE_PARTS, layer_rows, stages, stall_cycles
from heddle.reports.palette import BLUE, GREEN, MUTED, ORANGE, PART_COLOURS, PURPLE, RED, SAMPLE, YELLOW
from heddle.reports.review.vega import PAPER, SKY, Figure, LegendEntry, figure, records, unit_labels
from heddle.reports.summary import headline
from heddle.reports.units import percent, seconds
from heddle.sim.result import StepResult
from heddle.sim.stalls import OTHER_WORK, stall_text

PART_NAMES = {
    "ff": "FF",
    "bp": "BP",
    "wu": "WU",
    "vector": "vector unit and SORE",
    "update": "exposed update",
}
_COMPUTING = "computing"
_CAUSE_COLOURS = {
    "load_left": ORANGE,
    "load_right": RED,
    "store": PURPLE,
    "feed": YELLOW,
    "fill": SKY,
    "drain": SAMPLE,
    "vector": BLUE,
    "update": MUTED,
}
_HEIGHT = 300
_LABEL_PIXELS = 110
_CHARACTER_PIXELS = 7
#: Width of the bars on a phone; names that stand side by side in it need not be turned.
_NARROWEST_PIXELS = 300
#: Room that a turned name needs along the axis.
_TURNED_PIXELS = 13


@dataclass(frozen=True)
class _Stack:
    """A bar of the chart: a layer and its parts in cycles, bottom first."""

    layer: str
    parts: Mapping[str, float]


def time_figure(result: StepResult) -> Figure | None:
    """Return the step's time by stage, stacked by pass; None for a step of no time."""
    if not result.cycles:
        return None
    bars = [_Stack(stage.layer, stage.cycles_by_part) for stage in stages(result)]
    slowest = max(bars, key=lambda bar: sum(bar.parts.values()))
    share = percent(sum(slowest.parts.values()) / result.cycles)
    description = (
        f"{len(bars)} array layers in the network's order, each with the vector work behind it. "
        f"The slowest is {slowest.layer} with {share} of {seconds(result.time_s)}."
    )
    colours = {PART_NAMES[part]: PART_COLOURS[part] for part in STAGE_PARTS}
    named = [_Stack(bar.layer, {PART_NAMES[part]: bar.parts[part] for part in STAGE_PARTS}) for bar in bars]
    return _stacked("time", named, colours, result, f"Time by layer: {headline(result)}", description)


def waiting_figure(result: StepResult) -> Figure | None:
    """Return the array's time by layer, computing and waiting by cause; None where nothing is known of waiting."""
    causes = stall_cycles(result)
    if not causes or not result.cycles:
        return None
    bars = [bar for bar in _waiting_bars(result, tuple(causes)) if any(bar.parts.values())]
    colours = {_COMPUTING: GREEN, **{stall_text(cause): _CAUSE_COLOURS.get(cause, SAMPLE) for cause in causes}}
    first, cycles = next(iter(causes.items()))
    description = (
        f"{len(bars)} array layers in the network's order. The array computes in "
        f"{percent(result.compute_cycles / result.cycles)} of the step; most of its waiting is "
        f"{stall_text(first)}, {percent(cycles / result.cycles)} of the step."
    )
    return _stacked("waiting", bars, colours, result, "Array time by layer: computing and waiting", description)


def _waiting_bars(result: StepResult, causes: Sequence[str]) -> list[_Stack]:
    by_layer = {row.layer: dict.fromkeys([_COMPUTING, *map(stall_text, causes)], 0.0) for row in layer_rows(result)}
    for item in result.passes:
        parts = by_layer[item.layer]
        if item.on_array:
            parts[_COMPUTING] += item.compute_cycles
            for cause, cycles in item.stall_cycles.items():
                if cause in causes:
                    parts[stall_text(cause)] += cycles
    for stage in stages(result):
        for part in set(OTHER_WORK) & set(causes):
            by_layer[stage.layer][stall_text(part)] += stage.cycles_by_part[part]
    return [_Stack(layer, parts) for layer, parts in by_layer.items()]


def _stacked(
    name: str, bars: Sequence[_Stack], colours: Mapping[str, str], result: StepResult, title: str, description: str
) -> Figure:
    present = {part: colour for part, colour in colours.items() if any(bar.parts[part] > 0 for bar in bars)}
    rows = [row for bar in bars for row in _rows(bar, list(present), result)]
    chart = (
        alt.Chart(records(rows, name), name=name)
        .mark_bar(stroke=PAPER, strokeWidth=0.5)
        .encode(
            x=alt.X(
                "layer:N",
                sort=None,  # the order of the rows
                title=None,
                axis=_layer_axis([bar.layer for bar in bars]),
            ),
            y=alt.Y("time_s:Q", title="time", stack="zero", axis=alt.Axis(labelExpr=unit_labels("s"), tickCount=6)),
            color=alt.Color("part:N", scale=_scale(present), legend=None),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("layer:N"),
                alt.Tooltip("part:N"),
                alt.Tooltip("time:N"),
                alt.Tooltip("share:N", title="of the step"),
                alt.Tooltip("all:N", title="layer in all"),
            ],
        )
        .properties(width="container", height=_HEIGHT)
    )
    legend = tuple(LegendEntry(part, colour) for part, colour in present.items())
    return figure(name, chart, title, description, legend)


def _layer_axis(layers: Sequence[str]) -> alt.Axis:
    """The names of layers: one at every bar where the page's width has room, else at every second, third and so on."""
    turned = len(layers) * _CHARACTER_PIXELS * max(map(len, layers)) > _NARROWEST_PIXELS
    bars = len(layers)
    every = f"max(1, ceil({bars * _TURNED_PIXELS} / width))"
    return alt.Axis(
        labelAngle=-60 if turned else 0,
        labelAlign="right" if turned else "center",
        labelBaseline="middle" if turned else "top",
        labelLimit=_LABEL_PIXELS,
        labelExpr=f"round(datum.index * {bars - 1}) % {every} == 0 ? datum.label : ''",
        labelOverlap=False,
        ticks=False,
    )


def _scale(colours: Mapping[str, str]) -> alt.Scale:
    return alt.Scale(domain=list(colours), range=list(colours.values()))


def _rows(bar: _Stack, order: Sequence[str], result: StepResult) -> list[dict[str, Any]]:
    clock_hz, whole = result.design.clock_hz, sum(bar.parts.values())
    return [
        {
            "layer": bar.layer,
            "part": part,
            "order": order.index(part),
            "time_s": bar.parts[part] / clock_hz,
            "time": seconds(bar.parts[part] / clock_hz),
            "share": percent(bar.parts[part] / result.cycles),
            "all": seconds(whole / clock_hz),
        }
        for part in order
        if bar.parts[part] > 0
    ]
