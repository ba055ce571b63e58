"""The hot path of the N:M mask: a weight tensor is masked twice at every training step."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from heddle.arch.jit import kernel

_LANES = 64  # groups ranked side by side: the comparisons of a pair of places become vector instructions


@kernel
def mark_kept(
    bits: npt.NDArray[Any],
    magnitude_mask: np.unsignedinteger[Any],
    n: int,
    m: int,
    inner: int,
    kept: npt.NDArray[np.bool_],
) -> None:
    """Mark in ``kept`` the N of every M ``bits`` that are largest below the sign, ties to the lower index.

    Both are flat: [..., groups, M, inner] in C order. An element's rank is the number of those before it; each pair
    of places gives one of its two a rank more, so that all ranks of a group differ.
    """
    lanes = bits.size // m
    keys = np.empty((m, _LANES), np.int32)
    ranks = np.empty((m, _LANES), np.int32)
    for first in range(0, lanes, _LANES):
        count = min(_LANES, lanes - first)
        for lane in range(count):
            group = (first + lane) // inner
            base = group * m * inner + (first + lane - group * inner)
            for place in range(m):
                keys[place, lane] = np.int32(bits[base + place * inner] & magnitude_mask)
        ranks[:] = 0
        for high in range(m):
            for low in range(high):
                for lane in range(_LANES):
                    lower_wins = np.int32(keys[low, lane] >= keys[high, lane])
                    ranks[high, lane] += lower_wins
                    ranks[low, lane] += 1 - lower_wins
        for lane in range(count):
            group = (first + lane) // inner
            base = group * m * inner + (first + lane - group * inner)
            for place in range(m):
                kept[base + place * inner] = ranks[place, lane] < n
