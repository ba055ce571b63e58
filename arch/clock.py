"""How fast a design may be clocked: an uncalibrated limit from the adder's pipeline depth.

The slowest stage of the floating-point adder sets the clock of the array. Its relative delay was measured for
1 to 6 stages; one coefficient (``routed_delay``) stands for the part and its routing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from heddle.arch.coefficients import ADDER_STAGE_DELAYS_NS, ROUTED_DELAY


def max_clock_hz(adder_stages: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the highest plausible clock, hertz, for adders of 1 to 6 stages; scalars and arrays alike.

    Uncalibrated: within ``ROUTED_DELAY.uncertainty`` at best.
    """
    delays_s = np.asarray(ADDER_STAGE_DELAYS_NS) * (ROUTED_DELAY.value * 1e-9)
    limits: npt.NDArray[np.float64] = 1.0 / delays_s[np.asarray(adder_stages, dtype=np.int64) - 1]
    return limits


def clock_is_plausible(clock_hz: npt.ArrayLike, adder_stages: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Return whether each clock is within ``max_clock_hz`` of its adder depth."""
    within: Any = np.asarray(clock_hz) <= max_clock_hz(adder_stages)
    return np.asarray(within, dtype=np.bool_)
