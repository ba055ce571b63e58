"""The roofline: what each pass achieves against what the array and the DRAM allow at its operational intensity."""

from __future__ import annotations

import math
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

from heddle.arch.boards import Board
from heddle.reports.palette import INK, PAPER, PART_COLOURS
from heddle.reports.plots.figures import PASS_MARKERS, Plot, elided, letter, new_plot, notes_below, plain, save
from heddle.reports.roofline import Roof, RooflinePoint, places, roof, roofline_points
from heddle.reports.summary import headline, pass_text
from heddle.reports.units import engineering, percent
from heddle.sim.result import StepResult

_HEIGHT_INCHES = 6.4
_LETTERS = "ABC"
_LETTER_DISTANCE = 0.2
# How far left of the ridge the slope is drawn, where its label ends, and how far down the plot reaches at least.
_SLOPE_SHOWN, _SLOPE_LABEL_AT, _FLOOR_SHARE = 0.15, 0.55, 0.06


def plot_roofline(result: StepResult, board: Board, folder: Path) -> list[Path]:
    """Write ``roofline_figure`` as ``roofline`` SVG and PNG and return the paths; none where there is no figure."""
    figure = roofline_figure(result, board)
    return save([figure], folder) if figure else []


def roofline_figure(result: StepResult, board: Board) -> Plot | None:
    """Return the step's array passes under their roof as a figure; None where there are no passes.

    >>> heddle.roofline_figure(heddle.estimate(step, design, board), board).heading[:8]
    'Roofline'
    """
    points = roofline_points(result)
    if not points:
        return None
    bound = roof(result.design, board)
    subtitle = (
        "one mark for each array pass, its area its share of the step's time; executed FLOP, pruned ones left out"
    )
    with new_plot("roofline", _HEIGHT_INCHES, f"Roofline: {headline(result)}", subtitle) as figure:
        axes = figure.add_subplot()
        low, high = _intensity_range(points, bound)
        _draw_roof(axes, bound, low, high)
        _draw_points(axes, points)
        notes = _letter_slowest(axes, points)
        floor = min(0.5 * min(point.flop_per_s for point in points), _FLOOR_SHARE * bound.peak_flop_per_s)
        _scale(axes, (low, high), (floor, 1.9 * bound.peak_flop_per_s))
        _legend(axes)
        notes_below(axes, notes)
        figure.description = f"{_roof_text(bound)}. Slowest passes: {'; '.join(notes)}"
    return figure


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
