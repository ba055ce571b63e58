"""Plots of a training run: accuracy against the simulated time and energy it took, loss and accuracy by epoch.

Curves are means over runs that differ in their seed, with a band of one standard deviation to either side. What is
not finite (the loss of a run that diverged) leaves a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from heddle.reports.palette import BLUE, GREEN, ORANGE, PURPLE, RED
from heddle.reports.plots.curve_labels import LabelledCurve, label_ends
from heddle.reports.plots.curves import AccuracyCurve, TrainingCurve
from heddle.reports.plots.figures import Plot, elided, new_plot, plain, save
from heddle.reports.units import accuracy_spread, joules, seconds

_HEIGHT_INCHES = 5.0
_TRAINING_HEIGHT_INCHES = 4.4
_COLOURS = (BLUE, RED, GREEN, PURPLE, ORANGE)
# Curves that lie on each other show through, and six curves or more are told apart.
_DASHES: tuple[Any, ...] = ("solid", (0, (4, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)))
_BAND_ALPHA = 0.16
_LOG_SPAN = 10.0
_NAME_LENGTH = 32
_MARGIN, _ROOM_A_LABEL = 0.05, 0.05  # of the values' span
_LEAST_SPAN = 1.0  # points of accuracy

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Line:
    """A curve as it is drawn, all arrays [points]; a point that is not finite is NaN in ``mean``."""

    name: str
    colour: str
    dashes: Any
    x: Values
    mean: Values
    std: Values

    @property
    def drawn(self) -> npt.NDArray[np.int64]:
        """The points that are drawn."""
        return np.flatnonzero(np.isfinite(self.mean))


def plot_time_to_accuracy(curves: Sequence[AccuracyCurve], title: str, folder: Path) -> list[Path]:
    """Write ``time_to_accuracy_figures`` as ``time-to-accuracy`` and ``energy-to-accuracy``, SVG and PNG each."""
    return save(time_to_accuracy_figures(curves, title), folder)


def time_to_accuracy_figures(curves: Sequence[AccuracyCurve], title: str) -> list[Plot]:
    """Return two figures: accuracy against simulated time, and against simulated energy. No curves give none."""
    if not curves:
        return []
    times = [_line(i, c.name, c.time_s, c.accuracy_mean, c.accuracy_std) for i, c in enumerate(curves)]
    energies = [_line(i, c.name, c.energy_j, c.accuracy_mean, c.accuracy_std) for i, c in enumerate(curves)]
    return [
        _to_accuracy_figure("time", "s", seconds, times, title),
        _to_accuracy_figure("energy", "J", joules, energies, title),
    ]


def plot_training(curves: Sequence[TrainingCurve], title: str, folder: Path) -> list[Path]:
    """Write ``training_figure`` as ``training`` SVG and PNG and return the paths; none where there is no figure."""
    figure = training_figure(curves, title)
    return save([figure], folder) if figure else []


def training_figure(curves: Sequence[TrainingCurve], title: str) -> Plot | None:
    """Return training loss and test accuracy against the epoch as a figure; None without curves.

    The loss has a logarithmic axis where it spans more than a factor of 10.
    """
    if not curves:
        return None
    losses = [_line(i, c.name, c.epoch, c.loss_mean, c.loss_std) for i, c in enumerate(curves)]
    accuracies = [_line(i, c.name, c.epoch, c.accuracy_mean, c.accuracy_std) for i, c in enumerate(curves)]
    heading = f"Training: {title}"
    subtitle = _subtitle([*losses, *accuracies])
    with new_plot("training", _TRAINING_HEIGHT_INCHES, heading, subtitle) as figure:
        left, right = figure.subplots(1, 2)
        for axes, lines, label in ((left, losses, "training loss"), (right, accuracies, "test accuracy, %")):
            _draw(axes, lines)
            axes.set_xlim(left=0.0)
            axes.set_xlabel("epoch")
            axes.set_ylabel(label)
            axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        _scale_loss(left, losses)
        _scale_accuracy(right, accuracies, 0.0)
        handles, names = right.get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=min(len(names), 4), fontsize=9)
        figure.description = _description(subtitle, accuracies, "epoch {:g}".format)
    return figure


def _to_accuracy_figure(what: str, unit: str, text: Callable[[float], str], lines: Sequence[_Line], title: str) -> Plot:
    heading = f"Accuracy against simulated {what}: {title}"
    subtitle = f"{_subtitle(lines)}; upper left is better"
    with new_plot(f"{what}-to-accuracy", _HEIGHT_INCHES, heading, subtitle) as figure:
        axes = figure.add_subplot()
        _draw(axes, lines)
        axes.set_xlim(left=0.0)
        axes.xaxis.set_major_formatter(EngFormatter(unit=unit))
        axes.set_xlabel(f"simulated {what} of training")
        axes.set_ylabel("test accuracy, %")
        _scale_accuracy(axes, lines, _ROOM_A_LABEL * len(lines))
        _label_ends(axes, lines)
        figure.description = _description(subtitle, lines, text)
    return figure


def _line(index: int, name: str, x: Sequence[float], mean: Sequence[float], std: Sequence[float]) -> _Line:
    means, stds = np.array(mean, np.float64), np.array(std, np.float64)
    means[~np.isfinite(means)] = np.nan
    stds[~np.isfinite(stds)] = 0.0
    colour, dashes = _COLOURS[index % len(_COLOURS)], _DASHES[index % len(_DASHES)]
    return _Line(elided(name, _NAME_LENGTH), colour, dashes, np.array(x, np.float64), means, stds)


def _draw(axes: Axes, lines: Sequence[_Line]) -> None:
    for line in lines:
        axes.plot(line.x, line.mean, color=line.colour, linestyle=line.dashes, linewidth=1.7, label=plain(line.name))
        if line.std.any():
            low, high = line.mean - line.std, line.mean + line.std
            axes.fill_between(line.x, low, high, color=line.colour, alpha=_BAND_ALPHA, linewidth=0)
        for last in line.drawn[-1:]:
            # A bar as well, for a curve of one point has no band.
            axes.errorbar(
                line.x[last],
                line.mean[last],
                yerr=line.std[last] or None,
                color=line.colour,
                marker="o",
                markersize=5.5,
                capsize=3,
                linewidth=1.2,
                zorder=3,
            )


def _scale_loss(axes: Axes, lines: Sequence[_Line]) -> None:
    values = np.concatenate([line.mean[line.drawn] for line in lines])
    if len(values) and values.min() > 0 and values.max() / values.min() > _LOG_SPAN:
        axes.set_yscale("log")
        axes.set_ylim(0.8 * values.min(), 1.25 * values.max())
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _scale_accuracy(axes: Axes, lines: Sequence[_Line], room_above: float) -> None:
    """Fit the axis to the values, with a share of their span as room above; it is marked only from 0 to 100.

    The first quarter of a training may lie below it: on an axis that begins where training does, ends that differ by
    half a point look alike.
    """
    settled = [(line, line.drawn[len(line.drawn) // 4 :]) for line in lines if len(line.drawn)]
    low = min((float((line.mean - line.std)[points].min()) for line, points in settled), default=0.0)
    high = max((float((line.mean + line.std)[line.drawn].max()) for line, _ in settled), default=100.0)
    span = max(high - low, _LEAST_SPAN)
    bottom, top = low - _MARGIN * span, high + (_MARGIN + room_above) * span
    marks = MaxNLocator(7, steps=[1, 2, 2.5, 5, 10]).tick_values(bottom, top)
    axes.set_yticks([mark for mark in marks if max(bottom, 0.0) <= mark <= min(top, 100.0)])
    axes.set_ylim(bottom, top)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _label_ends(axes: Axes, lines: Sequence[_Line]) -> None:
    curves = []
    for line in lines:
        for last in line.drawn[-1:]:
            text = f"{line.name}, {accuracy_spread(line.mean[last], line.std[last])}"
            curves.append(LabelledCurve(text, line.colour, line.x[line.drawn], line.mean[line.drawn], line.std[last]))
    label_ends(axes, curves)


def _subtitle(lines: Sequence[_Line]) -> str:
    has_spread = any(line.std.any() for line in lines)
    return "mean of the runs and one standard deviation to either side" if has_spread else "mean of the runs"


def _description(subtitle: str, lines: Sequence[_Line], text: Callable[[float], str]) -> str:
    ends = [
        f"{line.name} {accuracy_spread(line.mean[last], line.std[last])} at {text(line.x[last])}"
        for line in lines
        for last in line.drawn[-1:]
    ]
    return f"{subtitle.capitalize()}. At the end: {'; '.join(ends)}."
