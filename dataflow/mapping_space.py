"""The mapping space of one product on one machine, enumerated by a compiled kernel.

The space, stated: dataflow OS or WS, as the machine supports; in OS, every split of the interleave over rows and
columns that the machine's links allow; tile_m and tile_n a power of two times the array's extent (rows x
interleave rows, columns x interleave columns), or the whole dimension, rows that are taps x channels without a part of
either (``whole_taps``); m outermost or n outermost; k whole, or cut into 2, 3, 4, 6, 8, 12, ... parts
(``reduction_cuts``): from the fewest that fit on, for as long as another cut may pay. A tile fits when its operands and
its FP32 result each take at most half of their double buffer.

A cut pays with a shorter first load, which nothing overlaps; it costs the way of partial sums out and back. No tile
follows a buffer's size, so that a bigger buffer only adds mappings.
"""

from __future__ import annotations

from typing import NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from heddle.arch.jit import kernel
from heddle.arch.records import Rows, record_dtype
from heddle.dataflow.cost import ACCUMULATOR_BYTES, cut_rows
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
from heddle.dataflow.mapping_frontier import MAX_MAPPINGS, POOLED, PooledRow, add_to_pool, take_frontier
from heddle.dataflow.reduction_cuts import Cuts, ResultTile, cuts_of, fewest_parts, next_parts, part_length
from heddle.dataflow.tile_computing import array_cycles, fill_computing
from heddle.dataflow.tile_mapping import fill_moving, fill_order, fill_tiles

Cycles = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


class Searched(NamedTuple):
    """What is searched for: a product, MACHINE rows that have all else in common, and the joules of acts.

    ``arrays`` differ in their timing alone (adder and multiplier stages, group ports), ``ports`` in their memory's
    port. Each array with each port is a machine.
    """

    product: ProductRow
    arrays: Rows
    ports: Rows
    energy: EnergyRow


class UpfrontRow(TypedDict):
    """What a mapping moves that nothing overlaps, and beside that, both in cuts and bursts too."""

    edge_bytes: float
    later_bytes: float
    edge_cuts: float
    later_cuts: float
    edge_bursts: float
    later_bursts: float


UPFRONT = record_dtype(UpfrontRow)


class Kept(NamedTuple):
    """The frontiers of all machines: of the POOLED rows ``pools`` [ports, …] so many as ``counts`` [ports] says.

    They stand in each port's pool from ``first`` [ports] on, so that there may be those of other products before them.
    Beside them room for the mapping under way and the one before it, which has longer parts of the reduction: POOLED
    rows ``drawn`` [2] and UPFRONT rows ``upfront`` [2, ports]. ``going`` [ports] says for which arrays another cut may
    pay, as bits.
    """

    pools: Rows
    first: Counts
    counts: Counts
    drawn: Rows
    upfront: Rows
    going: Counts


def kept_of(ports: int, products: int = 1) -> Kept:
    """Return room for the frontiers of so many ports, of so many products after one another, and of MAX_ARRAYS.

    Memory is only taken where rows are written.
    """
    pools, counts = np.empty((ports, products * MAX_MAPPINGS), POOLED), np.zeros((3, ports), np.int64)
    return Kept(pools, counts[0], counts[1], np.zeros(2, POOLED), np.zeros((2, ports), UPFRONT), counts[2])


@kernel
def pool_of(kept: Kept, port: int) -> Rows:
    """Return the filled rows of a port's pool."""
    return kept.pools[port, kept.first[port] : kept.first[port] + kept.counts[port]]


@kernel
def _draw(work: Searched, tile: ResultTile, tile_k: int, going: int, drawn: PooledRow) -> None:
    """Make ``drawn`` the mapping of ``tile`` with k cut into parts of ``tile_k``, but for what it moves.

    What arrays do of it is filled in for those that are ``going``.
    """
    mapping = drawn["mapping"]
    mapping["ws"] = tile.ws
    mapping["interleave_rows"], mapping["interleave_cols"] = tile.interleave_rows, tile.interleave_cols
    mapping["tile_m"], mapping["tile_n"], mapping["tile_k"] = tile.m, tile.n, tile_k
    fill_tiles(work.product, mapping)
    fill_computing(work.product, work.arrays, going, mapping, drawn["computed"])


@kernel
def _add(work: Searched, kept: Kept, port: int, orders: int, now: int) -> None:
    """Add the mapping under way to the frontiers of a port in so many orders of the loops; keep the first's upfront."""
    machine, drawn = work.ports[port], kept.drawn[now]
    pool = kept.pools[port, kept.first[port] : kept.first[port] + MAX_MAPPINGS]
    once = fill_moving(work.product, machine, drawn["mapping"])
    for order in range(orders):
        drawn["mapping"]["order"] = order
        fill_order(work.product, machine, work.energy, drawn["mapping"], once)
        kept.counts[port] = add_to_pool(pool, kept.counts[port], drawn, kept.going[port])
        if order == 0:
            _fill_upfront(drawn["mapping"], kept.upfront[now, port])


@kernel
def _fill_upfront(mapping: TileMappingRow, upfront: UpfrontRow) -> None:
    moved = mapping["load_bytes"] + mapping["store_bytes"]
    upfront["edge_bytes"], upfront["edge_cuts"] = mapping["edge_bytes"], mapping["edge_cuts"]
    upfront["later_bytes"] = moved - mapping["edge_bytes"]
    upfront["later_cuts"] = mapping["left_cuts"] + mapping["right_cuts"] + mapping["store_cuts"] - mapping["edge_cuts"]
    upfront["edge_bursts"] = mapping["edge_bursts"]
    upfront["later_bursts"] = mapping["left_bursts"] + mapping["right_bursts"] - mapping["edge_bursts"]


@kernel
def _may_pay(before: UpfrontRow, cut: UpfrontRow, before_cycles: float, cut_cycles: float) -> bool:
    """Whether the shorter first load of ``cut`` can be worth its longer computation.

    While the array is what a product waits for, the DRAM moves the later bytes within the array cycles: so a byte of
    the edge takes at most ``before_cycles / later_bytes``, whatever the rates. The same holds of cuts and of bursts.
    """
    saved_bytes, saved_cuts = before["edge_bytes"] - cut["edge_bytes"], before["edge_cuts"] - cut["edge_cuts"]
    saved_bursts = before["edge_bursts"] - cut["edge_bursts"]
    longer_cycles = cut_cycles - before_cycles
    return (
        saved_bytes * before_cycles > longer_cycles * before["later_bytes"]
        or saved_cuts * before_cycles > longer_cycles * before["later_cuts"]
        or saved_bursts * before_cycles > longer_cycles * before["later_bursts"]
    )


@kernel
def _where_it_may_pay(kept: Kept, port: int, now: int) -> int:
    """The arrays, as bits, for which another cut than that of ``now`` may be better."""
    before, cut, going = kept.upfront[1 - now, port], kept.upfront[now, port], kept.going[port]
    computed_before, computed = kept.drawn[1 - now]["computed"], kept.drawn[now]["computed"]
    paying, i = 0, 0
    while going >> i:
        if going >> i & 1 and _may_pay(before, cut, array_cycles(computed_before[i]), array_cycles(computed[i])):
            paying |= 1 << i
        i += 1
    return paying


@kernel
def _add_cuts(work: Searched, cuts: Cuts, tile: ResultTile, parts: int, kept: Kept) -> None:
    """Add a result tile's mappings to the frontiers: k in ``parts``, then cut further for as long as it may pay.

    The order of the loops makes a difference only where k is whole and both operands have several tiles.
    """
    product, tile_k, now = work.product, 0, 1
    going = (1 << work.arrays.shape[0]) - 1
    kept.going[:] = going
    while going:
        shorter = part_length(cuts, parts)
        parts = next_parts(parts)
        if shorter == tile_k:
            continue
        is_first, tile_k, now = tile_k == 0, shorter, 1 - now
        whole = tile_k == product["k"]
        orders = 2 if whole and tile.m < product["m"] and tile.n < product["n"] else 1
        _draw(work, tile, tile_k, going, kept.drawn[now])
        going = 0
        for port in range(work.ports.shape[0]):
            if kept.going[port]:
                _add(work, kept, port, orders, now)
                if not is_first:
                    kept.going[port] = _where_it_may_pay(kept, port, now)
                going |= kept.going[port]
        if tile_k <= product["group_m"]:
            break


@kernel
def _next_tile(tile: int, total: int) -> int:
    """The next larger tile size of the space; ``total`` itself is the last, and past it 0 ends the walk."""
    if tile >= total:
        return 0
    return min(2 * tile, total)


@kernel
def _add_tilings(work: Searched, ws: int, ir: int, ic: int, kept: Kept) -> None:
    """Add every tiling of one dataflow and interleave split to the frontiers."""
    product, machine = work.product, work.ports[0]
    half_out, cuts = machine["output_half_bytes"], cuts_of(product, machine, ws)
    tile_m = min(machine["rows"] * ir, product["m"])
    while tile_m > 0:
        tile_n, parts = min(machine["cols"] * ic, product["n"]), 1
        rows = cut_rows(product, tile_m, machine["rows"] * ir)
        while tile_n > 0 and rows * tile_n * ACCUMULATOR_BYTES <= half_out:
            tile = ResultTile(ws, ir, ic, rows, tile_n)
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
    machine, kept.counts[:] = work.ports[0], 0
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
    ``machine`` is a MACHINE array of one row, which is left as it was; ``kept`` is room for one port.
    """
    dataflows, rows = machine[0]["dataflows"], np.empty(2 * MAX_MAPPINGS, TILE_MAPPING)
    predicted, least, ends = np.zeros(rows.shape[0]), np.zeros(2), np.zeros(3, np.int64)
    for i in range(products.shape[0]):
        for dataflow in range(2):
            machine[0]["dataflows"] = dataflows & (1 << dataflow)
            mapping_frontiers(Searched(products[i], machine, machine, energy), kept)
            ends[dataflow + 1] = ends[dataflow] + kept.counts[0]
            found = rows[ends[dataflow] : ends[dataflow + 1]]
            take_frontier(pool_of(kept, 0), 0, found)
            least[dataflow] = predict_cycles(found, products[i], rates, goal, predicted[ends[dataflow] :])
        limit = limit_of(goal, min(least[0], least[1]))
        best.chosen[i], chosen = -1, NO_FIGURES
        for dataflow in range(2):
            best.cycles[i, dataflow] = np.inf
            own = slice(ends[dataflow], ends[dataflow + 1])
            found, cycles, competes = rows[own], predicted[own], least[dataflow] <= limit
            if found.shape[0] == 0:
                continue
            own_limit = limit if competes else limit_of(goal, least[dataflow])
            index = choose(found, cycles, goal, own_limit)
            best.rows[i, dataflow] = found[index]
            best.cycles[i, dataflow] = cycles[index]
            figures = figures_of(found[index], cycles[index])
            if competes and (best.chosen[i] < 0 or comes_before(goal, figures, chosen)):
                best.chosen[i], chosen = dataflow, figures
    machine[0]["dataflows"] = dataflows
