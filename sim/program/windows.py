"""The feeder's walk: a tile's left operand, group for group, from the pixels of the activation buffer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from heddle.arch.errors import HeddleError
from heddle.arch.instructions import Axis, LeftWalk
from heddle.sim.functional.formats import Bits
from heddle.sim.program.halves import LeftHalf

Places = npt.NDArray[np.int64]


def left_groups(walk: LeftWalk, half: LeftHalf, group_m: int) -> Bits:
    """Return a tile's left operand [rows, groups, M] in the order of its slots.

    Raises HeddleError where a window reads a pixel that the half does not hold.
    """
    read = _windows(walk, half)
    if not walk.turned:
        return read.reshape(walk.pixels, -1, group_m)
    elements = read.reshape(walk.pixels, walk.taps, -1)[:, :, : walk.elements]
    padded = np.pad(elements, ((0, -walk.pixels % group_m), (0, 0), (0, 0)))
    rows = padded.transpose(1, 2, 0).reshape(walk.taps * walk.elements, -1, group_m)
    return np.ascontiguousarray(rows)


def _windows(walk: LeftWalk, half: LeftHalf) -> Bits:
    """What the tile's taps read at its pixels [pixels, taps, groups, M]; zeros in the padding."""
    number = walk.first_row * walk.cols.positions + walk.first_col + np.arange(walk.pixels, dtype=np.int64)
    row, col = np.divmod(number, walk.cols.positions)
    image, row = np.divmod(row, walk.rows.positions)
    taps = walk.first_tap + np.arange(walk.taps, dtype=np.int64)
    row_tap, col_tap = np.divmod(taps, walk.cols.taps)
    at_row, at_col = _reads(walk.rows, row, row_tap), _reads(walk.cols, col, col_tap)
    is_stored = (at_row >= 0) & (at_row < walk.rows.size) & (at_col >= 0) & (at_col < walk.cols.size)
    places = walk.origin + (image[:, np.newaxis] * walk.rows.size + at_row) * walk.cols.size + at_col
    wrong = is_stored & ((places < 0) | (places >= len(half.groups)))
    if wrong.any():
        raise HeddleError(
            f"a window reads pixel {int(places[wrong][0])} of the activation buffer, which holds {len(half.groups)}"
        )
    found = half.groups[np.where(is_stored, places, 0)]
    found[~is_stored] = 0
    return found


def _reads(axis: Axis, positions: Places, taps: Places) -> Places:
    """Where taps read along an axis: [positions, taps]."""
    return axis.start + positions[:, np.newaxis] * axis.step + taps * axis.tap_step
