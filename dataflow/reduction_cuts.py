"""The parts that a product's reduction may be cut into: 1, 2, 3, 4, 6, 8, 12, ... of about equal length.

A part has whole groups of M, and all taps of its channels for as long as it holds a group of channels with all of
them; shorter parts cut the taps. In WS parts longer than a fold are whole folds.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from heddle.arch.jit import kernel
from heddle.arch.timing import slots_of
from heddle.dataflow.cost import ceil_div, left_half_bytes, right_half_bytes
from heddle.dataflow.kernel_rows import MachineRow, ProductRow


class ResultTile(NamedTuple):
    """A result tile of [m x n] in one dataflow and one split of the interleave."""

    ws: int
    interleave_rows: int
    interleave_cols: int
    m: int
    n: int


@kernel
def next_parts(parts: int) -> int:
    """The next count of parts into which k may be cut: 1, 2, 3, 4, 6, 8, 12, 16, 24 and so on."""
    power = 1
    while 2 * power <= parts:
        power *= 2
    return max(parts + 1, 3 * power // 2) if parts == power else 2 * power


@kernel
def _all_taps(product: ProductRow) -> int:
    """Length of a group of channels with all their taps."""
    taps = 1
    if not product["left"]["pixels_on_k"]:
        taps = max(taps, product["left"]["taps"])
    if not product["right"]["pixels_on_k"]:
        taps = max(taps, product["right"]["taps"])
    return taps * product["group_m"]


@kernel
def _filling(product: ProductRow, machine: MachineRow, ws: int, unit: int) -> int:
    """Smallest multiple of ``unit`` that fills the array: in WS, where a fold has a slot for each row, whole folds."""
    if not ws:
        return unit
    slots = slots_of(unit, product["keep_n"], product["group_m"])
    return unit * (machine["rows"] // math.gcd(machine["rows"], slots))


class Cuts(NamedTuple):
    """How a product's reduction may be cut in one dataflow: its units, and what of them fills the array.

    ``unit`` is a group of channels with all taps, of which ``units`` make up ``k``; ``group`` is one group at one tap,
    for ``groups``. ``filling`` and ``group_filling`` are the smallest multiples of each that fill the array.
    """

    k: int
    unit: int
    units: int
    filling: int
    group: int
    groups: int
    group_filling: int


@kernel
def cuts_of(product: ProductRow, machine: MachineRow, ws: int) -> Cuts:
    """Return the Cuts of ``product`` in OS, or in WS."""
    k, unit, group = product["k"], _all_taps(product), product["group_m"]
    filling, group_filling = _filling(product, machine, ws, unit), _filling(product, machine, ws, group)
    return Cuts(k, unit, ceil_div(k, unit), filling, group, ceil_div(k, group), group_filling)


@kernel
def part_length(cuts: Cuts, parts: int) -> int:
    """Length of the longest part of k cut into at most ``parts``: as equal as units that fill the array allow.

    The unit is a group of channels with all taps, and one group at one tap where there are more parts than those. A
    part shorter than a multiple that fills the array is cut in units alone.
    """
    if parts > cuts.units:
        return _equal_length(cuts.groups, cuts.group, cuts.group_filling, min(cuts.k, cuts.unit), parts)
    return _equal_length(cuts.units, cuts.unit, cuts.filling, cuts.k, parts)


@kernel
def _equal_length(units: int, unit: int, filling: int, longest: int, parts: int) -> int:
    length = ceil_div(units, parts) * unit
    if filling > unit and length > filling:
        length = ceil_div(length, filling) * filling
    return min(longest, length)


@kernel
def _fits(product: ProductRow, machine: MachineRow, m: int, n: int, k: int) -> bool:
    return (
        left_half_bytes(product, m, k) <= machine["activation_half_bytes"]
        and right_half_bytes(product, n, k) <= machine["weight_half_bytes"]
    )


@kernel
def fewest_parts(product: ProductRow, machine: MachineRow, cuts: Cuts, tile: ResultTile, least: int) -> int:
    """Fewest parts of k that fit beside ``tile``, of which ``least`` or more are known to be needed; 0 if none fit."""
    if not _fits(product, machine, tile.m, tile.n, min(cuts.k, cuts.group)):
        return 0
    parts = least
    while not _fits(product, machine, tile.m, tile.n, part_length(cuts, parts)):
        parts = next_parts(parts)
    return parts
