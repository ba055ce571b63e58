"""The order in which a part's results leave the array, and which earlier results it goes on from.

Results are numbered over the whole program, a number for each word. An OS tile's results leave from the array's last
row on, each row's outputs in their order; WS gives a word for each activation row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heddle.arch.design import ArrayConfig
from heddle.dataflow.cost import ceil_div
from heddle.dataflow.program.parts import Part

Places = npt.NDArray[np.int64]

#: In ``ResultWords``: the lane holds no element of the product.
NO_PLACE = -1


@dataclass(frozen=True)
class ResultWords:
    """A part's results in the order in which they leave.

    ``rows`` and ``cols`` [words, C] say which element of the product a lane holds (``NO_PLACE``: none); ``final``
    [words]: its reduction is complete. ``partial``: for each word of partial sums that the part takes, the number of
    the result that it is. ``sums``: the numbers of the results that a next part of the reduction goes on from.
    """

    rows: Places
    cols: Places
    final: npt.NDArray[np.bool_]
    partial: Places
    sums: Places


def result_words(part: Part, array: ArrayConfig, given: int, sums: Places) -> ResultWords:
    """Return the results of ``part`` after ``given`` others; where it reloads, it goes on from ``sums``."""
    if part.command.ws:
        return _weight_stationary(part, array, given, sums)
    return _output_stationary(part, array, given, sums)


def _output_stationary(part: Part, array: ArrayConfig, given: int, sums: Places) -> ResultWords:
    ic = part.command.interleave_cols
    ir = array.interleave // ic
    across = ceil_div(part.cols.stop - part.cols.start, array.cols * ic)
    down = part.command.tiles // across
    rows = np.arange(down * ir * array.rows).reshape(down, 1, ir, 1, array.rows, 1)
    cols = np.arange(across * ic * array.cols).reshape(1, across, 1, ic, 1, array.cols)

    def leaving(places: Places) -> Places:
        everywhere = np.broadcast_to(places, (down, across, ir, ic, array.rows, array.cols))
        return everywhere.transpose(0, 1, 4, 2, 3, 5)[:, :, ::-1].reshape(-1, array.cols)

    words = part.command.tiles * array.rows * array.interleave
    return ResultWords(
        rows=_placed(leaving(rows), part.rows),
        cols=_placed(leaving(cols), part.cols),
        final=np.full(words, part.is_last),
        partial=sums if part.command.reload else np.zeros(0, np.int64),
        sums=np.arange(given, given + words),
    )


def _weight_stationary(part: Part, array: ArrayConfig, given: int, sums: Places) -> ResultWords:
    """``sums`` [column tiles, m]: fold after fold goes on from the one before."""
    m, across = part.command.length, part.command.fresh_tiles
    folds = part.command.tiles // across
    number = np.arange(given, given + folds * across * m).reshape(folds, across, m)
    before = number[:-1]
    if part.command.reload:
        before = np.concatenate([sums[np.newaxis], before])
    everywhere = (folds, across, m, array.cols)
    rows = np.broadcast_to(np.arange(m).reshape(1, 1, m, 1), everywhere)
    cols = np.broadcast_to(np.arange(across * array.cols).reshape(1, across, 1, array.cols), everywhere)
    in_last_fold = np.broadcast_to(np.arange(folds).reshape(folds, 1, 1) == folds - 1, number.shape)
    return ResultWords(
        rows=_placed(rows.reshape(-1, array.cols), part.rows),
        cols=_placed(cols.reshape(-1, array.cols), part.cols),
        final=(in_last_fold & part.is_last).reshape(-1),
        partial=before.reshape(-1),
        sums=number[-1],
    )


def _placed(within: Places, extent: slice) -> Places:
    """Places within a part as places of the product, ``NO_PLACE`` beyond the part."""
    placed = within + extent.start
    return np.where(placed < extent.stop, placed, NO_PLACE)
