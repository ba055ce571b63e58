"""The right operand of a product as the array works through it: slot by slot, each with the k it stands for.

A slot is one multiply-add of each output. A full group of M gives N slots, a partial last group of r < M
elements gives min(N, r) (``heddle.arch.timing.slots_of``); dense is a slot an element.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from heddle.arch import nm
from heddle.arch.errors import HeddleError
from heddle.arch.timing import slots_of

#: Patterns of 16-bit operands.
Bits = npt.NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True)
class Slots:
    """A right operand of ``cols`` columns: ``values`` [slots, cols] and the ``k_index`` [slots, cols] of each.

    ``k_index`` rises down each column; the group of a slot is k_index // M and its place there k_index % M.
    """

    values: Bits
    k_index: npt.NDArray[np.int32]


def pack_columns(right: Bits, n: int, m: int) -> nm.Packed:
    """Return ``right`` [k, cols] packed N:M along k: values and indices [cols, ceil(k / M), N].

    A partial last group is filled up with zeros behind its elements. Zeros at higher indices lose every tie, so
    they are kept only where the group has fewer than N elements, and then stand after those.
    """
    missing = -len(right) % m
    return nm.pack(np.pad(right, ((0, missing), (0, 0))), n, m, axis=0)


def packed_slots(packed: nm.Packed, length: int) -> Slots:
    """Return the slots of ``packed`` [cols, groups, N], the operand of a reduction of ``length`` elements.

    Raises HeddleError when ``packed`` is malformed or has another number of groups than ``length`` makes.
    """
    nm.check(packed)
    cols, groups, _ = packed.values.shape
    if groups != -(-length // packed.m):
        raise HeddleError(f"packed operand has {groups} groups of {packed.m}, but the left operand has k = {length}")
    slots = slots_of(length, packed.n, packed.m)
    first = np.arange(groups, dtype=np.int32)[:, np.newaxis] * np.int32(packed.m)
    k_index = (first + packed.indices).reshape(cols, -1)[:, :slots]
    return Slots(packed.values.reshape(cols, -1)[:, :slots].T, k_index.T)


def dense_slots(right: Bits) -> Slots:
    """Return the slots of the dense operand ``right`` [k, cols]: each element one, in its place."""
    k_index = np.arange(len(right), dtype=np.int32)[:, np.newaxis]
    return Slots(right, np.broadcast_to(k_index, right.shape))


def kept_slots(right: Bits, keep_n: int, group_m: int) -> Slots:
    """Return the slots of the dense patterns ``right`` [k, cols] with ``keep_n`` of ``group_m`` kept (equal: all)."""
    if keep_n == group_m:
        return dense_slots(right)
    return packed_slots(pack_columns(right, keep_n, group_m), len(right))
