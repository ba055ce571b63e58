"""Which mapping a product runs with, of those that the search keeps: the rule, stated once for all who choose.

By time, the default: of the mappings within ``TIME_TOLERANCE`` of the fastest the one that moves the fewest DRAM bytes,
then the one of least energy, then the fastest. By bytes, energy or energy times delay: the least, then the fastest,
then the fewest bytes, then the least energy. Of mappings that are equal in all of it, the first of the search stays.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from heddle.arch.jit import kernel
from heddle.arch.records import Rows
from heddle.dataflow.choices import MINIMISE_CHOICES, Minimise
from heddle.dataflow.kernel_rows import ProductRow, RatesRow, TileMappingRow
from heddle.dataflow.tile_mapping import mapping_cycles

#: A mapping may take so much longer than the fastest one, as a share of it, where it moves fewer bytes.
TIME_TOLERANCE = 1e-3

_TIME, _BYTES, _ENERGY, _EDP = range(len(MINIMISE_CHOICES))


class Goal(NamedTuple):
    """What is minimised, as its place in MINIMISE_CHOICES, and the joules that flow in a cycle whatever is computed."""

    minimise: int
    idle_j_per_cycle: float


class Figures(NamedTuple):
    """What mappings are compared by: predicted cycles, DRAM bytes, joules without those that flow with time."""

    cycles: float
    moved_bytes: float
    energy_j: float


#: What exploration chooses by, and everyone who says nothing else.
BY_TIME = Goal(_TIME, 0.0)
#: The figures of what cannot be mapped: worse than all others.
NO_FIGURES = Figures(np.inf, np.inf, np.inf)


def goal_of(minimise: Minimise, idle_j_per_cycle: float) -> Goal:
    """Return the goal of ``minimise`` on a machine through which so many joules flow in each cycle."""
    return Goal(MINIMISE_CHOICES.index(minimise), idle_j_per_cycle)


@kernel
def figures_of(mapping: TileMappingRow, cycles: float) -> Figures:
    """Return the Figures of a mapping that takes ``cycles``."""
    return Figures(cycles, mapping["load_bytes"] + mapping["store_bytes"], mapping["energy_j"])


@kernel
def minimised(goal: Goal, figures: Figures) -> float:
    """The figure that ``goal`` minimises."""
    if goal.minimise == _TIME:
        return figures.cycles
    if goal.minimise == _BYTES:
        return figures.moved_bytes
    joules = figures.energy_j + goal.idle_j_per_cycle * figures.cycles
    return joules if goal.minimise == _ENERGY else joules * figures.cycles


@kernel
def limit_of(goal: Goal, least: float) -> float:
    """How large the minimised figure of a mapping may be where the ``least`` of all is this."""
    return least * (1.0 + TIME_TOLERANCE) if goal.minimise == _TIME else least


@kernel
def comes_before(goal: Goal, a: Figures, b: Figures) -> bool:
    """Whether ``a`` is chosen over ``b``, which stands before it, where both are within the limit."""
    if goal.minimise != _TIME and a.cycles != b.cycles:
        return a.cycles < b.cycles
    if a.moved_bytes != b.moved_bytes:
        return a.moved_bytes < b.moved_bytes
    if a.energy_j != b.energy_j:
        return a.energy_j < b.energy_j
    return a.cycles < b.cycles


@kernel
def predict_cycles(
    mappings: Rows, product: ProductRow, rates: RatesRow, goal: Goal, cycles: npt.NDArray[np.float64]
) -> float:
    """Fill ``cycles`` with those of each mapping; return the least of the figure that is minimised, or infinity."""
    out_elements = float(product["count"] * product["m"] * product["n"])
    least = np.inf
    for i in range(mappings.shape[0]):
        cycles[i] = mapping_cycles(mappings[i], out_elements, product["group_m"], rates)
        least = min(least, minimised(goal, figures_of(mappings[i], cycles[i])))
    return least


@kernel
def choose(mappings: Rows, cycles: npt.NDArray[np.float64], goal: Goal, limit: float) -> int:
    """Return the place of the mapping to choose of those whose minimised figure is at most ``limit``; -1 for none."""
    best, best_figures = -1, NO_FIGURES
    for i in range(mappings.shape[0]):
        figures = figures_of(mappings[i], cycles[i])
        if minimised(goal, figures) <= limit and (best < 0 or comes_before(goal, figures, best_figures)):
            best, best_figures = i, figures
    return best
