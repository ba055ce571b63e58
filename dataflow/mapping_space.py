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

from typing import NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from heddle.arch.jit import kernel
from heddle.arch.records import Rows, record_dtype
from heddle.dataflow.cost import ACCUMULATOR_BYTES
from heddle.dataflow.kernel_rows import (
    COLS_BIT,
    OS_BIT,
    ROWS_BIT,
    TILE_MAPPING,
    WS_BIT,
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
from heddle.dataflow.mapping_frontier import MAX_MAPPINGS, add_to_frontier
from heddle.dataflow.reduction_cuts import Cuts, ResultTile, cuts_of, fewest_parts, next_parts, part_length
from heddle.dataflow.tile_mapping import array_cycles, fill_computing, fill_moving, fill_order

Cycles = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


class Searched(NamedTuple):
    """What is searched for: a product, machines that differ in their memory's port alone, and the joules of acts."""

    product: ProductRow
    machines: Rows
    energy: EnergyRow


class UpfrontRow(TypedDict):
    """What a mapping moves that nothing overlaps, and beside that, both in cuts and bursts too, and its array cycles.

    ``may_pay``: another cut of the reduction may be better than it.
    """

    edge_bytes: float
    later_bytes: float
    edge_cuts: float
    later_cuts: float
    edge_bursts: float
    later_bursts: float
    array_cycles: float
    may_pay: int


UPFRONT = record_dtype(UpfrontRow)


class Kept(NamedTuple):
    """The frontiers of machines: ``counts`` [machines] of the rows [machines, MAX_MAPPINGS] are filled.

    ``drawn`` is room for the mapping under way, ``cut`` for an UPFRONT row of each machine and one for now.
    """

    frontiers: Rows
    counts: Counts
    drawn: Rows
    cut: Rows


def kept_of(machines: int) -> Kept:
    """Return room for the frontiers of so many machines. Memory is only taken where rows are written."""
    frontiers = np.empty((machines, MAX_MAPPINGS), TILE_MAPPING)
    return Kept(frontiers, np.zeros(machines, np.int64), np.zeros(1, TILE_MAPPING), np.zeros(machines + 1, UPFRONT))


@kernel
def _draw(work: Searched, tile: ResultTile, tile_k: int, mapping: TileMappingRow) -> None:
    """Make ``mapping`` that of ``tile`` with k cut into parts of ``tile_k``, but for what it moves."""
    mapping["ws"] = tile.ws
    mapping["interleave_rows"], mapping["interleave_cols"] = tile.interleave_rows, tile.interleave_cols
    mapping["tile_m"], mapping["tile_n"], mapping["tile_k"] = tile.m, tile.n, tile_k
    fill_computing(work.product, work.machines[0], mapping)


@kernel
def _add(work: Searched, kept: Kept, at: int, orders: int, mapping: TileMappingRow, upfront: UpfrontRow) -> None:
    """Add ``mapping`` to the frontier of machine ``at`` in so many orders of the loops; ``upfront`` is of the first."""
    machine = work.machines[at]
    once = fill_moving(work.product, machine, mapping)
    for order in range(orders):
        mapping["order"] = order
        fill_order(work.product, machine, work.energy, mapping, once)
        kept.counts[at] = add_to_frontier(kept.frontiers[at], kept.counts[at], mapping)
        if order == 0:
            _fill_upfront(mapping, upfront)


@kernel
def _fill_upfront(mapping: TileMappingRow, upfront: UpfrontRow) -> None:
    moved = mapping["load_bytes"] + mapping["store_bytes"]
    upfront["edge_bytes"], upfront["edge_cuts"] = mapping["edge_bytes"], mapping["edge_cuts"]
    upfront["later_bytes"] = moved - mapping["edge_bytes"]
    upfront["later_cuts"] = mapping["left_cuts"] + mapping["right_cuts"] + mapping["store_cuts"] - mapping["edge_cuts"]
    upfront["edge_bursts"] = mapping["edge_bursts"]
    upfront["later_bursts"] = mapping["left_bursts"] + mapping["right_bursts"] - mapping["edge_bursts"]
    upfront["array_cycles"] = array_cycles(mapping)


@kernel
def _may_pay(before: UpfrontRow, cut: UpfrontRow) -> bool:
    """Whether the shorter first load of ``cut`` can be worth its longer computation.

    While the array is what a product waits for, the DRAM moves the later bytes within the array cycles: so a byte of
    the edge takes at most ``array_cycles / later_bytes``, whatever the rates. The same holds of cuts and of bursts.
    """
    saved_bytes, saved_cuts = before["edge_bytes"] - cut["edge_bytes"], before["edge_cuts"] - cut["edge_cuts"]
    saved_bursts = before["edge_bursts"] - cut["edge_bursts"]
    longer_cycles = cut["array_cycles"] - before["array_cycles"]
    return (
        saved_bytes * before["array_cycles"] > longer_cycles * before["later_bytes"]
        or saved_cuts * before["array_cycles"] > longer_cycles * before["later_cuts"]
        or saved_bursts * before["array_cycles"] > longer_cycles * before["later_bursts"]
    )


@kernel
def _add_cuts(work: Searched, cuts: Cuts, tile: ResultTile, parts: int, kept: Kept) -> None:
    """Add a result tile's mappings to the frontiers: k in ``parts``, then cut further for as long as it may pay.

    The order of the loops makes a difference only where k is whole and both operands have several tiles.
    """
    product, drawn, cut = work.product, kept.drawn[0], kept.cut
    machines: int = work.machines.shape[0]
    tile_k = part_length(cuts, parts)
    _draw(work, tile, tile_k, drawn)
    orders = 2 if tile_k == product["k"] and tile.m < product["m"] and tile.n < product["n"] else 1
    for at in range(machines):
        before: UpfrontRow = cut[at]
        _add(work, kept, at, orders, drawn, before)
        before["may_pay"] = 1
    going = machines
    while tile_k > product["group_m"] and going > 0:
        parts = next_parts(parts)
        shorter = part_length(cuts, parts)
        if shorter == tile_k:
            continue
        tile_k = shorter
        _draw(work, tile, tile_k, drawn)
        for at in range(machines):
            longer: UpfrontRow = cut[at]
            if longer["may_pay"]:
                now: UpfrontRow = cut[machines]
                _add(work, kept, at, 1, drawn, now)
                now["may_pay"] = _may_pay(longer, now)
                going -= 1 - now["may_pay"]
                cut[at] = now


@kernel
def _next_tile(tile: int, total: int) -> int:
    """The next larger tile size of the space; ``total`` itself is the last, and past it 0 ends the walk."""
    if tile >= total:
        return 0
    return min(2 * tile, total)


@kernel
def _add_tilings(work: Searched, ws: int, ir: int, ic: int, kept: Kept) -> None:
    """Add every tiling of one dataflow and interleave split to the frontiers."""
    product, machine = work.product, work.machines[0]
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
            _add_cuts(work, cuts, tile, parts, kept)
            tile_n = _next_tile(tile_n, product["n"])
        tile_m = _next_tile(tile_m, product["m"])


@kernel
def mapping_frontiers(work: Searched, kept: Kept) -> None:
    """Fill the frontier of each machine with the mappings that some rates make the best; none where no tile fits.

    Whatever the memory's and the lanes' speeds, and whatever is minimised, the best mapping of the whole space has an
    equal in the frontier. What the array does is worked out once for all machines.
    """
    machine, kept.counts[:] = work.machines[0], 0
    if machine["dataflows"] & OS_BIT:
        interleave, axes = machine["interleave"], machine["axes"]
        for ir in range(1, interleave + 1):
            if interleave % ir != 0 or (axes == COLS_BIT and ir > 1) or (axes == ROWS_BIT and ir < interleave):
                continue
            _add_tilings(work, 0, ir, interleave // ir, kept)
    if machine["dataflows"] & WS_BIT:
        _add_tilings(work, 1, 1, 1, kept)


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
    products: Rows, machine: Rows, energy: EnergyRow, rates: RatesRow, goal: Goal, kept: Kept, best: Best
) -> None:
    """Fill ``best``: of each product the mapping to choose, and the best one of each dataflow.

    That of a dataflow is chosen within the limit of both; where it has none there, as if the other were not there.
    ``machine`` is a MACHINE array of one row, which is left as it was; ``kept`` is room for two machines.
    """
    dataflows, frontiers, counts = machine[0]["dataflows"], kept.frontiers, kept.counts
    predicted, least = np.zeros(frontiers.shape), np.zeros(2)
    for i in range(products.shape[0]):
        for dataflow in range(2):
            machine[0]["dataflows"] = dataflows & (1 << dataflow)
            own = slice(dataflow, dataflow + 1)
            mapping_frontiers(
                Searched(products[i], machine, energy), Kept(frontiers[own], counts[own], kept.drawn, kept.cut)
            )
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
