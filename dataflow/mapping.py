"""The mapping space of one product on one machine, enumerated by a compiled kernel.

The space, stated: dataflow OS or WS, as the machine supports; in OS, every split of the interleave over rows and
columns that the machine's links allow; tile_m and tile_n a power of two times the array's extent (rows x
interleave rows, columns x interleave columns), or the whole dimension; m outermost or n outermost; tile_k the
longest that fits, balanced over its tiles. A tile fits when its operands and its FP32 result each take at most
half of their double buffer.
"""

from __future__ import annotations

import numpy as np

from heddle.arch.jit import kernel
from heddle.arch.timing import lane_cycles, slots_of, sore_cycles
from heddle.dataflow.cost import (
    ACCUMULATOR_BYTES,
    array_tiles,
    ceil_div,
    instruction_cycles,
    lead_cycles,
    left_load_bytes,
    left_tile_bytes,
    out_store_bytes,
    right_load_bytes,
    right_tile_bytes,
)
from heddle.dataflow.kernel_rows import COLS_BIT, OS_BIT, ROWS_BIT, WS_BIT

#: Room for one product's frontier: four times what products of up to 2^20 in each size and I = 64 were seen to need.
MAX_MAPPINGS = 4096


@kernel
def reduction_unit(product) -> int:  # type: ignore[no-untyped-def]
    """Smallest step in which k is cut: whole groups, and all taps of a channel together."""
    taps = 1
    if not product["left_pixels_on_k"]:
        taps = max(taps, product["left_taps"])
    if not product["right_pixels_on_k"]:
        taps = max(taps, product["right_taps"])
    return taps * product["group_m"]


@kernel
def _fits(product, machine, m: int, n: int, k: int) -> bool:  # type: ignore[no-untyped-def]
    return (
        left_tile_bytes(product, m, k) <= machine["activation_half_bytes"]
        and right_tile_bytes(product, n, k) <= machine["weight_half_bytes"]
    )


@kernel
def longest_reduction(product, machine, m: int, n: int) -> int:  # type: ignore[no-untyped-def]
    """Longest tile_k that fits beside tile_m and tile_n, balanced over its tiles; 0 if not one unit fits."""
    total, unit = product["k"], reduction_unit(product)
    if _fits(product, machine, m, n, total):
        return total
    if total <= unit or not _fits(product, machine, m, n, unit):
        return 0
    fitting, failing = 1, ceil_div(total, unit)
    while failing - fitting > 1:
        middle = (fitting + failing) // 2
        if _fits(product, machine, m, n, min(total, middle * unit)):
            fitting = middle
        else:
            failing = middle
    tiles = ceil_div(ceil_div(total, unit), fitting)
    return min(total, ceil_div(ceil_div(total, unit), tiles) * unit)


@kernel
def _tiles_and_rest(total: int, tile: int):  # type: ignore[no-untyped-def]
    """How many tiles a dimension is cut into, and the size of its last one."""
    tiles = ceil_div(total, tile)
    return tiles, total - (tiles - 1) * tile


@kernel
def _size_and_times(is_last: int, tiles: int, tile: int, last: int):  # type: ignore[no-untyped-def]
    """Size of a dimension's last tile and of all tiles before it, and how often each stands there."""
    return (last, 1) if is_last else (tile, tiles - 1)


@kernel
def _tiles_of(product, machine, mapping, m: int, n: int, k: int):  # type: ignore[no-untyped-def]
    """The ArrayTiles of one [m x k x n] tile of ``mapping``."""
    slots = slots_of(k, product["keep_n"], product["group_m"])
    ir, ic = mapping["interleave_rows"], mapping["interleave_cols"]
    return array_tiles(machine, mapping["ws"], ir, ic, m, n, slots, mapping["tiles_k"] > 1)


@kernel
def _instructions_cycles(product, machine, mapping, last_m: int, last_n: int, last_k: int) -> float:  # type: ignore[no-untyped-def]
    """Array cycles of all tiles of one repetition: at most eight kinds, full or last in each dimension.

    Of the parts of a reduction all but the first go on from partial sums.
    """
    cycles = 0.0
    for kind in range(8):
        m, times_m = _size_and_times(kind & 1, mapping["tiles_m"], mapping["tile_m"], last_m)
        n, times_n = _size_and_times(kind & 2, mapping["tiles_n"], mapping["tile_n"], last_n)
        k, times_k = _size_and_times(kind & 4, mapping["tiles_k"], mapping["tile_k"], last_k)
        if times_m * times_n * times_k > 0:
            shape = _tiles_of(product, machine, mapping, m, n, k)
            holds_first = mapping["tiles_k"] == 1 or not kind & 4
            first = instruction_cycles(machine, mapping["ws"], shape, 0)
            reloading = instruction_cycles(machine, mapping["ws"], shape, 1)
            cycles += times_m * times_n * (holds_first * first + (times_k - holds_first) * reloading)
    return cycles


@kernel
def _operand_bytes(product, burst_bytes: int, mapping, last_m: int, last_n: int, last_k: int):  # type: ignore[no-untyped-def]
    """DRAM bytes of reading the left and the right operand once, tile by tile."""
    left, right = 0.0, 0.0
    for part in range(2):
        k, times_k = _size_and_times(part, mapping["tiles_k"], mapping["tile_k"], last_k)
        if times_k > 0:
            left += times_k * left_load_bytes(product, burst_bytes, last_m, k)
            right += times_k * right_load_bytes(product, burst_bytes, last_n, k)
            if mapping["tiles_m"] > 1:
                full = left_load_bytes(product, burst_bytes, mapping["tile_m"], k)
                left += times_k * (mapping["tiles_m"] - 1) * full
            if mapping["tiles_n"] > 1:
                full = right_load_bytes(product, burst_bytes, mapping["tile_n"], k)
                right += times_k * (mapping["tiles_n"] - 1) * full
    return left, right


@kernel
def _result_bytes(product, burst_bytes: int, mapping, last_m: int, last_n: int) -> float:  # type: ignore[no-untyped-def]
    """DRAM bytes of storing the result of one repetition, tile by tile."""
    stored = 0.0
    for kind in range(4):
        m, times_m = _size_and_times(kind & 1, mapping["tiles_m"], mapping["tile_m"], last_m)
        n, times_n = _size_and_times(kind & 2, mapping["tiles_n"], mapping["tile_n"], last_n)
        if times_m * times_n > 0:
            stored += times_m * times_n * out_store_bytes(product, burst_bytes, m, n)
    return stored


@kernel
def fill_mapping(product, machine, mapping) -> None:  # type: ignore[no-untyped-def]
    """Compute the work of ``mapping``, whose dataflow, interleave, order and tile sizes are set."""
    tiles_m, last_m = _tiles_and_rest(product["m"], mapping["tile_m"])
    tiles_n, last_n = _tiles_and_rest(product["n"], mapping["tile_n"])
    tiles_k, last_k = _tiles_and_rest(product["k"], mapping["tile_k"])
    mapping["tiles_m"], mapping["tiles_n"], mapping["tiles_k"] = tiles_m, tiles_n, tiles_k
    count, burst_bytes = product["count"], machine["burst_bytes"]
    last = _tiles_of(product, machine, mapping, last_m, last_n, last_k)
    full = _tiles_of(product, machine, mapping, mapping["tile_m"], mapping["tile_n"], mapping["tile_k"])
    compute = _instructions_cycles(product, machine, mapping, last_m, last_n, last_k)
    mapping["compute_cycles"] = count * compute + lead_cycles(machine, mapping["ws"]) + last.finish
    left, right = _operand_bytes(product, burst_bytes, mapping, last_m, last_n, last_k)
    left_repeats, right_repeats = operand_repeats(mapping["order"], tiles_m, tiles_n, tiles_k)
    mapping["load_bytes"] = count * (left * left_repeats + right * right_repeats)
    mapping["store_bytes"] = count * _result_bytes(product, burst_bytes, mapping, last_m, last_n)
    mapping["edge_bytes"] = (
        left_load_bytes(product, burst_bytes, mapping["tile_m"], mapping["tile_k"])
        + right_load_bytes(product, burst_bytes, mapping["tile_n"], mapping["tile_k"])
        + out_store_bytes(product, burst_bytes, last_m, last_n)
    )
    mapping["loads"] = float(count * tiles_k * max(tiles_m * left_repeats, tiles_n * right_repeats))
    mapping["stores"] = float(count * tiles_m * tiles_n)
    mapping["drain_cycles"] = mapping["stores"] * full.finish
    pruned = right_repeats * product["k"] * product["n"] if product["prune_on_load"] else 0
    mapping["sore_elements"] = float(count * pruned)


@kernel
def operand_repeats(order: int, tiles_m: int, tiles_n: int, tiles_k: int):  # type: ignore[no-untyped-def]
    """How often the left and the right operand are read as a whole.

    A tile stays in its buffer while the loop over the other operand's tiles runs inside; with the reduction cut,
    every step brings another tile of both.
    """
    left = 1 if tiles_k == 1 and (order == 0 or tiles_m == 1) else tiles_n
    right = 1 if tiles_k == 1 and (order == 1 or tiles_n == 1) else tiles_m
    return left, right


@kernel
def mapping_cycles(mapping, out_elements: float, group_m: int, rates) -> float:  # type: ignore[no-untyped-def]
    """Predicted cycles of a mapping: the slowest of its resources and of its two token loops, plus the edges.

    Resources are the array, the DRAM, the lanes on the store path and SORE. A buffer half goes round a loop: filled,
    used, and free again; with two halves a loop of t cycles gives a tile every t / 2. In the operands' loop
    each tile is loaded, latency included, then used; in the result's it is computed, drained, then stored.
    """
    per_byte = rates["cycles_per_byte"]
    edge, compute = mapping["edge_bytes"], mapping["compute_cycles"]
    moved = mapping["load_bytes"] + mapping["store_bytes"]
    turns = mapping["stores"] * rates["turnaround_cycles"]
    lanes = lane_cycles(out_elements, rates["vector_lanes"])
    resources = max(compute, (moved - edge) * per_byte + turns)
    resources = max(resources, max(lanes, sore_cycles(mapping["sore_elements"], group_m, rates["sore_lanes"])))
    operand_loop = compute + mapping["loads"] * rates["latency_cycles"] + mapping["load_bytes"] * per_byte
    store = max(lanes, mapping["store_bytes"] * per_byte + turns)
    result_loop = compute + mapping["drain_cycles"] + store
    inner = max(resources, max(operand_loop, result_loop) / 2.0)
    return rates["latency_cycles"] + edge * per_byte + inner


@kernel
def _dominates(a, b) -> bool:  # type: ignore[no-untyped-def]
    """True when ``a`` is at least as good as ``b`` in everything that any rates make time of."""
    return (
        a["compute_cycles"] <= b["compute_cycles"]
        and a["load_bytes"] <= b["load_bytes"]
        and a["store_bytes"] <= b["store_bytes"]
        and a["edge_bytes"] <= b["edge_bytes"]
        and a["loads"] <= b["loads"]
        and a["stores"] <= b["stores"]
        and a["drain_cycles"] <= b["drain_cycles"]
        and a["sore_elements"] <= b["sore_elements"]
    )


@kernel
def _add_to_frontier(frontier, count: int) -> int:  # type: ignore[no-untyped-def]
    """Take ``frontier[count]`` in unless an earlier mapping dominates it; drop those that it dominates."""
    if count + 1 >= frontier.shape[0]:
        raise OverflowError("more incomparable mappings than MAX_MAPPINGS")
    new = frontier[count]
    for i in range(count):
        if _dominates(frontier[i], new):
            return count
    kept = 0
    for i in range(count):
        if not _dominates(new, frontier[i]):
            frontier[kept] = frontier[i]
            kept += 1
    frontier[kept] = frontier[count]
    return kept + 1


@kernel
def _next_tile(tile: int, total: int) -> int:
    """The next larger tile size of the space; ``total`` itself is the last, and past it 0 ends the walk."""
    if tile >= total:
        return 0
    return min(2 * tile, total)


@kernel
def _add_tilings(product, machine, ws: int, ir: int, ic: int, frontier, count: int) -> int:  # type: ignore[no-untyped-def]
    """Add every tiling of one dataflow and interleave split to the frontier."""
    half_out = machine["output_half_bytes"]
    tile_m = min(machine["rows"] * ir, product["m"])
    while tile_m > 0:
        tile_n = min(machine["cols"] * ic, product["n"])
        while tile_n > 0 and tile_m * tile_n * ACCUMULATOR_BYTES <= half_out:
            tile_k = longest_reduction(product, machine, tile_m, tile_n)
            if tile_k == 0:
                break
            for order in range(2):
                new = frontier[count]
                new["ws"], new["interleave_rows"], new["interleave_cols"] = ws, ir, ic
                new["order"], new["tile_m"], new["tile_n"], new["tile_k"] = order, tile_m, tile_n, tile_k
                fill_mapping(product, machine, new)
                count = _add_to_frontier(frontier, count)
            tile_n = _next_tile(tile_n, product["n"])
        tile_m = _next_tile(tile_m, product["m"])
    return count


@kernel
def mapping_frontier(product, machine, frontier) -> int:  # type: ignore[no-untyped-def]
    """Fill ``frontier`` (a TILE_MAPPING array of MAX_MAPPINGS) with the mappings that some rates make the best.

    Returns their number; 0 means that not even the smallest tile fits. Whatever the memory's and the lanes'
    speeds, the fastest mapping of the whole space has an equal in the frontier.
    """
    count = 0
    if machine["dataflows"] & OS_BIT:
        interleave, axes = machine["interleave"], machine["axes"]
        for ir in range(1, interleave + 1):
            if interleave % ir != 0 or (axes == COLS_BIT and ir > 1) or (axes == ROWS_BIT and ir < interleave):
                continue
            count = _add_tilings(product, machine, 0, ir, interleave // ir, frontier, count)
    if machine["dataflows"] & WS_BIT:
        count = _add_tilings(product, machine, 1, 1, 1, frontier, count)
    return count


@kernel
def is_better(cycles: float, moved_bytes: float, best_cycles: float, best_bytes: float) -> bool:
    """Whether a mapping replaces the best so far: fewer cycles, then fewer DRAM bytes; of equals the earlier stays."""
    return cycles < best_cycles or (cycles == best_cycles and moved_bytes < best_bytes)


@kernel
def fastest(frontier, count: int, out_elements: float, group_m: int, rates) -> int:  # type: ignore[no-untyped-def]
    """Index of the fastest of ``count`` mappings; ties go to the fewer DRAM bytes, then to the earlier one."""
    best, best_cycles, best_bytes = -1, np.inf, np.inf
    for i in range(count):
        cycles = mapping_cycles(frontier[i], out_elements, group_m, rates)
        moved = frontier[i]["load_bytes"] + frontier[i]["store_bytes"]
        if is_better(cycles, moved, best_cycles, best_bytes):
            best, best_cycles, best_bytes = i, cycles, moved
    return best


@kernel
def best_mappings(products, machine, rates, frontier, best, cycles) -> None:  # type: ignore[no-untyped-def]
    """Find the fastest mapping of each product under each dataflow.

    Fills ``best`` (TILE_MAPPING, [products, 2]: OS, WS) and ``cycles`` ([products, 2], infinity where the machine lacks
    the dataflow or nothing fits). ``machine`` is a MACHINE array of one row, which is left as it was.
    """
    dataflows = machine[0]["dataflows"]
    for i in range(products.shape[0]):
        product = products[i]
        out_elements = float(product["count"] * product["m"] * product["n"])
        for dataflow in range(2):
            machine[0]["dataflows"] = dataflows & (1 << dataflow)
            count = mapping_frontier(product, machine[0], frontier)
            index = fastest(frontier, count, out_elements, product["group_m"], rates)
            cycles[i, dataflow] = np.inf
            if index >= 0:
                best[i, dataflow] = frontier[index]
                cycles[i, dataflow] = mapping_cycles(frontier[index], out_elements, product["group_m"], rates)
    machine[0]["dataflows"] = dataflows
