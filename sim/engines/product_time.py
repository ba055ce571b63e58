"""How long products take on the engines in a memory of fixed latency and bandwidth, and why the array idles.

It is the memory that the machine's bench and the simulator of a program's time have (``heddle.sim.program.timing``).
So the engines' time of a product and the machine's of the same product as a program can be held against each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.memory_clocks import MemoryClocks
from heddle.dataflow.kernel_rows import TILE_MAPPING, TileMappingRow, product_rows
from heddle.dataflow.scheduler import TileMapping
from heddle.dataflow.step_items import Product
from heddle.sim.engines.array_pass import end_pass, run_product
from heddle.sim.engines.dram_rows import fixed_memory_of
from heddle.sim.engines.pipe import begin_pass
from heddle.sim.engines.product_state import Engines, Job, engines_with, product_state
from heddle.sim.stalls import STALL_CAUSES


@dataclass(frozen=True)
class ProductTime:
    """The time of products: all cycles, those of the array's instructions, and all others by their cause."""

    cycles: float
    array_cycles: float
    stalls: Mapping[str, float]


def product_time(
    products: Sequence[tuple[Product, TileMapping]], design: Design, board: Board, memory: MemoryClocks
) -> ProductTime:
    """Return how long ``products`` take one after another, each with its mapping."""
    engines, state = engines_with(fixed_memory_of(design, memory), design, board), product_state()
    stalls, array = np.zeros(len(STALL_CAUSES)), 0.0
    _fetch(engines, products)
    begin_pass(state.pipe, state.halves, -1.0)
    for row, (_, mapping) in zip(product_rows([product for product, _ in products]), products, strict=True):
        run_product(engines, Job(row, _mapping_row(row, mapping), stalls, 0), state)
        array += float(state.pipe["busy_cycles"])
    end_pass(state.pipe, stalls)
    now = float(state.pipe["end"])
    return ProductTime(now + 1.0, array, dict(zip(STALL_CAUSES, stalls.tolist(), strict=True)))


def _fetch(engines: Engines, products: Sequence[tuple[Product, TileMapping]]) -> None:
    """Let the channel be kept for the program's first instructions: fetch asks first, for all that its queue holds."""
    way = engines.way
    queued = way.queue_beats * way.word_instructions // way.instruction_words
    instructions = min(sum(_instructions(*each) for each in products), queued)
    busy = -(-instructions * way.instruction_words // way.word_instructions) * engines.dram.timing["burst_cycles"]
    engines.dram.channel["free_at"] = engines.dram.channel["reads_from"] = busy


def _instructions(product: Product, mapping: TileMapping) -> int:
    m, n, k = -(-product.m // mapping.tile_m), -(-product.n // mapping.tile_n), -(-product.k // mapping.tile_k)
    steps = m * n * k
    lefts = steps if k > 1 or (mapping.loop_order == "nmk" and m > 1) else m
    rights = steps if k > 1 or (mapping.loop_order == "mnk" and n > 1) else n
    return product.count * (lefts + rights + steps + m * n)


def _mapping_row(product: np.void, mapping: TileMapping) -> TileMappingRow:
    """``mapping`` as a row for the engines, which need its tiles and no cost."""
    row: TileMappingRow = np.zeros(1, TILE_MAPPING)[0]
    row["ws"], row["order"] = int(mapping.dataflow == "ws"), int(mapping.loop_order == "nmk")
    row["interleave_rows"], row["interleave_cols"] = mapping.interleave_rows, mapping.interleave_cols
    row["tile_m"], row["tile_n"], row["tile_k"] = mapping.tile_m, mapping.tile_n, mapping.tile_k
    row["tiles_m"] = -(-int(product["m"]) // mapping.tile_m)
    row["tiles_n"] = -(-int(product["n"]) // mapping.tile_n)
    row["tiles_k"] = -(-int(product["k"]) // mapping.tile_k)
    return row
