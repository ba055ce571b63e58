"""What the tiles of one product cost, by their kind: worked out once, since a mapping has no more than eight kinds."""

from __future__ import annotations

from typing import TypedDict

from heddle.arch.jit import kernel
from heddle.arch.records import Rows, record_dtype
from heddle.arch.timing import lane_cycles, slots_of, sore_cycles
from heddle.dataflow.cost import (
    ArrayTiles,
    array_tiles,
    instruction_cycles,
    left_load_bytes,
    left_pixel_bytes,
    left_runs,
    out_pixel_bytes,
    out_runs,
    out_store_bytes,
    right_load_bytes,
    right_pixel_bytes,
    right_runs,
)
from heddle.dataflow.feed_cost import feed_cycles
from heddle.dataflow.kernel_rows import MachineRow, ProductRow, RatesRow, TileMappingRow
from heddle.sim.engines.dram_bounds import longest_cycles
from heddle.sim.engines.dram_rows import DramRow
from heddle.sim.engines.tiles import TILE_KINDS, TileSize, exists, size_of


class MoveRow(TypedDict):
    """A transfer of one tile: bytes in equal runs ``stride`` apart, and the most that its bus can take for it."""

    nbytes: int
    runs: int
    stride: int
    longest_cycles: float


class TileCostRow(TypedDict):
    """Tiles of one kind: what moves, and cycles of the array, of SORE on the right operand and of the store lanes.

    ``resumed_cycles`` are the instruction's where it goes on from partial sums, ``compute_cycles`` where it does not;
    ``finish_cycles`` pass from its end to its last result, and ``feed_cycles`` are what it waits for left words.
    """

    left: MoveRow
    right: MoveRow
    out: MoveRow
    compute_cycles: float
    resumed_cycles: float
    feed_cycles: float
    finish_cycles: float
    pruning_cycles: float
    lane_cycles: float


TILE_COST = record_dtype(TileCostRow)


@kernel
def fill_costs(
    costs: Rows,
    machine: MachineRow,
    rates: RatesRow,
    timing: DramRow,
    product: ProductRow,
    mapping: TileMappingRow,
) -> None:
    """Fill ``costs`` (TILE_COST, a row a kind) for the kinds that ``mapping`` has."""
    for kind in range(TILE_KINDS):
        if exists(mapping, kind):
            size = size_of(product, mapping, kind)
            _fill_moves(costs[kind], timing, product, size)
            _fill_cycles(costs[kind], machine, rates, product, mapping, size)


@kernel
def _fill_moves(cost: TileCostRow, timing: DramRow, product: ProductRow, size: TileSize) -> None:
    burst_bytes = timing["burst_bytes"]
    left_bytes, right_bytes = (
        left_load_bytes(product, burst_bytes, size.m, size.k),
        right_load_bytes(product, burst_bytes, size.n, size.k),
    )
    out_bytes = out_store_bytes(product, burst_bytes, size.m, size.n)
    _fill_move(cost["left"], timing, left_bytes, left_runs(product, size.m, size.k), left_pixel_bytes(product))
    _fill_move(cost["right"], timing, right_bytes, right_runs(product, size.n, size.k), right_pixel_bytes(product))
    _fill_move(cost["out"], timing, out_bytes, out_runs(product, size.m, size.n), out_pixel_bytes(product))


@kernel
def _fill_move(move: MoveRow, timing: DramRow, nbytes: int, runs: int, stride: int) -> None:
    move["nbytes"], move["runs"], move["stride"] = nbytes, runs, stride
    move["longest_cycles"] = longest_cycles(timing, nbytes, runs, stride)


@kernel
def _fill_cycles(
    cost: TileCostRow,
    machine: MachineRow,
    rates: RatesRow,
    product: ProductRow,
    mapping: TileMappingRow,
    size: TileSize,
) -> None:
    shape = _array_tiles(machine, product, mapping, size)
    cost["compute_cycles"] = instruction_cycles(machine, mapping["ws"], shape, False)
    cost["resumed_cycles"] = instruction_cycles(machine, mapping["ws"], shape, True)
    ir, ic = mapping["interleave_rows"], mapping["interleave_cols"]
    cost["feed_cycles"] = feed_cycles(machine, product, mapping["ws"], ir, ic, shape, size.m, size.n, size.k)
    cost["finish_cycles"] = shape.finish
    cost["pruning_cycles"] = 0.0
    if product["prune_on_load"]:
        cost["pruning_cycles"] = sore_cycles(size.k * size.n, product["group_m"], rates["sore_lanes"])
    cost["lane_cycles"] = lane_cycles(size.m * size.n, rates["vector_lanes"])


@kernel
def _array_tiles(machine: MachineRow, product: ProductRow, mapping: TileMappingRow, size: TileSize) -> ArrayTiles:
    """How the array goes through a tile of ``size``."""
    return array_tiles(
        machine,
        mapping["ws"],
        mapping["interleave_rows"],
        mapping["interleave_cols"],
        size.m,
        size.n,
        slots_of(size.k, product["keep_n"], product["group_m"]),
        mapping["tiles_k"] > 1,
    )
