"""The left operand of tiles: which stored pixels each touches, and how the array's feeder walks them.

Pixels and positions count image by image, row by row. All functions work on tiles at once: an array has an element for
each.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from heddle.arch.instruction_words import Column
from heddle.arch.instructions import Axis
from heddle.dataflow.program.cuts import Cuts, Ints

_BEYOND = np.iinfo(np.int64).max


class Touched(NamedTuple):
    """Stored pixels that follow each other: the first one of each tile, and how many."""

    starts: Ints
    lengths: Ints


def touched_pixels(rows: Axis, cols: Axis, pixels: Cuts) -> Touched:
    """Return the stored pixels from the first to the last that windows at the positions of each tile may read.

    At least one pixel is returned, where all windows lie in the padding. Four rows of a tile decide. Its first and its
    last row may be parts. The second that reads anything is whole, and may begin at the same stored row as the first,
    where both reach into the padding; those behind it reach no further back. From the end it is the same.
    """
    last = pixels.starts + pixels.lengths - 1
    first_row, last_row = pixels.starts // cols.positions, last // cols.positions
    lows, highs = [], []
    for row in (first_row, _read_row_from(rows, first_row + 1), _read_row_until(rows, last_row - 1), last_row):
        first_col = np.where(row == first_row, pixels.starts % cols.positions, 0)
        last_col = np.where(row == last_row, last % cols.positions, cols.positions - 1)
        image, within = np.divmod(row, rows.positions)
        row_low, row_high = _span(rows, within, within)
        col_low, col_high = _span(cols, first_col, last_col)
        reads = (first_row <= row) & (row <= last_row) & (row_low <= row_high) & (col_low <= col_high)
        lows.append(np.where(reads, (image * rows.size + row_low) * cols.size + col_low, _BEYOND))
        highs.append(np.where(reads, (image * rows.size + row_high) * cols.size + col_high, -1))
    low, high = np.min(lows, axis=0), np.max(highs, axis=0)
    unread = pixels.starts // (rows.positions * cols.positions) * (rows.size * cols.size)
    starts = np.where(high < 0, unread, low)
    return Touched(starts, np.where(high < 0, unread, high) + 1 - starts)


def walk_columns(rows: Axis, cols: Axis, pixels: Cuts, touched: Touched) -> dict[str, Ints]:
    """Return the fields of the walks over ``pixels``, each tile in a half that holds the pixels ``touched``."""
    image, within = np.divmod(pixels.starts, rows.positions * cols.positions)
    return {
        "walk.first_row": within // cols.positions,
        "walk.first_col": within % cols.positions,
        "walk.origin": image * (rows.size * cols.size) - touched.starts,
        "walk.pixels": pixels.lengths,
    }


def axis_columns(path: str, axis: Axis) -> dict[str, Column]:
    """Return the fields of ``axis`` at ``path``, the same for all tiles."""
    return {f"{path}.{field.name}": getattr(axis, field.name) for field in Axis.fields()}


def _span(axis: Axis, first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """The places from which to which the windows from ``first`` to ``last`` read: none where the second is less."""
    low = np.maximum(0, axis.start + first * axis.step)
    high = np.minimum(axis.size - 1, axis.start + (axis.taps - 1) * axis.tap_step + last * axis.step)
    return low, high


def _reading_rows(rows: Axis) -> tuple[int, int]:
    """The first and the last position of an image whose windows read a row; nothing between: first > last."""
    first = -((rows.start + (rows.taps - 1) * rows.tap_step) // rows.step)
    last = (rows.size - 1 - rows.start) // rows.step
    return max(0, first), min(rows.positions - 1, last)


def _read_row_from(rows: Axis, row: Ints) -> Ints:
    """The next row of positions from ``row`` on whose windows read anything."""
    first, last = _reading_rows(rows)
    image, within = np.divmod(row, rows.positions)
    return np.where(
        within > last, (image + 1) * rows.positions + first, np.maximum(row, image * rows.positions + first)
    )


def _read_row_until(rows: Axis, row: Ints) -> Ints:
    """The last row of positions up to ``row`` whose windows read anything."""
    first, last = _reading_rows(rows)
    image, within = np.divmod(row, rows.positions)
    return np.where(within < first, (image - 1) * rows.positions + last, np.minimum(row, image * rows.positions + last))
