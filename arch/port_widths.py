"""Widths of the words between buffers and array: the resource formulas and the RTL's buffers take them from here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heddle.arch.resource_inputs import SUM_BITS, Amounts, ResourceInputs, ceil_div, index_bits_of


@dataclass(frozen=True)
class BufferWords:
    """Bits of a word of each buffer, of one design or of many: what the array takes or gives in a clock."""

    activation: Amounts
    weight: Amounts
    output: Amounts


def buffer_words(i: ResourceInputs) -> BufferWords:
    """Return the widths: a packed weight for each column, and of sums two, read while others are written."""
    return BufferWords(
        activation=_activation_bits(i),
        weight=i.cols * (i.operand_bits + index_bits_of(i.m)),
        output=2 * i.cols * SUM_BITS,
    )


def _activation_bits(i: ResourceInputs) -> Amounts:
    """Bits the activation buffer delivers to the array in one cycle, at most.

    OS that may interleave over rows changes every row's group each cycle; over columns only, a group serves
    N x I cycles. WS feeds each run of N rows, which share a group, a new group each cycle.
    """
    group_bits = i.m * i.operand_bits
    per_row = i.rows * group_bits
    os_bits = np.where(i.interleave_cols_only, ceil_div(per_row, i.n * i.interleave), per_row)
    ws_bits = ceil_div(i.rows, i.n) * group_bits
    return np.maximum(i.has_os * os_bits, i.has_ws * ws_bits).astype(np.int64)
