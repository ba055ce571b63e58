"""Pareto plots: two objectives against each other, all explored points in grey, the front in colour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from heddle.reports.front_table import (
    GAINS,
    objective_best,
    objective_cell,
    objective_column,
    objective_costs,
    objective_heading,
    short_name,
)
from heddle.reports.palette import RED, SAMPLE
from heddle.reports.plots.figures import Plot, engineering_axis, letter, new_plot, notes_below, plain, save
from heddle.reports.units import count

_UNITS = {"time": "s", "energy": "J"}
_HEIGHT_INCHES = 6.2
_MOST_VECTOR_MARKS = 2000
_SAME_PLACE = 0.03


def plot_pareto(
    front: pd.DataFrame, sample: pd.DataFrame, objectives: Sequence[str], title: str, folder: Path
) -> list[Path]:
    """Write ``pareto_figures`` as ``pareto-<x>-<y>`` SVG and PNG; return the paths."""
    return save(pareto_figures(front, sample, objectives, title), folder)


def pareto_figures(front: pd.DataFrame, sample: pd.DataFrame, objectives: Sequence[str], title: str) -> list[Plot]:
    """Return a figure of the first objective against each other one.

    ``front`` and ``sample`` (explored points, may be empty) have the columns of ``heddle.reports.front_table``. With a
    single objective the other axis is energy, or time. An empty front gives no figure.

    >>> heddle.pareto_figures(found.front, found.sample, found.request.objectives, "front")  # doctest: +SKIP
    """
    if not len(front):
        return []
    return [_pair_figure(front, sample, x, y, title) for x, y in objective_pairs(objectives)]


def objective_pairs(objectives: Sequence[str]) -> list[tuple[str, str]]:
    """Return the pairs to plot: the first objective with each other one."""
    first, *others = objectives
    return [(first, other) for other in others or ["time" if first != "time" else "energy"]]


def best_for_both(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the indices of the points that no other one beats in both x and y, x rising (less is better)."""
    order = np.lexsort((y, x))
    best_so_far = np.minimum.accumulate(y[order])
    is_better = np.concatenate(([True], best_so_far[1:] < best_so_far[:-1]))
    return order[is_better]


def knee(x: np.ndarray, y: np.ndarray) -> int:
    """Return the index of the point nearest to the lowest x and y at once, in shares of the lowest."""
    return int(np.argmin(_log_excess(x) ** 2 + _log_excess(y) ** 2))


def _log_excess(values: np.ndarray) -> np.ndarray:
    """The logarithm of each value over the lowest that is not 0; a 0 (no URAM, say) counts as that lowest."""
    above = values[values > 0]
    lowest = above.min() if len(above) else 1.0
    return np.log(np.maximum(values, lowest) / lowest)


def _pair_figure(front: pd.DataFrame, sample: pd.DataFrame, x_name: str, y_name: str, title: str) -> Plot:
    x, y = _values(front, x_name), _values(front, y_name)
    corner = f"{'upper' if y_name in GAINS else 'lower'} {'right' if x_name in GAINS else 'left'}"
    heading = f"{objective_heading(x_name).capitalize()} against {objective_heading(y_name)}: {title}"
    subtitle = (
        f"{count(len(front))} designs on the front (filled: best for these two alone), "
        f"{count(len(sample))} of the explored points in grey; {corner} is better"
    )
    with new_plot(f"pareto-{x_name}-{y_name}", _HEIGHT_INCHES, heading, subtitle) as figure:
        axes = figure.add_subplot()
        _draw_sample(axes, sample, x_name, y_name)
        edge = best_for_both(objective_costs(front, x_name), objective_costs(front, y_name))
        _draw_front(axes, x, y, edge)
        notes = _letter_points(axes, front, edge, x_name, y_name)
        shown_x = np.concatenate((x, _values(sample, x_name)))
        shown_y = np.concatenate((y, _values(sample, y_name)))
        _scale(axes, "x", shown_x, x_name)
        _scale(axes, "y", shown_y, y_name)
        notes_below(axes, notes)
        figure.description = f"{subtitle}. " + "; ".join(notes)
    return figure


def _values(frame: pd.DataFrame, objective: str) -> np.ndarray:
    return frame[objective_column(objective)].to_numpy(dtype=np.float64) if len(frame) else np.empty(0)


def _scale(axes: Axes, direction: Literal["x", "y"], values: np.ndarray, objective: str) -> None:
    """Scale and label an axis. One of accuracy is never logarithmic: tenths of a point matter at its upper end."""
    (axes.set_xlabel if direction == "x" else axes.set_ylabel)(_axis_label(objective))
    if objective in GAINS:
        axis = axes.xaxis if direction == "x" else axes.yaxis
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    else:
        engineering_axis(axes, direction, values, _UNITS.get(objective, ""))


def _axis_label(objective: str) -> str:
    if objective in GAINS:
        return f"{objective_heading(objective)}, %"
    return f"{objective_heading(objective)} of a training step" if objective in _UNITS else objective_heading(objective)


def _draw_sample(axes: Axes, sample: pd.DataFrame, x_name: str, y_name: str) -> None:
    # Rasterised also in the SVG: twenty thousand vector marks would make a page of megabytes.
    axes.scatter(
        _values(sample, x_name),
        _values(sample, y_name),
        s=5,
        color=SAMPLE,
        alpha=0.5,
        linewidths=0,
        rasterized=True,
    )


def _draw_front(axes: Axes, x: np.ndarray, y: np.ndarray, edge: np.ndarray) -> None:
    # A front of many objectives can be large too.
    axes.scatter(
        x,
        y,
        s=16,
        facecolors="none",
        edgecolors=RED,
        linewidths=0.7,
        alpha=0.8,
        rasterized=len(x) > _MOST_VECTOR_MARKS,
    )
    axes.step(x[edge], y[edge], where="post", color=RED, linewidth=1.2)
    axes.scatter(x[edge], y[edge], s=24, color=RED, linewidths=0, zorder=3)


def _letter_points(axes: Axes, front: pd.DataFrame, edge: np.ndarray, x_name: str, y_name: str) -> list[str]:
    """Put letters on the ends and the knee of the front, and return a line of text for each."""
    x, y = _values(front, x_name)[edge], _values(front, y_name)[edge]
    x_costs, y_costs = objective_costs(front, x_name)[edge], objective_costs(front, y_name)[edge]
    roles: dict[int, list[str]] = {}
    for index, role in (
        (0, objective_best(x_name)),
        (len(edge) - 1, objective_best(y_name)),
        (knee(x_costs, y_costs), "knee"),
    ):
        roles.setdefault(_lettered_near(index, roles, x_costs, y_costs), []).append(role)
    lines = []
    for name, (index, words) in zip("ABC", sorted(roles.items()), strict=False):
        letter(axes, name, (float(x[index]), float(y[index])), RED)
        row = front.iloc[int(edge[index])].to_dict()
        costs = ", ".join(_cost_text(objective, row) for objective in (x_name, y_name))
        lines.append(plain(f"{name}  {', '.join(words)}: {costs}{_in_brackets(short_name(row))}"))
    return lines


def _lettered_near(index: int, lettered: Iterable[int], x: np.ndarray, y: np.ndarray) -> int:
    """The point among ``lettered`` that lies where ``index`` does to the eye, or ``index`` itself."""
    for other in lettered:
        if np.isclose(x[other], x[index], rtol=_SAME_PLACE) and np.isclose(y[other], y[index], rtol=_SAME_PLACE):
            return other
    return index


def _in_brackets(name: str) -> str:
    return f" ({name})" if name else ""


def _cost_text(objective: str, row: dict[str, object]) -> str:
    cell = objective_cell(objective, row)
    return cell if objective in _UNITS else f"{cell} {objective_heading(objective)}"
