"""The hot path of sampling on the CPU: one pass over an operand, a group at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from heddle.arch.jit import kernel

#: Stands for an infinity or a NaN, which is certain to be kept: whoever looks for an overflow must find it.
BEYOND_FP32 = 1e300


@kernel
def draw_groups(
    values: npt.NDArray[Any], draws: npt.NDArray[np.float64], n: int, m: int, inner: int, drawn: npt.NDArray[Any]
) -> None:
    """Write into ``drawn`` the N of every M ``values`` that are drawn, divided by their chances, and zeros.

    Both are flat: [..., groups, M, inner] in C order, ``draws`` [..., groups, inner]. The rule is that of
    ``heddle.training.sampling``.
    """
    magnitudes = np.empty(m, np.float64)
    chances = np.empty(m, np.float64)
    for lane in range(draws.size):
        group = lane // inner
        base = group * m * inner + (lane - group * inner)
        for place in range(m):
            magnitude = np.float64(abs(values[base + place * inner]))
            magnitudes[place] = magnitude if magnitude < BEYOND_FP32 else BEYOND_FP32
            chances[place] = 0.0
        room = n
        more = True
        while more:  # each round makes at least one more element certain, or ends
            total = 0.0
            for place in range(m):
                if chances[place] < 1:
                    total += magnitudes[place]
            scale = room / total if total > 0 else 0.0
            more = False
            for place in range(m):
                if chances[place] < 1:
                    chances[place] = magnitudes[place] * scale
                    if chances[place] >= 1:
                        chances[place] = 1.0
                        room -= 1
                        more = True
        reached = 0.0
        mark = np.ceil(-draws[lane])
        for place in range(m):
            reached += chances[place]
            next_mark = np.ceil(min(reached, np.float64(n)) - draws[lane])
            at = base + place * inner
            drawn[at] = values[at] / chances[place] if next_mark > mark else 0.0
            mark = next_mark
