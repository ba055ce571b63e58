"""What the tiles of one product cost, by their kind: worked out once, since a mapping has no more than eight kinds."""

from __future__ import annotations

from typing import TypedDict

from heddle.arch.jit import kernel
from heddle.arch.left_feed import os_chunk_reads, ws_word_cycles
from heddle.arch.machine_timing import PREPARE_CYCLES, TOKEN_CYCLES, first_word_cycles
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
    reload_cycles,
    right_load_bytes,
    right_pixel_bytes,
    right_runs,
)
from heddle.dataflow.feed_cost import feed_cycles, left_tile
from heddle.dataflow.kernel_rows import MachineRow, ProductRow, RatesRow, TileMappingRow
from heddle.sim.engines.dram_bounds import longest_cycles
from heddle.sim.engines.dram_rows import DramRow
from heddle.sim.engines.tile_ways import FirstBits, fill_left_way, fill_out_way, fill_right_way, first_bits_of, port_of
from heddle.sim.engines.tiles import TILE_KINDS, TileSize, exists, size_of
from heddle.sim.engines.transfer_costs import WayRow
from heddle.sim.machine.shape import MachineShape


class MoveRow(TypedDict):
    """A transfer of one tile: bytes in equal runs ``stride`` apart, and the most that its bus can take for it.

    ``way`` is what the machine's way to memory takes for it: no bursts where the machine has none.
    """

    nbytes: int
    runs: int
    stride: int
    longest_cycles: float
    way: WayRow


class TileCostRow(TypedDict):
    """Tiles of one kind: what moves, and cycles of the array, of SORE on the right operand and of the store lanes.

    ========================  ======================================================================================
    ``left``, …               the loads of both operands, and the store
    ``compute_cycles``        the instruction's; ``resumed_cycles``: where it goes on from partial sums
    ``feed_cycles``           what it waits for left words once it has had the first
    ``finish_cycles``         from its end to its last result
    ``token_cycles``          from what it waits for to the clock in which it is taken
    ``prepare_cycles``        from there until it is prepared, those included
    ``release_cycles``        from its end until the halves of its operands are free
    ``first_word_cycles``     from a prepared computation to the step that takes its first left word
    ``settle_cycles``         the steps before that one where it goes on from partial sums
    ``pruning_cycles``        of SORE on the right operand; ``lane_cycles``: of the vector lanes on the result
    ========================  ======================================================================================
    """

    left: MoveRow
    right: MoveRow
    out: MoveRow
    compute_cycles: float
    resumed_cycles: float
    feed_cycles: float
    finish_cycles: float
    token_cycles: float
    prepare_cycles: float
    release_cycles: float
    first_word_cycles: float
    settle_cycles: float
    pruning_cycles: float
    lane_cycles: float


TILE_COST = record_dtype(TileCostRow)


@kernel
def fill_costs(
    costs: Rows,
    machine: MachineRow,
    rates: RatesRow,
    timing: DramRow,
    way: MachineShape,
    product: ProductRow,
    mapping: TileMappingRow,
) -> None:
    """Fill ``costs`` (TILE_COST, a row a kind) for the kinds that ``mapping`` has."""
    bits = first_bits_of(product, mapping["tiles_m"], mapping["tiles_k"])
    for kind in range(TILE_KINDS):
        if exists(mapping, kind):
            size = size_of(product, mapping, kind)
            _fill_moves(costs[kind], timing, product, size)
            _fill_cycles(costs[kind], machine, rates, product, mapping, size, way)
            if machine["chain"] and not timing["free"]:
                _fill_ways(costs[kind], timing, way, product, size, bits)


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
def _fill_ways(
    cost: TileCostRow, timing: DramRow, way: MachineShape, product: ProductRow, size: TileSize, bits: FirstBits
) -> None:
    """Fill in what the machine's way to memory takes; a textbook's takes nothing."""
    port = port_of(timing, way)
    fill_left_way(cost["left"]["way"], port, way, product, size, bits.left)
    fill_right_way(cost["right"]["way"], port, way, product, size, bits.right)
    fill_out_way(cost["out"]["way"], port, way, product, size, bits.left)


@kernel
def _fill_cycles(
    cost: TileCostRow,
    machine: MachineRow,
    rates: RatesRow,
    product: ProductRow,
    mapping: TileMappingRow,
    size: TileSize,
    way: MachineShape,
) -> None:
    shape = _array_tiles(machine, product, mapping, size)
    cost["compute_cycles"] = instruction_cycles(machine, mapping["ws"], shape, False)
    cost["resumed_cycles"] = instruction_cycles(machine, mapping["ws"], shape, True)
    ir, ic = mapping["interleave_rows"], mapping["interleave_cols"]
    cost["feed_cycles"] = feed_cycles(machine, product, mapping["ws"], ir, ic, shape, size.m, size.n, size.k)
    cost["finish_cycles"] = shape.finish
    cost["settle_cycles"] = reload_cycles(machine, mapping["ws"], shape.tiles)
    cost["token_cycles"], cost["first_word_cycles"], cost["prepare_cycles"], cost["release_cycles"] = 0.0, 0.0, 0.0, 0.0
    if machine["chain"]:
        cost["token_cycles"], cost["prepare_cycles"] = TOKEN_CYCLES, TOKEN_CYCLES + PREPARE_CYCLES
        cost["release_cycles"] = shape.finish
    if machine["group_ports"]:
        tile = left_tile(product, machine["group_m"], size.m, size.k)
        if mapping["ws"]:
            reads = ws_word_cycles(tile, 0, machine["rows"], machine["group_ports"])
        else:
            reads = os_chunk_reads(tile, 0, machine["rows"], machine["group_ports"], ir)
        cost["first_word_cycles"] = first_word_cycles(reads, tile.turned, machine["group_m"], way.group_turn)
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
