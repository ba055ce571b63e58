"""The mapping space of one product on one machine, enumerated by a compiled kernel.

The space, stated: dataflow OS or WS, as the machine supports; in OS, every split of the interleave over rows and
columns that the machine's links allow; tile_m and tile_n a power of two times the array's extent (rows x
interleave rows, columns x interleave columns), or the whole dimension; m outermost or n outermost; tile_k the
longest that fits, balanced over its tiles. A tile fits when its operands and its FP32 result each take at most
half of their double buffer.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from heddle.arch.jit import kernel
from heddle.arch.records import Rows
from heddle.dataflow.cost import ACCUMULATOR_BYTES, ceil_div, left_tile_bytes, right_tile_bytes
from heddle.dataflow.kernel_rows import (
    COLS_BIT,
    OS_BIT,
    ROWS_BIT,
    WS_BIT,
    MachineRow,
    ProductRow,
    RatesRow,
    TileMappingRow,
)
from heddle.dataflow.tile_mapping import fill_mapping, is_better, mapping_cycles

#: Room for one product's frontier: four times what products of up to 2^20 in each size and I = 64 were seen to need.
MAX_MAPPINGS = 4096


@kernel
def reduction_unit(product: ProductRow) -> int:
    """Smallest step in which k is cut: whole groups, and all taps of a channel together."""
    taps = 1
    if not product["left"]["pixels_on_k"]:
        taps = max(taps, product["left"]["taps"])
    if not product["right"]["pixels_on_k"]:
        taps = max(taps, product["right"]["taps"])
    return taps * product["group_m"]


@kernel
def _fits(product: ProductRow, machine: MachineRow, m: int, n: int, k: int) -> bool:
    return (
        left_tile_bytes(product, m, k) <= machine["activation_half_bytes"]
        and right_tile_bytes(product, n, k) <= machine["weight_half_bytes"]
    )


@kernel
def longest_reduction(product: ProductRow, machine: MachineRow, m: int, n: int) -> int:
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
def _dominates(a: TileMappingRow, b: TileMappingRow) -> bool:
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
def _add_to_frontier(frontier: Rows, count: int) -> int:
    """Take ``frontier[count]`` in unless an earlier mapping dominates it; drop those that it dominates."""
    if count + 1 >= frontier.shape[0]:
        raise OverflowError("more incomparable mappings than MAX_MAPPINGS")
    new: TileMappingRow = frontier[count]
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
def _add_tilings(
    product: ProductRow, machine: MachineRow, ws: int, ir: int, ic: int, frontier: Rows, count: int
) -> int:
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
                new: TileMappingRow = frontier[count]
                new["ws"], new["interleave_rows"], new["interleave_cols"] = ws, ir, ic
                new["order"], new["tile_m"], new["tile_n"], new["tile_k"] = order, tile_m, tile_n, tile_k
                fill_mapping(product, machine, new)
                count = _add_to_frontier(frontier, count)
            tile_n = _next_tile(tile_n, product["n"])
        tile_m = _next_tile(tile_m, product["m"])
    return count


@kernel
def mapping_frontier(product: ProductRow, machine: MachineRow, frontier: Rows) -> int:
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
def fastest(frontier: Rows, count: int, out_elements: float, group_m: int, rates: RatesRow) -> int:
    """Index of the fastest of ``count`` mappings; ties go to the fewer DRAM bytes, then to the earlier one."""
    best, best_cycles, best_bytes = -1, np.inf, np.inf
    for i in range(count):
        cycles = mapping_cycles(frontier[i], out_elements, group_m, rates)
        moved = frontier[i]["load_bytes"] + frontier[i]["store_bytes"]
        if is_better(cycles, moved, best_cycles, best_bytes):
            best, best_cycles, best_bytes = i, cycles, moved
    return best


@kernel
def best_mappings(
    products: Rows, machine: Rows, rates: RatesRow, frontier: Rows, best: Rows, cycles: npt.NDArray[np.float64]
) -> None:
    """Find the fastest mapping of each product under each dataflow.

    Fills ``best`` (TILE_MAPPING, [products, 2]: OS, WS) and ``cycles`` ([products, 2], infinity where the machine lacks
    the dataflow or nothing fits). ``machine`` is a MACHINE array of one row, which is left as it was.
    """
    dataflows = machine[0]["dataflows"]
    for i in range(products.shape[0]):
        product: ProductRow = products[i]
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
