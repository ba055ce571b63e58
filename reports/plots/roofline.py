"""The roofline: what each pass achieves against what the array and the DRAM allow at its operational intensity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.dram import channel_bytes_per_s
from heddle.reports.plots.figures import (
    INK,
    PAPER,
    PART_COLOURS,
    PASS_MARKERS,
    elided,
    letter,
    notes_below,
    plain,
    save,
    styled_figure,
)
from heddle.reports.summary import headline, pass_text
from heddle.reports.units import engineering, percent
from heddle.sim.result import PassResult, StepResult

_HEIGHT_INCHES = 6.4
_LETTERS = "ABC"
_FLOP_PER_MAC = 2.0
_LETTER_DISTANCE = 0.2
# How far left of the ridge the slope is drawn, where its label ends, and how far down the plot reaches at least.
_SLOPE_SHOWN, _SLOPE_LABEL_AT, _FLOOR_SHARE = 0.15, 0.55, 0.06


@dataclass(frozen=True)
class Roof:
    """What bounds a pass: the array's peak (FLOP/s), and DRAM (bytes/s; None where the design has no limit)."""

    peak_flop_per_s: float
    dram_bytes_per_s: float | None

    def at(self, intensity: float) -> float:
        """Return the bound at ``intensity`` FLOP per DRAM byte."""
        if self.dram_bytes_per_s is None:
            return self.peak_flop_per_s
        return min(self.peak_flop_per_s, self.dram_bytes_per_s * intensity)


@dataclass(frozen=True)
class RooflinePoint:
    """A pass on the roofline: executed FLOP a DRAM byte, achieved FLOP/s, and its share of the step's time."""

    item: PassResult
    intensity: float
    flop_per_s: float
    share: float


def roof(design: Design, board: Board) -> Roof:
    """Return the design's roof on ``board``: all PEs busy; all channels at the lesser of AXI port and DRAM."""
    memory = design.memory
    channel = channel_bytes_per_s(board.memory.timing, memory.axi_bits, design.clock_hz)
    bandwidth = None if memory.unlimited else memory.channels * channel
    return Roof(_FLOP_PER_MAC * design.peak_macs_per_second, bandwidth)


def roofline_points(result: StepResult) -> tuple[RooflinePoint, ...]:
    """Return the array passes that move data and take time, in program order."""
    clock_hz = result.design.clock_hz
    return tuple(
        RooflinePoint(
            item=item,
            intensity=_FLOP_PER_MAC * item.macs / item.dram_bytes,
            flop_per_s=_FLOP_PER_MAC * item.macs * clock_hz / item.cycles,
            share=item.cycles / result.cycles,
        )
        for item in result.passes
        if item.on_array and item.dram_bytes and item.cycles and item.macs
    )


def plot_roofline(result: StepResult, board: Board, folder: Path) -> list[Path]:
    """Plot the step's array passes under their roof as ``roofline`` SVG and PNG; none where there are no passes."""
    points = roofline_points(result)
    if not points:
        return []
    bound = roof(result.design, board)
    title = f"Roofline: {headline(result)}"
    subtitle = (
        "one mark for each array pass, its area its share of the step's time; executed FLOP, pruned ones left out"
    )
    with styled_figure(_HEIGHT_INCHES, title, subtitle) as figure:
        axes = figure.add_subplot()
        low, high = _intensity_range(points, bound)
        _draw_roof(axes, bound, low, high)
        _draw_points(axes, points)
        notes = _letter_slowest(axes, points)
        floor = min(0.5 * min(point.flop_per_s for point in points), _FLOOR_SHARE * bound.peak_flop_per_s)
        _scale(axes, (low, high), (floor, 1.9 * bound.peak_flop_per_s))
        _legend(axes)
        notes_below(axes, notes)
        description = f"{_roof_text(bound)}. Slowest passes: {'; '.join(notes)}"
        return save(figure, folder, "roofline", title, description)


def _intensity_range(points: tuple[RooflinePoint, ...], bound: Roof) -> tuple[float, float]:
    intensities = [point.intensity for point in points]
    if bound.dram_bytes_per_s is not None:
        ridge = bound.peak_flop_per_s / bound.dram_bytes_per_s
        intensities += [_SLOPE_SHOWN * ridge, ridge]
    return 0.6 * min(intensities), 2.0 * max(intensities)


def _draw_roof(axes: Axes, bound: Roof, low: float, high: float) -> None:
    peak, bandwidth = bound.peak_flop_per_s, bound.dram_bytes_per_s
    ridge = low if bandwidth is None else max(low, peak / bandwidth)
    axes.plot([low, ridge, high], [bound.at(low), peak, peak], color=INK, linewidth=1.4)
    axes.annotate(
        f"array peak {engineering(peak, 'FLOP/s')}",
        (ridge, peak),
        xytext=(0, 6),
        textcoords="offset points",
        ha="left" if bandwidth is None else "right",
        fontsize=9,
    )
    if bandwidth is not None:
        axes.annotate(
            f"DRAM {engineering(bandwidth, 'B/s')}",
            (_SLOPE_LABEL_AT * ridge, _SLOPE_LABEL_AT * peak),
            xytext=(-8, 2),
            textcoords="offset points",
            ha="right",
            fontsize=9,
        )


def _draw_points(axes: Axes, points: tuple[RooflinePoint, ...]) -> None:
    largest = max(point.share for point in points)
    for pass_name, marker in PASS_MARKERS.items():
        own = [point for point in points if point.item.pass_name == pass_name]
        if own:
            axes.scatter(
                [point.intensity for point in own],
                [point.flop_per_s for point in own],
                s=[12 + 100 * point.share / largest for point in own],
                marker=marker,
                color=PART_COLOURS[pass_name],
                alpha=0.65,
                edgecolors=PAPER,
                linewidths=0.5,
                label=pass_name.upper(),
                zorder=3,
            )


def _letter_slowest(axes: Axes, points: tuple[RooflinePoint, ...]) -> list[str]:
    """Letter the places where most time is spent, and return a line of text for each."""
    lines = []
    for name, alike in zip(_LETTERS, _apart(places(points)), strict=False):
        point = alike[0]
        letter(axes, name, (point.intensity, point.flop_per_s), PART_COLOURS[point.item.pass_name], 15)
        others = f" and {len(alike) - 1} alike" if len(alike) > 1 else ""
        layer = f"{elided(point.item.layer, 40)}{others}, {pass_text(point.item)}"
        share = percent(sum(other.share for other in alike))
        intensity, rate = engineering(point.intensity, "FLOP/B"), engineering(point.flop_per_s, "FLOP/s")
        lines.append(plain(f"{name}  {layer}: {share} of the time, {intensity}, {rate}"))
    return lines


def _apart(groups: list[list[RooflinePoint]]) -> list[list[RooflinePoint]]:
    """The groups less those so near to an earlier one that their letters would lie on each other."""
    kept: list[list[RooflinePoint]] = []
    for group in groups:
        if all(_distance(group[0], other[0]) > _LETTER_DISTANCE for other in kept):
            kept.append(group)
    return kept


def _distance(one: RooflinePoint, other: RooflinePoint) -> float:
    return math.hypot(math.log(one.intensity / other.intensity), math.log(one.flop_per_s / other.flop_per_s))


def places(points: tuple[RooflinePoint, ...]) -> list[list[RooflinePoint]]:
    """Return the points grouped by pass and place (to two digits), the groups of most time first."""
    groups: dict[tuple[str, str, str], list[RooflinePoint]] = {}
    for point in points:
        key = (pass_text(point.item), f"{point.intensity:.1e}", f"{point.flop_per_s:.1e}")
        groups.setdefault(key, []).append(point)
    return sorted(groups.values(), key=lambda group: -sum(point.share for point in group))


def _legend(axes: Axes) -> None:
    for handle in axes.legend(loc="lower right", fontsize=9).legend_handles:
        if isinstance(handle, PathCollection):
            # Otherwise a mark is as large here as the first pass of its kind.
            handle.set_sizes([40.0])


def _scale(axes: Axes, x_range: tuple[float, float], y_range: tuple[float, float]) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(*x_range)
    axes.set_ylim(*y_range)
    for axis, unit in ((axes.xaxis, ""), (axes.yaxis, "FLOP/s")):
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(EngFormatter(unit=unit))
    axes.set_xlabel("operational intensity, executed FLOP per DRAM byte")
    axes.set_ylabel("achieved rate")


def _roof_text(bound: Roof) -> str:
    peak = f"Array peak {engineering(bound.peak_flop_per_s, 'FLOP/s')}"
    if bound.dram_bytes_per_s is None:
        return f"{peak}, DRAM not limited"
    return f"{peak}, DRAM {engineering(bound.dram_bytes_per_s, 'B/s')}"
