"""The engines' naive twin where memory takes no time: one recurrence over the tiles, in plain Python.

What is left is the machine's own time: instructions and their results' way out, two halves of each buffer, SORE on
the way in and the vector lanes on the way out. Instruction cycles come from the naive mapping.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import naive_mapping as naive
from naive_instruction import lead, parts_of

from heddle.arch.design import Design
from heddle.dataflow.scheduler import TileMapping
from heddle.dataflow.step_items import Product

Step = tuple[int, int, int, bool, bool, bool, bool]


def steps_of(product: Product, mapping: TileMapping) -> Iterator[Step]:
    """Sizes m, n, k, which operand is new (left, right), first and last part, as nested loops give them."""
    along_m = list(enumerate(parts_of(product.m, mapping.tile_m)))
    along_n = list(enumerate(parts_of(product.n, mapping.tile_n)))
    outer = [(m, n) for m in along_m for n in along_n]
    if mapping.loop_order == "nmk":
        outer = [(m, n) for n in along_n for m in along_m]
    along_k = list(enumerate(parts_of(product.k, mapping.tile_k)))
    for _ in range(product.count):
        held_left = held_right = None
        for (im, m), (jn, n) in outer:
            for ik, k in along_k:
                yield m, n, k, held_left != (im, ik), held_right != (jn, ik), ik == 0, ik == len(along_k) - 1
                held_left, held_right = (im, ik), (jn, ik)


def tiling_of(mapping: TileMapping) -> naive.Tiling:
    """The point of the naive space that a mapping is."""
    return naive.Tiling(
        mapping.dataflow,
        (mapping.interleave_rows, mapping.interleave_cols),
        mapping.loop_order == "mnk",
        mapping.tile_m,
        mapping.tile_n,
        mapping.tile_k,
    )


@dataclass
class Buffer:
    """A double buffer: when each tile so far was there, and when the last use of it ended."""

    ready: list[float] = field(default_factory=list)
    free: list[float] = field(default_factory=list)

    def half_free(self, start: float) -> float:
        """When the next tile's half, the one of the tile two before, is free."""
        return self.free[-2] if len(self.free) >= 2 else start

    def fill(self, ready: float) -> None:
        """Take in the next tile."""
        self.ready.append(ready)
        self.free.append(ready)


def run_without_memory(product: Product, design: Design, mapping: TileMapping, start: float) -> tuple[float, float]:
    """Run a product from ``start``; return when its last result is stored, and the array's busy cycles."""
    tiling = tiling_of(mapping)
    left, right, out = Buffer(), Buffer(), Buffer()
    array_free = pruner_free = lanes_free = start
    busy = 0.0
    for index, (m, n, k, new_left, new_right, first_part, last_part) in enumerate(steps_of(product, mapping)):
        asked = max(left.half_free(start) if new_left else start, right.half_free(start) if new_right else start)
        if new_left:
            left.fill(asked)
        if new_right:
            if product.prune_on_load:
                pruner_free = max(pruner_free, asked) + k * n / (product.group_m * design.lanes.sore)
            right.fill(max(asked, pruner_free) if product.prune_on_load else asked)
        begin = max(array_free, left.ready[-1], right.ready[-1])
        if first_part:
            begin = max(begin, out.half_free(start))
        if index == 0:
            begin += lead(design, tiling.dataflow)
        instruction = naive.instruction(product, design, tiling, (m, n, k))
        cycles = instruction.cycles(reloads=not first_part)
        waits = naive.left_waits(product, design, tiling, m, n, k)
        array_free = left.free[-1] = right.free[-1] = begin + cycles + waits
        busy += cycles
        if last_part:
            out.fill(max(array_free + instruction.finish, lanes_free))
            lanes_free = out.free[-1] = out.ready[-1] + m * n / design.lanes.vector
    return lanes_free, busy
