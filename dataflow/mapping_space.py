"""The mapping space of one product on one machine, enumerated by a compiled kernel.

The space, stated: dataflow OS or WS, as the machine supports; in OS, every split of the interleave over rows and
columns that the machine's links allow; tile_m and tile_n a power of two times the array's extent (rows x
interleave rows, columns x interleave columns), or the whole dimension; m outermost or n outermost; k whole, or cut
into 2, 3, 4, 6, 8, 12, ... parts (``reduction_cuts``): from the fewest that fit on, for as long as another cut may pay.
A tile fits when its operands and its FP32 result each take at most half of their double buffer.

A cut pays with a shorter first load, which nothing overlaps; it costs the way of partial sums out and back. No tile
follows a buffer's size, so that a bigger buffer only adds mappings.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from heddle.arch.jit import kernel
from heddle.arch.records import Rows
from heddle.dataflow.cost import ACCUMULATOR_BYTES
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
from heddle.dataflow.mapping_choice import (
    NO_FIGURES,
    Goal,
    choose,
    comes_before,
    figures_of,
    limit_of,
    predict_cycles,
)
from heddle.dataflow.mapping_energy import EnergyRow
from heddle.dataflow.reduction_cuts import Cuts, ResultTile, cuts_of, fewest_parts, next_parts, part_length
from heddle.dataflow.tile_mapping import array_cycles, fill_mapping

#: Room for one product's frontier: more than four times what products of up to 2^20 in each size and I = 64 need.
MAX_MAPPINGS = 1 << 14

Cycles = npt.NDArray[np.float64]


class Searched(NamedTuple):
    """What is searched for: a product, the machine, and the joules of the machine's acts."""

    product: ProductRow
    machine: MachineRow
    energy: EnergyRow


class _Upfront(NamedTuple):
    """What a mapping moves that nothing overlaps, what it moves beside that, both in cuts too, and its array cycles."""

    edge_bytes: float
    later_bytes: float
    edge_cuts: float
    later_cuts: float
    array_cycles: float


@kernel
def _dominates(a: TileMappingRow, b: TileMappingRow) -> bool:
    """True when ``a`` is at least as good as ``b`` in everything that any rates make time of, and in energy."""
    return (
        array_cycles(a) <= array_cycles(b)
        and a["load_bytes"] <= b["load_bytes"]
        and a["store_bytes"] <= b["store_bytes"]
        and a["edge_bytes"] <= b["edge_bytes"]
        and a["edge_cuts"] <= b["edge_cuts"]
        and a["store_cuts"] <= b["store_cuts"]
        and a["load_bursts"] <= b["load_bursts"]
        and a["load_cuts"] <= b["load_cuts"]
        and a["loads"] <= b["loads"]
        and a["stores"] <= b["stores"]
        and a["drain_cycles"] <= b["drain_cycles"]
        and a["sore_elements"] <= b["sore_elements"]
        and a["energy_j"] <= b["energy_j"]
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
            if kept < i:
                frontier[kept] = frontier[i]
            kept += 1
    if kept < count:
        frontier[kept] = new
    return kept + 1


@kernel
def _fill(work: Searched, tile: ResultTile, order: int, tile_k: int, mapping: TileMappingRow) -> _Upfront:
    """Make ``mapping`` that of ``tile`` with k cut into parts of ``tile_k``."""
    mapping["ws"] = tile.ws
    mapping["interleave_rows"], mapping["interleave_cols"] = tile.interleave_rows, tile.interleave_cols
    mapping["order"], mapping["tile_m"], mapping["tile_n"], mapping["tile_k"] = order, tile.m, tile.n, tile_k
    fill_mapping(work.product, work.machine, work.energy, mapping)
    moved = mapping["load_bytes"] + mapping["store_bytes"]
    edge_bytes, edge_cuts = mapping["edge_bytes"], mapping["edge_cuts"]
    later_cuts = mapping["load_cuts"] + mapping["store_cuts"] - edge_cuts
    return _Upfront(edge_bytes, moved - edge_bytes, edge_cuts, later_cuts, array_cycles(mapping))


@kernel
def _may_pay(before: _Upfront, cut: _Upfront) -> bool:
    """Whether the shorter first load of ``cut`` can be worth its longer computation.

    While the array is what a product waits for, the DRAM moves the later bytes within the array cycles: so a byte of
    the edge takes at most ``array_cycles / later_bytes``, whatever the rates. The same holds of cuts.
    """
    saved_bytes, saved_cuts = before.edge_bytes - cut.edge_bytes, before.edge_cuts - cut.edge_cuts
    longer_cycles = cut.array_cycles - before.array_cycles
    return (
        saved_bytes * before.array_cycles > longer_cycles * before.later_bytes
        or saved_cuts * before.array_cycles > longer_cycles * before.later_cuts
    )


@kernel
def _add_cuts(work: Searched, cuts: Cuts, tile: ResultTile, parts: int, frontier: Rows, count: int) -> int:
    """Add a result tile's mappings to the frontier: k in ``parts``, then cut further for as long as it may pay.

    The order of the loops makes a difference only where k is whole and both operands have several tiles.
    """
    product = work.product
    tile_k = part_length(cuts, parts)
    longer = _fill(work, tile, 0, tile_k, frontier[count])
    count = _add_to_frontier(frontier, count)
    if tile_k == product["k"] and tile.m < product["m"] and tile.n < product["n"]:
        _fill(work, tile, 1, tile_k, frontier[count])
        count = _add_to_frontier(frontier, count)
    while tile_k > product["group_m"]:
        parts = next_parts(parts)
        shorter = part_length(cuts, parts)
        if shorter == tile_k:
            continue
        tile_k = shorter
        cut = _fill(work, tile, 0, tile_k, frontier[count])
        count = _add_to_frontier(frontier, count)
        if not _may_pay(longer, cut):
            break
        longer = cut
    return count


@kernel
def _next_tile(tile: int, total: int) -> int:
    """The next larger tile size of the space; ``total`` itself is the last, and past it 0 ends the walk."""
    if tile >= total:
        return 0
    return min(2 * tile, total)


@kernel
def _add_tilings(work: Searched, ws: int, ir: int, ic: int, frontier: Rows, count: int) -> int:
    """Add every tiling of one dataflow and interleave split to the frontier."""
    product, machine = work.product, work.machine
    half_out, cuts = machine["output_half_bytes"], cuts_of(product, machine, ws)
    tile_m = min(machine["rows"] * ir, product["m"])
    while tile_m > 0:
        tile_n, parts = min(machine["cols"] * ic, product["n"]), 1
        while tile_n > 0 and tile_m * tile_n * ACCUMULATOR_BYTES <= half_out:
            tile = ResultTile(ws, ir, ic, tile_m, tile_n)
            # A wider tile needs at least as many parts as a narrower one.
            parts = fewest_parts(product, machine, cuts, tile, parts)
            if parts == 0:
                break
            count = _add_cuts(work, cuts, tile, parts, frontier, count)
            tile_n = _next_tile(tile_n, product["n"])
        tile_m = _next_tile(tile_m, product["m"])
    return count


@kernel
def mapping_frontier(work: Searched, frontier: Rows) -> int:
    """Fill ``frontier`` (a TILE_MAPPING array of MAX_MAPPINGS) with the mappings that some rates make the best.

    Returns their number; 0 means that not even the smallest tile fits. Whatever the memory's and the lanes' speeds,
    and whatever is minimised, the best mapping of the whole space has an equal in the frontier.
    """
    count, machine = 0, work.machine
    if machine["dataflows"] & OS_BIT:
        interleave, axes = machine["interleave"], machine["axes"]
        for ir in range(1, interleave + 1):
            if interleave % ir != 0 or (axes == COLS_BIT and ir > 1) or (axes == ROWS_BIT and ir < interleave):
                continue
            count = _add_tilings(work, 0, ir, interleave // ir, frontier, count)
    if machine["dataflows"] & WS_BIT:
        count = _add_tilings(work, 1, 1, 1, frontier, count)
    return count


class Best(NamedTuple):
    """The best mapping of each product under each dataflow, [products, 2]: OS, WS.

    ``rows`` are TILE_MAPPING, ``cycles`` infinite where the machine lacks the dataflow or nothing fits; ``chosen``
    [products] is the dataflow of the mapping to run with, -1 where there is none.
    """

    rows: Rows
    cycles: Cycles
    chosen: npt.NDArray[np.int64]


@kernel
def best_mappings(
    products: Rows, machine: Rows, energy: EnergyRow, rates: RatesRow, goal: Goal, frontiers: Rows, best: Best
) -> None:
    """Fill ``best``: of each product the mapping to choose, and the best one of each dataflow.

    That of a dataflow is chosen within the limit of both; where it has none there, as if the other were not there.
    ``machine`` is a MACHINE array of one row, which is left as it was; ``frontiers`` (TILE_MAPPING, [2, MAX_MAPPINGS])
    are scratch space.
    """
    dataflows = machine[0]["dataflows"]
    predicted, counts, least = np.zeros(frontiers.shape), np.zeros(2, np.int64), np.zeros(2)
    for i in range(products.shape[0]):
        for dataflow in range(2):
            machine[0]["dataflows"] = dataflows & (1 << dataflow)
            counts[dataflow] = mapping_frontier(Searched(products[i], machine[0], energy), frontiers[dataflow])
            found = frontiers[dataflow, : counts[dataflow]]
            least[dataflow] = predict_cycles(found, products[i], rates, goal, predicted[dataflow])
        limit = limit_of(goal, min(least[0], least[1]))
        best.chosen[i], chosen = -1, NO_FIGURES
        for dataflow in range(2):
            best.cycles[i, dataflow] = np.inf
            if counts[dataflow] == 0:
                continue
            found, competes = frontiers[dataflow, : counts[dataflow]], least[dataflow] <= limit
            own_limit = limit if competes else limit_of(goal, least[dataflow])
            index = choose(found, predicted[dataflow], goal, own_limit)
            best.rows[i, dataflow] = found[index]
            best.cycles[i, dataflow] = predicted[dataflow, index]
            figures = figures_of(found[index], predicted[dataflow, index])
            if competes and (best.chosen[i] < 0 or comes_before(goal, figures, chosen)):
                best.chosen[i], chosen = dataflow, figures
    machine[0]["dataflows"] = dataflows
