"""The per-layer plot: time of every stage by part, and how busy each pass keeps the array."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, MaxNLocator, PercentFormatter

from heddle.reports.breakdown import STAGE_PARTS, Stage, stages
from heddle.reports.palette import INK, MUTED, PAPER, PART_COLOURS
from heddle.reports.plots.figures import PASS_MARKERS, Plot, elided, new_plot, plain, save
from heddle.reports.summary import headline
from heddle.reports.units import percent, seconds
from heddle.sim.result import StepResult

MAX_ROWS = 60
_ROW_INCHES = 0.185
_FRAME_INCHES = 1.9
_NAME_LENGTH = 40
_LEAST_LEGEND_SHARE = 0.0005
_ROOM_FOR_SHARE = 1.1
# Markers of a layer stand a little apart, because most of them are near 100 %.
_MARKER_OFFSETS = {"ff": -0.24, "bp": 0.0, "wu": 0.24}
_PART_NAMES = {
    "ff": "FF (forward)",
    "bp": "BP (input gradient)",
    "wu": "WU (weight gradient)",
    "vector": "vector unit, SORE",
    "update": "exposed update",
}


def plot_layers(result: StepResult, folder: Path) -> list[Path]:
    """Write ``layers_figure`` as ``layers`` SVG and PNG and return the paths; none where there is no figure."""
    figure = layers_figure(result)
    return save([figure], folder) if figure else []


def layers_figure(result: StepResult) -> Plot | None:
    """Return the step's time by layer as a figure; None for a step of no cycles.

    Work of the vector unit counts to the array layer ahead of it. Above MAX_ROWS layers the fastest are summed
    in a last row.

    >>> heddle.layers_figure(heddle.estimate(step, design, board)).savefig("layers.png")  # doctest: +SKIP
    """
    every = stages(result)
    if not result.cycles or not every:
        return None
    rows, merged = _rows(every)
    subtitle = f"{seconds(result.time_s)} a step; vector work counts to the array layer ahead of it"
    height = _FRAME_INCHES + _ROW_INCHES * max(len(rows), 6)
    with new_plot("layers", height, f"Time by layer: {headline(result)}", subtitle) as figure:
        times, utilisation = figure.subplots(1, 2, sharey=True, width_ratios=(2.3, 1.0))
        _draw_times(times, rows, merged, result)
        _draw_utilisation(utilisation, rows)
        _name_rows(times, rows)
        handles, labels = times.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), fontsize=9)
        figure.description = _description(every, result, merged)
    return figure


def _rows(every: Sequence[Stage]) -> tuple[list[Stage], int]:
    """The stages to draw, in the network's order, and how many of them the last row sums up."""
    if len(every) <= MAX_ROWS:
        return list(every), 0
    by_time = sorted(range(len(every)), key=lambda index: (-every[index].cycles, index))
    shown, rest = sorted(by_time[: MAX_ROWS - 1]), by_time[MAX_ROWS - 1 :]
    sums = {part: sum(every[index].cycles_by_part[part] for index in rest) for part in STAGE_PARTS}
    return [*(every[index] for index in shown), Stage(f"{len(rest)} faster layers", sums, {})], len(rest)


def _draw_times(axes: Axes, rows: Sequence[Stage], merged: int, result: StepResult) -> None:
    """Draw a bar a row; that of ``merged`` layers leaves the axes where it is longer than all others."""
    positions, clock_hz = np.arange(len(rows)), result.design.clock_hz
    left = np.zeros(len(rows))
    for part in STAGE_PARTS:
        widths = np.array([row.cycles_by_part[part] for row in rows]) / clock_hz
        label = _PART_NAMES[part] if widths.sum() >= _LEAST_LEGEND_SHARE * result.time_s else None
        axes.barh(positions, widths, 0.74, left=left, color=PART_COLOURS[part], label=label, linewidth=0)
        left += widths
    longest = left[:-1].max() if merged else left.max()
    limit = _ROOM_FOR_SHARE * longest
    for position, row, end in zip(positions, rows, left, strict=True):
        leaves = end > limit
        axes.annotate(
            f"{percent(row.cycles / result.cycles)} ▸" if leaves else percent(row.cycles / result.cycles),
            (limit if leaves else end, position),
            xytext=(-4 if leaves else 4, 0),
            textcoords="offset points",
            ha="right" if leaves else "left",
            va="center",
            fontsize=7,
            color=INK if leaves else MUTED,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1} if leaves else None,
        )
    axes.set_xlim(0, limit)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(EngFormatter(unit="s"))
    axes.set_xlabel("time in a step (and share of it)")
    axes.grid(False, axis="y")


def _draw_utilisation(axes: Axes, rows: Sequence[Stage]) -> None:
    for pass_name, marker in PASS_MARKERS.items():
        points = [
            (row.utilisation_by_pass[pass_name], position + _MARKER_OFFSETS[pass_name])
            for position, row in enumerate(rows)
            if pass_name in row.utilisation_by_pass
        ]
        if points:
            shares, positions = zip(*points, strict=True)
            axes.scatter(
                shares, positions, s=14, marker=marker, color=PART_COLOURS[pass_name], alpha=0.85, linewidths=0
            )
    axes.set_xlim(0, 1.03)
    axes.set_xticks((0.0, 0.5, 1.0))
    axes.xaxis.set_major_formatter(PercentFormatter(xmax=1.0, symbol=" %"))
    axes.set_xlabel("utilisation: FF ●  BP ▲  WU ■")
    axes.grid(True, axis="y")
    axes.tick_params(axis="y", length=0)


def _name_rows(axes: Axes, rows: Sequence[Stage]) -> None:
    names = [plain(elided(row.layer, _NAME_LENGTH)) for row in rows]
    axes.set_yticks(np.arange(len(rows)), names, fontsize=7.5)
    axes.set_ylim(len(rows) - 0.4, -0.6)


def _description(every: Sequence[Stage], result: StepResult, merged: int) -> str:
    slowest = max(every, key=lambda stage: stage.cycles)
    text = (
        f"Bars of the time of {len(every)} layers, in the network's order, split into FF, BP, WU, vector work and "
        f"exposed updates, with the array's utilisation beside them. The slowest is {slowest.layer} with "
        f"{percent(slowest.cycles / result.cycles)} of {seconds(result.time_s)}."
    )
    return f"{text} The {merged} fastest are drawn as one." if merged else text
