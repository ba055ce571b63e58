"""The operand words of a part, in the order in which the array takes them.

Output row ir x R + r of an OS tile is one of the outputs of PE row r, and likewise for columns; WS row r holds slot
r of its fold, and fold after fold goes over all column tiles. Rows, columns and slots beyond the part are fed zeros.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heddle.arch.design import Design
from heddle.arch.isa import ArrayCommand
from heddle.dataflow.cost import ceil_div
from heddle.dataflow.program.parts import Part
from heddle.dataflow.program.slots import Bits, Slots

Integers = npt.NDArray[np.integer]


@dataclass(frozen=True)
class OperandWords:
    """A part's words: ``left`` [words, R, M], a group for each row; ``values`` and ``indices`` [words, C]."""

    left: Bits
    values: Bits
    indices: npt.NDArray[np.uint8]


def operand_words(part: Part, left: Bits, right: Slots, design: Design) -> OperandWords:
    """Return the words of ``part`` of a product of ``left`` [m, k] and the slots of ``right`` [k, n]."""
    group_m = design.sparsity.m
    own = _Operands(
        _groups(left[part.rows, part.k], group_m),
        right.values[part.slots, part.cols],
        right.k_index[part.slots, part.cols].astype(np.int64) - part.k.start,
    )
    walk = _weight_stationary if part.command.ws else _output_stationary
    return walk(part.command, own, design)


@dataclass(frozen=True)
class _Operands:
    """A part's own operands: ``groups`` [m, groups, M]; ``values`` and ``k_index`` [slots, n], its first k being 0."""

    groups: Bits
    values: Bits
    k_index: npt.NDArray[np.int64]

    @property
    def m(self) -> int:
        return len(self.groups)


def _output_stationary(command: ArrayCommand, own: _Operands, design: Design) -> OperandWords:
    array, group_m = design.array, design.sparsity.m
    ic = command.interleave_cols
    ir = array.interleave // ic
    slots, n = own.values.shape
    down, across = ceil_div(own.m, array.rows * ir), ceil_div(n, array.cols * ic)
    groups = _padded(own.groups, (down * array.rows * ir, *own.groups.shape[1:]))
    in_order = groups.reshape(down, ir, array.rows, -1, group_m).transpose(0, 3, 1, 2, 4)
    if ir > 1:
        in_order = in_order[:, np.arange(slots) // command.group_slots]
    left = np.repeat(in_order[:, np.newaxis], across, axis=1)

    def right(entries: Integers) -> Integers:
        tiles = _padded(entries, (slots, across * array.cols * ic)).reshape(slots, across, 1, ic, array.cols)
        turned = np.repeat(tiles, ir if ic > 1 else 1, axis=2).transpose(1, 0, 2, 3, 4)
        return np.tile(turned.reshape(-1, array.cols), (down, 1))

    return OperandWords(
        left.reshape(-1, array.rows, group_m),
        right(own.values).astype(own.values.dtype),
        right(own.k_index % group_m).astype(np.uint8),
    )


def _weight_stationary(command: ArrayCommand, own: _Operands, design: Design) -> OperandWords:
    array, group_m = design.array, design.sparsity.m
    slots, m = len(own.values), own.m
    across, folds = command.fresh_tiles, command.tiles // command.fresh_tiles
    lanes = np.zeros((folds * array.rows, m, group_m), own.groups.dtype)
    lanes[:slots] = own.groups[:, own.k_index[:, 0] // group_m].transpose(1, 0, 2)
    folded = lanes.reshape(folds, 1, array.rows, m, group_m).transpose(0, 1, 3, 2, 4)
    left = np.repeat(folded, across, axis=1)

    def right(entries: Integers) -> Integers:
        tiles = _padded(entries, (folds * array.rows, across * array.cols))
        return tiles.reshape(folds, array.rows, across, array.cols).transpose(0, 2, 1, 3).reshape(-1, array.cols)

    return OperandWords(
        left.reshape(-1, array.rows, group_m),
        right(own.values).astype(own.values.dtype),
        right(own.k_index % group_m).astype(np.uint8),
    )


def _groups(left: Bits, group_m: int) -> Bits:
    """``left`` [m, k] as activation groups [m, groups, M], zeros behind the last one."""
    m, k = left.shape
    return np.pad(left, ((0, 0), (0, -k % group_m))).reshape(m, -1, group_m)


def _padded(entries: npt.NDArray[np.integer], shape: tuple[int, ...]) -> npt.NDArray[np.integer]:
    """``entries`` with zeros behind each axis up to ``shape``."""
    return np.pad(entries, [(0, wanted - found) for wanted, found in zip(shape, entries.shape, strict=True)])
