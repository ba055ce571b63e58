"""The roofline as a live chart: each array pass a mark, under the roofs of the design and of the board's memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt

from heddle.arch.boards import Board
from heddle.reports.palette import PART_COLOURS
from heddle.reports.review.vega import INK, PAPER, Figure, LegendEntry, figure, log_ticks, records, unit_labels
from heddle.reports.roofline import Roof, RooflinePoint, roof, roofline_points
from heddle.reports.summary import headline, pass_text
from heddle.reports.units import engineering, percent, seconds
from heddle.sim.result import StepResult

_HEIGHT = 400
_SHAPES = {"ff": "circle", "bp": "triangle-up", "wu": "square"}
_MARK_PIXELS = (36, 300)
_SLOPE_SHOWN = 0.15
# How far down the chart reaches at least, of the peak.
_FLOOR_SHARE = 0.06
# Bandwidths less apart than this are the same roof.
_SAME = 1.01
# Where a text stands beside its point: alignment, and pixels to the right and down.
_PLACES: dict[str, tuple[Literal["left", "right"], int, int]] = {
    "end": ("right", -6, -16),
    "under": ("left", 8, 8),
    "above": ("left", 4, -30),
}


@dataclass(frozen=True)
class RooflineRow:
    """A pass of the roofline as text, for the table beside the chart; ``of_bound`` is of the design's roof."""

    layer: str
    pass_text: str
    intensity: str
    achieved: str
    of_bound: str
    time: str
    share: str


@dataclass(frozen=True)
class _Frame:
    """What the chart shows: intensities from ``low`` to ``high``, rates from ``floor`` to ``top``, logarithmic."""

    low: float
    high: float
    floor: float
    top: float


@dataclass(frozen=True)
class _Label:
    """A few words at a point of a roof; ``place`` is one of _PLACES."""

    text: str
    intensity: float
    flop_per_s: float
    place: str


def roofline_figure(result: StepResult, board: Board) -> Figure | None:
    """Return the roofline of the step's array passes; None for a step without any."""
    points = roofline_points(result)
    if not points:
        return None
    bound = roof(result.design, board)
    of_board = Roof(bound.peak_flop_per_s, board.memory.peak_bytes_per_s)
    frame = _frame(points, bound)
    layers = [_roof_lines(bound, of_board, frame), _marks(points, bound, frame), *_label_layers(bound, of_board, frame)]
    chart = alt.layer(*layers).properties(width="container", height=_HEIGHT)
    present = _present(points)
    legend = [LegendEntry(name.upper(), PART_COLOURS[name], _SHAPES[name]) for name in present]
    return figure("roofline", chart, f"Roofline: {headline(result)}", _description(points, bound, board), tuple(legend))


def roofline_rows(result: StepResult, board: Board) -> tuple[RooflineRow, ...]:
    """Return the marks of the roofline as text, those of most time first."""
    bound = roof(result.design, board)
    ordered = sorted(roofline_points(result), key=lambda point: -point.share)
    return tuple(_text_row(point, bound, result) for point in ordered)


def _text_row(point: RooflinePoint, bound: Roof, result: StepResult) -> RooflineRow:
    return RooflineRow(
        layer=point.item.layer,
        pass_text=pass_text(point.item),
        intensity=engineering(point.intensity, "FLOP/B"),
        achieved=engineering(point.flop_per_s, "FLOP/s"),
        of_bound=percent(point.flop_per_s / bound.at(point.intensity)),
        time=seconds(point.item.cycles / result.design.clock_hz),
        share=percent(point.share),
    )


def _present(points: Sequence[RooflinePoint]) -> list[str]:
    return [name for name in _SHAPES if any(point.item.pass_name == name for point in points)]


def _description(points: Sequence[RooflinePoint], bound: Roof, board: Board) -> str:
    below = sum(point.share for point in points if bound.at(point.intensity) < bound.peak_flop_per_s)
    memory = f"Memory bounds the passes left of the ridge, {percent(below)} of the step."
    if not below:
        memory = "No pass lies left of the ridge, where memory would bound it."
    return (
        f"{len(points)} array passes, a mark's area its share of the time. The array's peak is "
        f"{engineering(bound.peak_flop_per_s, 'FLOP/s')}; the board's memory gives at most "
        f"{engineering(board.memory.peak_bytes_per_s, 'B/s')}. {memory}"
    )


def _frame(points: Sequence[RooflinePoint], bound: Roof) -> _Frame:
    intensities = [point.intensity for point in points]
    if bound.dram_bytes_per_s is not None:
        ridge = bound.peak_flop_per_s / bound.dram_bytes_per_s
        intensities += [_SLOPE_SHOWN * ridge, ridge]
    return _Frame(
        low=0.5 * min(intensities),
        high=2.0 * max(intensities),
        floor=min(0.4 * min(point.flop_per_s for point in points), _FLOOR_SHARE * bound.peak_flop_per_s),
        top=2.2 * bound.peak_flop_per_s,
    )


def _x(frame: _Frame) -> alt.X:
    return alt.X(
        "intensity:Q",
        title="operational intensity, executed FLOP per DRAM byte",
        scale=alt.Scale(type="log", domain=[frame.low, frame.high], nice=False),
        axis=alt.Axis(format="~g", values=log_ticks(frame.low, frame.high), labelOverlap=True),
    )


def _y(frame: _Frame) -> alt.Y:
    return alt.Y(
        "flop_per_s:Q",
        title="achieved rate",
        scale=alt.Scale(type="log", domain=[frame.floor, frame.top], nice=False),
        axis=alt.Axis(labelExpr=unit_labels("FLOP/s"), values=log_ticks(frame.floor, frame.top), labelOverlap=True),
    )


def _roof_lines(bound: Roof, of_board: Roof, frame: _Frame) -> alt.Chart:
    """The design's roof as a full line, the slope of all the board's memory dashed."""
    rows = [
        {"roof": name, "intensity": intensity, "flop_per_s": line.at(intensity)}
        for name, line in (("design", bound), ("board", of_board))
        for intensity in _corners(line, frame)
    ]
    dashes = alt.Scale(domain=["design", "board"], range=[[1, 0], [4, 4]])
    return (
        alt.Chart(records(rows, "roofs"), name="roofs")
        .mark_line(color=INK, strokeWidth=1.4, clip=True)
        .encode(
            x=_x(frame),
            y=_y(frame),
            detail="roof:N",
            strokeDash=alt.StrokeDash("roof:N", scale=dashes, legend=None),
        )
    )


def _corners(line: Roof, frame: _Frame) -> list[float]:
    ridge = frame.low if line.dram_bytes_per_s is None else line.peak_flop_per_s / line.dram_bytes_per_s
    return [frame.low, *([ridge] if frame.low < ridge < frame.high else []), frame.high]


def _label_layers(bound: Roof, of_board: Roof, frame: _Frame) -> list[alt.Chart]:
    """Words on the roofs, a layer for each place that a text can have beside its point."""
    labels = _labels(bound, of_board, frame)
    layers = []
    for place, (align, dx, dy) in _PLACES.items():
        rows = [
            {"intensity": label.intensity, "flop_per_s": label.flop_per_s, "label": label.text}
            for label in labels
            if label.place == place
        ]
        if rows:
            layers.append(
                alt.Chart(records(rows, f"labels_{place}"), name=f"labels_{place}")
                .mark_text(align=align, dx=dx, dy=dy, color=INK)
                .encode(x=_x(frame), y=_y(frame), text="label:N")
            )
    return layers


def _labels(bound: Roof, of_board: Roof, frame: _Frame) -> list[_Label]:
    """The peak at the right edge, the design's bandwidth under its slope, the board's above where it meets the peak."""
    peak, own, theirs = bound.peak_flop_per_s, bound.dram_bytes_per_s, of_board.dram_bytes_per_s
    labels = [_Label(f"array peak {engineering(peak, 'FLOP/s')}", frame.high, peak, "end")]
    if own is None or theirs is None:
        return labels
    enters = max(frame.low, frame.floor / own)
    middle = enters * math.sqrt(max(peak / own / enters, 1.0))
    labels.append(_Label(f"DRAM of the design {engineering(own, 'B/s')}", middle, bound.at(middle), "under"))
    if theirs > _SAME * own:
        meets = max(frame.low, peak / theirs)
        labels.append(_Label(f"DRAM of the board {engineering(theirs, 'B/s')}", meets, of_board.at(meets), "above"))
    return labels


def _marks(points: Sequence[RooflinePoint], bound: Roof, frame: _Frame) -> alt.Chart:
    present = _present(points)
    colours = alt.Scale(domain=present, range=[PART_COLOURS[name] for name in present])
    shapes = alt.Scale(domain=present, range=[_SHAPES[name] for name in present])
    # The largest first, so that none hides a smaller one.
    ordered = sorted(points, key=lambda point: -point.share)
    return (
        alt.Chart(records([_mark(point, bound) for point in ordered], "passes"), name="passes")
        .mark_point(filled=True, opacity=0.75, stroke=PAPER, strokeWidth=0.5)
        .encode(
            x=_x(frame),
            y=_y(frame),
            color=alt.Color("pass:N", scale=colours, legend=None),
            shape=alt.Shape("pass:N", scale=shapes, legend=None),
            size=alt.Size("share:Q", scale=alt.Scale(range=list(_MARK_PIXELS)), legend=None),
            tooltip=[
                alt.Tooltip("layer:N"),
                alt.Tooltip("text:N", title="pass"),
                alt.Tooltip("percent:N", title="of the step"),
                alt.Tooltip("achieved:N"),
                alt.Tooltip("of_bound:N", title="of its bound"),
                alt.Tooltip("ratio:N", title="intensity"),
            ],
        )
    )


def _mark(point: RooflinePoint, bound: Roof) -> dict[str, Any]:
    return {
        "layer": point.item.layer,
        "pass": point.item.pass_name,
        "text": pass_text(point.item),
        "intensity": point.intensity,
        "flop_per_s": point.flop_per_s,
        "share": point.share,
        "percent": percent(point.share),
        "achieved": engineering(point.flop_per_s, "FLOP/s"),
        "of_bound": percent(point.flop_per_s / bound.at(point.intensity)),
        "ratio": engineering(point.intensity, "FLOP/B"),
    }
