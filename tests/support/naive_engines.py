"""The engines' naive twin where memory takes no time: one recurrence over the tiles, in plain Python.

What is left is the machine's own time: preparation, instructions and their results' way out, two halves of each buffer,
SORE on the way in and the vector lanes on the way out. Instruction cycles come from the naive mapping.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import naive_mapping as naive
from naive_instruction import lead, parts_of

from heddle.arch.design import Design
from heddle.arch.machine_timing import PREPARE_CYCLES, TOKEN_CYCLES
from heddle.arch.timing import DISPATCH_CYCLES
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


@dataclass
class NaivePass:
    """A pass under way: its buffers, and when array, preparation, SORE and lanes are free."""

    design: Design
    start: float
    left: Buffer = field(default_factory=Buffer)
    right: Buffer = field(default_factory=Buffer)
    out: Buffer = field(default_factory=Buffer)
    busy: float = 0.0

    def __post_init__(self) -> None:
        """Everything is free at the start."""
        self.array_free = self.prepared_at = self.done_at = self.pruner_free = self.lanes_free = self.start

    def run(self, product: Product, mapping: TileMapping) -> None:
        """Run a product behind those before it."""
        for index, step in enumerate(steps_of(product, mapping)):
            self._load(product, step)
            self._compute(product, mapping, step, index)

    def _load(self, product: Product, step: Step) -> None:
        _, n, k, new_left, new_right, _, _ = step
        start = self.start
        asked = max(
            self.left.half_free(start) if new_left else start, self.right.half_free(start) if new_right else start
        )
        if new_left:
            self.left.fill(asked)
        if new_right:
            if product.prune_on_load:
                pruning = k * n / (product.group_m * self.design.lanes.sore)
                self.pruner_free = max(self.pruner_free, asked) + pruning
            self.right.fill(max(asked, self.pruner_free) if product.prune_on_load else asked)

    def _compute(self, product: Product, mapping: TileMapping, step: Step, index: int) -> None:
        m, n, k, _, _, first_part, last_part = step
        design, tiling = self.design, tiling_of(mapping)
        token = max(self.left.ready[-1], self.right.ready[-1])
        if first_part:
            token = max(token, self.out.half_free(self.start))
        prepared = max(token, self.prepared_at) + (TOKEN_CYCLES + PREPARE_CYCLES if has_machine(design) else 0)
        begin = max(self.array_free, prepared) + (lead(design, tiling.dataflow) if index == 0 else 0)
        instruction = naive.instruction(product, design, tiling, (m, n, k))
        cycles = instruction.cycles(reloads=not first_part)
        waits = naive.left_waits(product, design, tiling, m, n, k)
        if has_machine(design):
            first_word = prepared + naive.first_word(product, design, tiling, m, k)
            waits += max(0.0, first_word - (begin + DISPATCH_CYCLES + (0 if first_part else instruction.wait)))
        self.prepared_at = max(begin, self.done_at) if has_machine(design) else begin
        end = self.array_free = begin + cycles + waits
        self.done_at = self.left.free[-1] = self.right.free[-1] = (
            end + instruction.finish if has_machine(design) else end
        )
        self.busy += cycles
        if last_part:
            self.out.fill(max(end + instruction.finish, self.lanes_free))
            self.lanes_free = self.out.free[-1] = self.out.ready[-1] + m * n / design.lanes.vector


def has_machine(design: Design) -> bool:
    """False for a textbook array, around which there is nothing."""
    return design.array.drain == "chain"
