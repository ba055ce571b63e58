"""One mapping of a product on a machine: the work of all its tiles, and the cycles that any rates make of it."""

from __future__ import annotations

from typing import NamedTuple

from heddle.arch.jit import kernel
from heddle.arch.timing import lane_cycles, slots_of, sore_cycles
from heddle.dataflow.cost import (
    ArrayTiles,
    array_tiles,
    ceil_div,
    instruction_cycles,
    lead_cycles,
    out_store_bytes,
)
from heddle.dataflow.feed_cost import tiles_across, waits_below
from heddle.dataflow.kernel_rows import MachineRow, ProductRow, RatesRow, TileMappingRow
from heddle.dataflow.mapping_energy import EnergyRow, product_energy, total_j
from heddle.dataflow.way_cost import TileLoad, left_load, out_cuts, right_load


@kernel
def _tiles_and_rest(total: int, tile: int) -> tuple[int, int]:
    """How many tiles a dimension is cut into, and the size of its last one."""
    tiles = ceil_div(total, tile)
    return tiles, total - (tiles - 1) * tile


@kernel
def _size_and_times(is_last: int, tiles: int, tile: int, last: int) -> tuple[int, int]:
    """Size of a dimension's last tile and of all tiles before it, and how often each stands there."""
    return (last, 1) if is_last else (tile, tiles - 1)


@kernel
def _tiles_of(product: ProductRow, machine: MachineRow, mapping: TileMappingRow, m: int, n: int, k: int) -> ArrayTiles:
    """The ArrayTiles of one [m x k x n] tile of ``mapping``."""
    slots = slots_of(k, product["keep_n"], product["group_m"])
    ir, ic = mapping["interleave_rows"], mapping["interleave_cols"]
    return array_tiles(machine, mapping["ws"], ir, ic, m, n, slots, mapping["tiles_k"] > 1)


@kernel
def _instructions_cycles(
    product: ProductRow, machine: MachineRow, mapping: TileMappingRow, last_m: int, last_n: int, last_k: int
) -> tuple[float, float]:
    """Array cycles of all tiles of one repetition, and how long they wait for left words.

    There are at most eight kinds, full or last in each dimension. Of the parts of a reduction all but the first go on
    from partial sums.
    """
    cycles, waits = 0.0, 0.0
    ws, ir, ic = mapping["ws"], mapping["interleave_rows"], mapping["interleave_cols"]
    for kind in range(4):
        m, times_m = _size_and_times(kind & 1, mapping["tiles_m"], mapping["tile_m"], last_m)
        k, times_k = _size_and_times(kind & 2, mapping["tiles_k"], mapping["tile_k"], last_k)
        if times_m * times_k == 0:
            continue
        holds_first = mapping["tiles_k"] == 1 or not kind & 2
        below_waits = -1  # those of any number of columns
        for part in range(2):
            n, times_n = _size_and_times(part, mapping["tiles_n"], mapping["tile_n"], last_n)
            if times_n == 0:
                continue
            shape = _tiles_of(product, machine, mapping, m, n, k)
            first = instruction_cycles(machine, ws, shape, 0)
            reloading = instruction_cycles(machine, ws, shape, 1)
            cycles += times_m * times_n * (holds_first * first + (times_k - holds_first) * reloading)
            across = tiles_across(machine, ws, ic, shape, n)
            if below_waits < 0:
                below_waits = waits_below(machine, product, ws, ir, shape, shape.tiles // across, m, k)
            waits += times_m * times_n * times_k * across * below_waits
    return cycles, waits


class Loaded(NamedTuple):
    """Bytes, bursts and cuts of reading an operand once, tile by tile."""

    nbytes: float
    bursts: float
    cuts: float


class OperandLoads(NamedTuple):
    """What reading each operand once takes."""

    left: Loaded
    right: Loaded


@kernel
def _with_loads(loaded: Loaded, load: TileLoad, times: int) -> Loaded:
    """Return ``loaded`` and ``times`` more loads."""
    return Loaded(
        loaded.nbytes + times * load.nbytes, loaded.bursts + times * load.bursts, loaded.cuts + times * load.cuts
    )


@kernel
def _operand_loads(
    product: ProductRow,
    machine: MachineRow,
    mapping: TileMappingRow,
    first: tuple[TileLoad, TileLoad],
    lasts: tuple[int, int, int],
) -> OperandLoads:
    """Return the OperandLoads; ``first`` are those of a full tile, ``lasts`` the sizes of the last one."""
    tiles_m, tiles_n, tiles_k = mapping["tiles_m"], mapping["tiles_n"], mapping["tiles_k"]
    last_m, last_n, last_k = lasts
    left = right = Loaded(0.0, 0.0, 0.0)
    for part in range(2):
        k, times_k = _size_and_times(part, tiles_k, mapping["tile_k"], last_k)
        if times_k == 0:
            continue
        is_full = k == mapping["tile_k"]
        if tiles_m > 1:
            load = first[0] if is_full else left_load(product, machine, mapping["tile_m"], k)
            left = _with_loads(left, load, times_k * (tiles_m - 1))
        if tiles_n > 1:
            load = first[1] if is_full else right_load(product, machine, mapping["tile_n"], k)
            right = _with_loads(right, load, times_k * (tiles_n - 1))
        is_first = is_full and last_m == mapping["tile_m"]
        left = _with_loads(left, first[0] if is_first else left_load(product, machine, last_m, k), times_k)
        is_first = is_full and last_n == mapping["tile_n"]
        right = _with_loads(right, first[1] if is_first else right_load(product, machine, last_n, k), times_k)
    return OperandLoads(left, right)


@kernel
def _fill_stores(product: ProductRow, machine: MachineRow, mapping: TileMappingRow, last_m: int, last_n: int) -> None:
    """Fill in bytes and cuts of all stores."""
    stored, cuts = 0.0, 0.0
    for kind in range(4):
        m, times_m = _size_and_times(kind & 1, mapping["tiles_m"], mapping["tile_m"], last_m)
        n, times_n = _size_and_times(kind & 2, mapping["tiles_n"], mapping["tile_n"], last_n)
        if times_m * times_n > 0:
            stored += times_m * times_n * out_store_bytes(product, machine["burst_bytes"], m, n)
            cuts += times_m * times_n * out_cuts(product, machine, m, n)
    mapping["store_bytes"], mapping["store_cuts"] = product["count"] * stored, product["count"] * cuts


@kernel
def fill_computing(product: ProductRow, machine: MachineRow, mapping: TileMappingRow) -> None:
    """Fill in what the array does of ``mapping``, whose dataflow, interleave and tile sizes are set.

    Neither the machine's memory port nor the order of the loops plays a part in it.
    """
    tiles_m, last_m = _tiles_and_rest(product["m"], mapping["tile_m"])
    tiles_n, last_n = _tiles_and_rest(product["n"], mapping["tile_n"])
    tiles_k, last_k = _tiles_and_rest(product["k"], mapping["tile_k"])
    mapping["tiles_m"], mapping["tiles_n"], mapping["tiles_k"] = tiles_m, tiles_n, tiles_k
    count = product["count"]
    last = _tiles_of(product, machine, mapping, last_m, last_n, last_k)
    full = _tiles_of(product, machine, mapping, mapping["tile_m"], mapping["tile_n"], mapping["tile_k"])
    compute, waits = _instructions_cycles(product, machine, mapping, last_m, last_n, last_k)
    mapping["compute_cycles"] = count * compute + lead_cycles(machine, mapping["ws"]) + last.finish
    mapping["feed_cycles"] = count * waits
    mapping["stores"] = float(count * tiles_m * tiles_n)
    mapping["drain_cycles"] = mapping["stores"] * full.finish


@kernel
def fill_moving(product: ProductRow, machine: MachineRow, mapping: TileMappingRow) -> OperandLoads:
    """Fill in what ``mapping`` moves in any order of the loops, behind ``fill_computing``; return its OperandLoads."""
    last_m = product["m"] - (mapping["tiles_m"] - 1) * mapping["tile_m"]
    last_n = product["n"] - (mapping["tiles_n"] - 1) * mapping["tile_n"]
    last_k = product["k"] - (mapping["tiles_k"] - 1) * mapping["tile_k"]
    _fill_stores(product, machine, mapping, last_m, last_n)
    left = left_load(product, machine, mapping["tile_m"], mapping["tile_k"])
    right = right_load(product, machine, mapping["tile_n"], mapping["tile_k"])
    stored_bytes = out_store_bytes(product, machine["burst_bytes"], last_m, last_n)
    mapping["edge_bytes"] = left.nbytes + right.nbytes + stored_bytes
    mapping["edge_cuts"] = left.cuts + right.cuts + out_cuts(product, machine, last_m, last_n)
    mapping["edge_bursts"] = left.bursts + right.bursts
    return _operand_loads(product, machine, mapping, (left, right), (last_m, last_n, last_k))


@kernel
def fill_order(
    product: ProductRow, machine: MachineRow, energy: EnergyRow, mapping: TileMappingRow, once: OperandLoads
) -> None:
    """Fill in what hangs on the order of the loops of ``mapping``: how often each operand is read, and the energy."""
    tiles_m, tiles_n, tiles_k, count = mapping["tiles_m"], mapping["tiles_n"], mapping["tiles_k"], product["count"]
    left_repeats, right_repeats = operand_repeats(mapping["order"], tiles_m, tiles_n, tiles_k)
    lefts, rights = count * left_repeats, count * right_repeats
    mapping["load_bytes"] = lefts * once.left.nbytes + rights * once.right.nbytes
    mapping["left_bursts"], mapping["left_cuts"] = lefts * once.left.bursts, lefts * once.left.cuts
    mapping["right_bursts"], mapping["right_cuts"] = rights * once.right.bursts, rights * once.right.cuts
    mapping["loads"] = float(count * tiles_k * max(tiles_m * left_repeats, tiles_n * right_repeats))
    pruned = right_repeats * product["k"] * product["n"] if product["prune_on_load"] else 0
    mapping["sore_elements"] = float(count * pruned)
    mapping["energy_j"] = total_j(product_energy(product, machine, mapping, energy))


@kernel
def operand_repeats(order: int, tiles_m: int, tiles_n: int, tiles_k: int) -> tuple[int, int]:
    """How often the left and the right operand are read as a whole.

    A tile stays in its buffer while the loop over the other operand's tiles runs inside; with the reduction cut,
    every step brings another tile of both.
    """
    left = 1 if tiles_k == 1 and (order == 0 or tiles_m == 1) else tiles_n
    right = 1 if tiles_k == 1 and (order == 1 or tiles_n == 1) else tiles_m
    return left, right


@kernel
def array_cycles(mapping: TileMappingRow) -> float:
    """The time of the array and of the feeder that it waits for."""
    return mapping["compute_cycles"] + mapping["feed_cycles"]


@kernel
def mapping_cycles(mapping: TileMappingRow, out_elements: float, group_m: int, rates: RatesRow) -> float:
    """Predicted cycles of a mapping: the slowest of its resources and of its two token loops, plus the edges.

    Resources are the array, the DRAM, the load unit, the lanes and the gearbox on the store path, and SORE. A half of a
    buffer goes round a loop: filled, used, and free again; with two halves a loop of t cycles gives a tile every t / 2.
    The load unit brings one operand behind the other, each at the pace of its cuts or of the bursts that it waits for.
    In the operands' loop each tile is loaded, latency and the machine's way included, then used to its last result; in
    the result's it is computed, drained, then stored.
    """
    per_byte, per_burst = rates["cycles_per_byte"], rates["burst_cycles"]
    compute, moved = array_cycles(mapping), mapping["load_bytes"] + mapping["store_bytes"]
    turns = mapping["stores"] * rates["turnaround_cycles"]
    lanes = max(lane_cycles(out_elements, rates["vector_lanes"]), mapping["store_cuts"])
    asked = max(mapping["left_cuts"], mapping["left_bursts"] * per_burst)
    asked += max(mapping["right_cuts"], mapping["right_bursts"] * per_burst)
    pruning = sore_cycles(mapping["sore_elements"], group_m, rates["sore_lanes"])
    memory = (moved - mapping["edge_bytes"]) * per_byte + turns
    resources = max(max(compute, memory), max(max(lanes, pruning), asked))
    to_load = rates["latency_cycles"] + rates["load_cycles"]
    loading = max(asked, mapping["load_bytes"] * per_byte)
    operand_loop = compute + mapping["drain_cycles"] + mapping["loads"] * to_load + loading
    storing = max(lanes, mapping["store_bytes"] * per_byte + turns)
    result_loop = compute + mapping["drain_cycles"] + mapping["stores"] * rates["store_cycles"] + storing
    inner = max(resources, max(operand_loop, result_loop) / 2.0)
    edge = max(mapping["edge_bytes"] * per_byte, max(mapping["edge_cuts"], mapping["edge_bursts"] * per_burst))
    return to_load + rates["store_cycles"] + edge + inner
