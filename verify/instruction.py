"""One instruction of the array core as the bench gives it, and how an OS or WS tile spreads over the array.

Output row ir x R + r of an OS tile is one of the outputs of PE row r, and likewise for columns; WS row r holds slot
r of its fold, and fold after fold goes over all column tiles. Rows, columns and slots beyond the tile are fed zeros.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heddle.arch.design import ArrayConfig
from heddle.dataflow.cost import ArrayTiles, ceil_div
from heddle.verify.cases import NONE

Bits = npt.NDArray[np.uint16]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Part:
    """An instruction's share of a product: which outputs it works on, and its operands, from k = 0 on.

    ``left`` [m, k]; ``values`` and ``k_index`` [slots, n]; ``keep_n`` slots of each group of ``group_m``.
    ``reloads``: it goes on from the partial sums of the instruction before; ``is_last``: it ends the reduction.
    """

    rows: slice
    cols: slice
    left: Bits
    values: Bits
    k_index: Places
    keep_n: int
    group_m: int
    reloads: bool
    is_last: bool


@dataclass(frozen=True)
class Instruction:
    """Command fields by name, and words in the order of the streams.

    ``left`` [words, R, M] operand bits; ``values`` and ``indices`` [words, C]; ``partial`` [words]: the number of the
    result that each partial sum is, counted over the whole program. ``rows`` and ``cols`` [results, C] say which
    element of the product a lane of each result is (``NONE``: none); ``final`` [results]: its reduction is complete.
    ``sums`` are the numbers of the results that a next part goes on from.
    """

    command: dict[str, int]
    left: Bits
    values: Bits
    indices: npt.NDArray[np.uint8]
    partial: Places
    rows: Places
    cols: Places
    final: npt.NDArray[np.bool_]
    sums: Places


def output_stationary(
    part: Part, array: ArrayConfig, split: tuple[int, int], shape: ArrayTiles, given: int, sums: Places
) -> Instruction:
    """Return ``part`` as an OS instruction; ``split`` is the interleave over rows and columns.

    ``given`` results came before it; ``sums`` are those that it goes on from, where it does.
    """
    ir, ic = split
    (slots, n), m = part.values.shape, len(part.left)
    down, across = ceil_div(m, array.rows * ir), ceil_div(n, array.cols * ic)
    groups = _groups(part, down * array.rows * ir).reshape(down, ir, array.rows, -1, part.group_m)
    in_order = groups.transpose(0, 3, 1, 2, 4)
    if ir > 1:
        in_order = in_order[:, np.arange(slots) // part.keep_n]
    left = np.repeat(in_order[:, np.newaxis], across, axis=1)
    words = shape.tiles * array.rows * array.interleave
    rows = np.arange(down * ir * array.rows).reshape(down, 1, ir, 1, array.rows, 1)
    cols = np.arange(across * ic * array.cols).reshape(1, across, 1, ic, 1, array.cols)
    everywhere = (down, across, ir, ic, array.rows, array.cols)

    def right(entries: npt.NDArray[np.integer]) -> Places:
        tiles = _padded(entries, (slots, across * array.cols * ic)).reshape(slots, across, 1, ic, array.cols)
        turned = np.repeat(tiles, ir if ic > 1 else 1, axis=2).transpose(1, 0, 2, 3, 4)
        return np.tile(turned.reshape(-1, array.cols), (down, 1))

    def leaving(places: Places) -> Places:
        """Results leave from the last row on, each row's outputs in their order."""
        south_first = np.broadcast_to(places, everywhere).transpose(0, 1, 4, 2, 3, 5)[:, :, ::-1]
        return south_first.reshape(-1, array.cols)

    return Instruction(
        {"ws": 0, "length": slots, "group_slots": part.keep_n, "interleave_cols": ic},
        left.reshape(-1, array.rows, part.group_m),
        right(part.values).astype(np.uint16),
        right(part.k_index % part.group_m).astype(np.uint8),
        sums if part.reloads else np.zeros(0, np.int64),
        _placed(leaving(rows), part.rows),
        _placed(leaving(cols), part.cols),
        np.full(words, part.is_last),
        np.arange(given, given + words),
    )


def weight_stationary(part: Part, array: ArrayConfig, shape: ArrayTiles, given: int, sums: Places) -> Instruction:
    """Return ``part`` as a WS instruction, arguments as for ``output_stationary``; ``sums`` [column tiles, m]."""
    slots, m = len(part.values), len(part.left)
    across, folds = shape.fresh, shape.tiles // shape.fresh
    lanes = np.zeros((folds * array.rows, m, part.group_m), np.uint16)
    lanes[:slots] = _groups(part, m)[:, part.k_index[:, 0] // part.group_m].transpose(1, 0, 2)
    folded = lanes.reshape(folds, 1, array.rows, m, part.group_m).transpose(0, 1, 3, 2, 4)
    number = np.arange(given, given + folds * across * m).reshape(folds, across, m)
    before = number[:-1]
    if part.reloads:
        before = np.concatenate([sums[np.newaxis], before])
    everywhere = (folds, across, m, array.cols)
    rows = np.broadcast_to(np.arange(m).reshape(1, 1, m, 1), everywhere)
    cols = np.broadcast_to(np.arange(across * array.cols).reshape(1, across, 1, array.cols), everywhere)
    last_fold = np.broadcast_to(np.arange(folds).reshape(folds, 1, 1) == folds - 1, number.shape)

    def right(entries: npt.NDArray[np.integer]) -> Places:
        tiles = _padded(entries, (folds * array.rows, across * array.cols))
        return tiles.reshape(folds, array.rows, across, array.cols).transpose(0, 2, 1, 3).reshape(-1, array.cols)

    return Instruction(
        {"ws": 1, "length": m, "group_slots": 0, "interleave_cols": 0},
        np.repeat(folded, across, axis=1).reshape(-1, array.rows, part.group_m),
        right(part.values).astype(np.uint16),
        right(part.k_index % part.group_m).astype(np.uint8),
        before.reshape(-1),
        _placed(rows.reshape(-1, array.cols), part.rows),
        _placed(cols.reshape(-1, array.cols), part.cols),
        (last_fold & part.is_last).reshape(-1),
        number[-1],
    )


def _groups(part: Part, rows: int) -> Bits:
    """The left operand as activation groups [rows, groups, M], zeros behind its rows and its last group."""
    m, k = part.left.shape
    padded = np.pad(part.left, ((0, rows - m), (0, -k % part.group_m)))
    return padded.reshape(rows, -1, part.group_m)


def _padded(entries: npt.NDArray[np.integer], shape: tuple[int, int]) -> Places:
    """``entries`` with zeros behind their rows and columns up to ``shape``."""
    missing = [(0, wanted - found) for wanted, found in zip(shape, entries.shape, strict=True)]
    return np.pad(entries.astype(np.int64), missing)


def _placed(within: Places, extent: slice) -> Places:
    """Places within a part as places of the product, ``NONE`` beyond the part."""
    placed = within + extent.start
    return np.where(placed < extent.stop, placed, NONE)
