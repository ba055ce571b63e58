"""The naive twin of a mapping's energy: what every array tile reads from the buffers and sends through the array."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from naive_instruction import NaiveInstruction, parts_of

from heddle.arch.design import Design
from heddle.arch.energy import energy_coefficients
from heddle.dataflow.step_items import Product

SUM_BYTES = 4


@dataclass(frozen=True)
class NaiveReads:
    """Elements of the left operand and slots of the right one that enter the array; sums that pass a buffer."""

    left: int
    right: int
    sums: int

    def __add__(self, other: NaiveReads) -> NaiveReads:
        return NaiveReads(self.left + other.left, self.right + other.right, self.sums + other.sums)


def reads_of(product: Product, tile: NaiveInstruction, m: int, n: int, k: int, reloads: bool) -> NaiveReads:
    """What one [m x k x n] tile reads, array tile by array tile; ``reloads``: it takes the sums of the part before."""
    array, left, right = tile.design.array, 0, 0
    if tile.dataflow == "ws":
        folds = parts_of(tile.slots, array.rows)
        for _ in parts_of(n, array.cols):
            left += m * k
        right = tile.slots * n
        return NaiveReads(left, right, m * n * (2 * len(folds) - 1 + reloads))
    ir, ic = tile.interleave
    # Over rows an activation group is read again for each slot; over columns alone it is held.
    held = k if ir == 1 else tile.slots * product.group_m
    for rows in parts_of(m, array.rows * ir):
        for cols in parts_of(n, array.cols * ic):
            left += rows * held
            right += cols * tile.slots
    return NaiveReads(left, right, m * n * (1 + reloads))


def spent_j(product: Product, design: Design, reads: NaiveReads, moved_bytes: int, pruned: int) -> float:
    """Joules of multiply-adds, buffers, links, DRAM and SORE."""
    price, array = energy_coefficients(), design.array
    left, right = Fraction(product.left.bits) / 8 * reads.left, Fraction(product.right.bits) / 8 * reads.right
    buffer_bytes = left + right + SUM_BYTES * reads.sums + moved_bytes
    hops = left * array.cols + right * array.rows
    groups = Fraction(pruned, product.group_m)
    return (
        product.macs * price.mac_j
        + float(buffer_bytes) * price.bram_byte_j
        + float(hops) * price.link_byte_hop_j
        + moved_bytes * price.dram_byte_j
        + float(groups * len(_pairs(product.group_m))) * price.sore_compare_j
    )


def _pairs(group_m: int) -> list[tuple[int, int]]:
    return [(a, b) for a in range(group_m) for b in range(a)]
