"""One mapping of a product on a machine: the work of all its tiles, and the cycles that any rates make of it."""

from __future__ import annotations

from typing import NamedTuple

from heddle.arch.jit import kernel
from heddle.arch.timing import lane_cycles, sore_cycles
from heddle.dataflow.cost import ceil_div, out_store_bytes
from heddle.dataflow.kernel_rows import MachineRow, ProductRow, RatesRow, TileMappingRow
from heddle.dataflow.mapping_energy import EnergyRow, product_energy, total_j
from heddle.dataflow.tile_computing import array_cycles, size_and_times
from heddle.dataflow.way_cost import TileLoad, left_load, out_cuts, right_load


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
        k, times_k = size_and_times(part, tiles_k, mapping["tile_k"], last_k)
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
        m, times_m = size_and_times(kind & 1, mapping["tiles_m"], mapping["tile_m"], last_m)
        n, times_n = size_and_times(kind & 2, mapping["tiles_n"], mapping["tile_n"], last_n)
        if times_m * times_n > 0:
            stored += times_m * times_n * out_store_bytes(product, machine["burst_bytes"], m, n)
            cuts += times_m * times_n * out_cuts(product, machine, m, n)
    mapping["store_bytes"], mapping["store_cuts"] = product["count"] * stored, product["count"] * cuts


@kernel
def fill_tiles(product: ProductRow, mapping: TileMappingRow) -> None:
    """Fill in how many tiles ``mapping`` has, whose tile sizes are set."""
    mapping["tiles_m"] = ceil_div(product["m"], mapping["tile_m"])
    mapping["tiles_n"] = ceil_div(product["n"], mapping["tile_n"])
    mapping["tiles_k"] = ceil_div(product["k"], mapping["tile_k"])
    mapping["stores"] = float(product["count"] * mapping["tiles_m"] * mapping["tiles_n"])


@kernel
def fill_moving(product: ProductRow, machine: MachineRow, mapping: TileMappingRow) -> OperandLoads:
    """Fill in what ``mapping`` moves in any order of the loops, behind ``fill_tiles``; return its OperandLoads."""
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
