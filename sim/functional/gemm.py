"""Products of matrices in the array's own arithmetic and order of accumulation, bit for bit.

Each output is a chain of multiply-adds over the slots of its column, k rising, whatever the dataflow:

    sum = fl32(sum + fl32(x * w))

fl32 rounds to FP32, nearest, ties to even. An FP16 product is exact in FP32, so only the addition rounds; a
BF16 product also does where it overflows or falls below the FP32 normals. The chain starts at +0 or at a given
partial sum.

Every operation on a NaN gives a NaN, and no number or infinity ever comes out of one, so which NaN travels
through a chain has no effect but on the NaN at its end. Making that one canonical is therefore the same as
making each canonical.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from heddle.arch.errors import HeddleError
from heddle.arch.formats import operand_format
from heddle.arch.jit import kernel
from heddle.arch.nm import Packed
from heddle.dataflow.program.slots import Slots, dense_slots, packed_slots
from heddle.sim.functional.formats import Bits, Float32, canonical, to_float32

_Matrix = TypeVar("_Matrix", Bits, Float32)

# The kernel is vectorised over rows, as all outputs of a column share its weights and no chain is reordered.
_BLOCK_ROWS = 128  # sums of one column and four rows of operands stay in the first-level cache
_BLOCK_SLOTS = 256  # a block's operands, _BLOCK_ROWS x _BLOCK_SLOTS FP32, stay in the second-level cache
_UNROLLED_SLOTS = 4  # sums are loaded and stored once for so many slots


def multiply(left: Bits, right: Bits, operand: str, partial: Float32 | None = None) -> Float32:
    """Return partial + left @ right [m, n] for dense ``left`` [m, k] and ``right`` [k, n] patterns.

    ``operand`` names their format, ``partial`` [m, n] are the sums to go on from. Raises HeddleError for an
    unknown format, operands that are not its patterns, or shapes that do not fit.
    """
    _check_matrix("right", right)
    length = _reduction_length(left)
    if length != len(right):
        raise HeddleError(f"left operand has k = {length}, but the right one has k = {len(right)}")
    return multiply_slots(left, dense_slots(right), operand, partial)


def multiply_packed(left: Bits, right: Packed, operand: str, partial: Float32 | None = None) -> Float32:
    """Return what ``multiply`` does for a ``right`` packed N:M along k, values and indices [n, groups, N]."""
    return multiply_slots(left, packed_slots(right, _reduction_length(left)), operand, partial)


def multiply_slots(left: Bits, right: Slots, operand: str, partial: Float32 | None = None) -> Float32:
    """Return partial + left @ right [m, n] for ``left`` [m, k] patterns and the slots of n columns."""
    _check_reach(right, _reduction_length(left))
    number_format = operand_format(operand)
    rows, cols = len(left), right.values.shape[1]
    start = np.zeros((rows, cols), np.float32) if partial is None else _checked_partial(partial, (rows, cols))
    sums = _row_blocks(start)
    with np.errstate(all="ignore"):  # without the JIT the kernel is numpy's, which warns of what IEEE 754 defines
        _accumulate(
            to_float32(_row_blocks(left), number_format),
            to_float32(np.ascontiguousarray(right.values.T), number_format),
            right.k_index.T,
            sums,
        )
    return canonical(np.swapaxes(sums, 1, 2).reshape(len(sums) * _BLOCK_ROWS, cols)[:rows])


def _check_matrix(side: str, operand: npt.NDArray[np.generic]) -> None:
    if operand.ndim != 2:
        raise HeddleError(f"{side} operand has shape {operand.shape}; it must be a matrix")


def _reduction_length(left: Bits) -> int:
    _check_matrix("left", left)
    return left.shape[1]


def _check_reach(right: Slots, length: int) -> None:
    """The kernel trusts its indices."""
    if right.k_index.size and int(right.k_index.max()) >= length:
        raise HeddleError(
            f"right operand has k = {int(right.k_index.max())}, but the left one ends at k = {length - 1}"
        )


def _checked_partial(partial: Float32, shape: tuple[int, int]) -> Float32:
    if partial.shape != shape or partial.dtype != np.float32:
        raise HeddleError(f"partial sums are {partial.dtype} {partial.shape}; the product needs float32 {shape}")
    return partial


def _row_blocks(matrix: _Matrix) -> _Matrix:
    """``matrix`` [rows, width] as [blocks, width, _BLOCK_ROWS], its last block filled up with rows of +0."""
    rows, width = matrix.shape
    padded = np.pad(matrix, ((0, -rows % _BLOCK_ROWS), (0, 0)))
    blocks = padded.reshape(len(padded) // _BLOCK_ROWS, _BLOCK_ROWS, width)
    return np.ascontiguousarray(np.swapaxes(blocks, 1, 2))


@kernel
def _accumulate(left: Float32, values: Float32, k_index: npt.NDArray[np.int32], sums: Float32) -> None:
    """Add the product of ``left`` [blocks, k, rows] and ``values`` [cols, slots] to ``sums`` [blocks, cols, rows]."""
    cols, slots = values.shape
    for block in range(left.shape[0]):
        for first in range(0, slots, _BLOCK_SLOTS):
            end = min(slots, first + _BLOCK_SLOTS)
            unrolled_end = end - (end - first) % _UNROLLED_SLOTS
            for col in range(cols):
                for slot in range(first, unrolled_end, _UNROLLED_SLOTS):
                    _add_four(left[block], values[col, slot:], k_index[col, slot:], sums[block, col])
                for slot in range(unrolled_end, end):
                    _add_one(left[block, k_index[col, slot]], values[col, slot], sums[block, col])


@kernel
def _add_four(left: Float32, values: Float32, k_index: npt.NDArray[np.int32], sums: Float32) -> None:
    """Add the first _UNROLLED_SLOTS slots of a column to its ``sums`` [rows], one after the other."""
    x0, x1, x2, x3 = left[k_index[0]], left[k_index[1]], left[k_index[2]], left[k_index[3]]
    w0, w1, w2, w3 = values[0], values[1], values[2], values[3]
    for row in range(_BLOCK_ROWS):
        sums[row] = (((sums[row] + x0[row] * w0) + x1[row] * w1) + x2[row] * w2) + x3[row] * w3


@kernel
def _add_one(x: Float32, w: np.float32, sums: Float32) -> None:
    """Add one slot of a column to its ``sums`` [rows]."""
    for row in range(_BLOCK_ROWS):
        sums[row] = sums[row] + x[row] * w
