"""How fast a design may be clocked: 1 / (``routed_delay`` x the longest path of its slowest block).

The paths are ``heddle.arch.block_paths``'s: relative, unrouted timing by Artix-7's arcs. One coefficient stands for the
part and its routing. So a limit compares designs; it is no clock that a card has been seen to reach.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from heddle.arch.block_paths import Paths, block_paths_ns
from heddle.arch.coefficients import ROUTED_DELAY
from heddle.arch.resource_inputs import ResourceInputs

_NS_PER_S = 1e9


def slowest_path_ns(inputs: ResourceInputs) -> Paths:
    """Return the longest path of all blocks, ns; NaN where one of them was not timed."""
    longest = np.array(-np.inf)
    for paths in block_paths_ns(inputs).values():
        longest = np.maximum(longest, paths)
    return longest


def max_clock_hz(inputs: ResourceInputs) -> Paths:
    """Return the highest plausible clock, hertz, of one design or of many; NaN where a block was not timed.

    Relative, unrouted timing: within ``ROUTED_DELAY.uncertainty`` at best.
    """
    return np.asarray(_NS_PER_S / (slowest_path_ns(inputs) * ROUTED_DELAY.value))


def clock_is_plausible(clock_hz: npt.ArrayLike, inputs: ResourceInputs) -> npt.NDArray[np.bool_]:
    """Return whether each clock is within ``max_clock_hz``; it is not where a block was not timed."""
    within: Any = np.asarray(clock_hz) <= max_clock_hz(inputs)
    return np.asarray(within, dtype=np.bool_)
