"""The frontiers of a product's mappings: those that no other one is as good as in everything.

Arrays that differ in their timing alone run the same mappings, which move the same. So their frontiers stand in one
pool, and what mappings move is compared once for all of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from heddle.arch.jit import kernel
from heddle.arch.records import Rows
from heddle.dataflow.kernel_rows import TILE_MAPPING, TileMappingRow
from heddle.dataflow.tile_computing import COMPUTING, array_cycles

#: Room for one product's frontiers: more than four times what products of up to 2^20 in each size and I = 64 need.
MAX_MAPPINGS = 1 << 14
#: Arrays whose frontiers may stand in one pool: a pool has room for the computing of each, whether it is used or not.
MAX_ARRAYS = 8

Bits = npt.NDArray[np.int64]


class Pool(NamedTuple):
    """The mappings of one memory port that stand in the frontier of some array.

    ``rows`` are TILE_MAPPING rows without what arrays do of them, which ``computed`` [rows, arrays] holds as COMPUTING
    rows. ``holders`` [rows] says in which arrays' frontiers a row stands: bit i for array i.
    """

    rows: Rows
    computed: Rows
    holders: Bits


def pools_of(ports: int, arrays: int, rows: int) -> Pool:
    """Return room for a pool of each port. Memory is only taken where rows are written."""
    shape = ports, rows
    return Pool(np.empty(shape, TILE_MAPPING), np.empty((*shape, arrays), COMPUTING), np.empty(shape, np.int64))


@kernel
def pool_from(pools: Pool, port: int, first: int) -> Pool:
    """Return the part of a port's pool from row ``first`` on, at most ``MAX_MAPPINGS`` rows."""
    end = first + MAX_MAPPINGS
    return Pool(pools.rows[port, first:end], pools.computed[port, first:end], pools.holders[port, first:end])


@kernel
def _moves_no_more(a: TileMappingRow, b: TileMappingRow) -> bool:
    """True when ``a`` is at least as good as ``b`` in all that any rates make time of, but the array's, and in energy.

    What most often tells two mappings apart comes first.
    """
    return (
        a["energy_j"] <= b["energy_j"]
        and a["edge_cuts"] <= b["edge_cuts"]
        and a["loads"] <= b["loads"]
        and a["edge_bursts"] <= b["edge_bursts"]
        and a["stores"] <= b["stores"]
        and a["right_cuts"] <= b["right_cuts"]
        and a["left_cuts"] <= b["left_cuts"]
        and a["edge_bytes"] <= b["edge_bytes"]
        and a["right_bursts"] <= b["right_bursts"]
        and a["left_bursts"] <= b["left_bursts"]
        and a["load_bytes"] <= b["load_bytes"]
        and a["store_bytes"] <= b["store_bytes"]
        and a["store_cuts"] <= b["store_cuts"]
        and a["sore_elements"] <= b["sore_elements"]
    )


@kernel
def _no_slower(a: Rows, b: Rows, among: int) -> int:
    """The arrays ``among`` which compute ``a`` in no more cycles than ``b``, as bits; both are COMPUTING [arrays]."""
    found, i = 0, 0
    while among >> i:
        if among >> i & 1 and array_cycles(a[i]) <= array_cycles(b[i]) and a[i]["drain_cycles"] <= b[i]["drain_cycles"]:
            found |= 1 << i
        i += 1
    return found


@kernel
def add_to_pool(pool: Pool, count: int, new: TileMappingRow, computed: Rows, arrays: int) -> int:
    """Take ``new`` into the frontiers of ``arrays`` (bits); return how many rows of the pool are filled then.

    ``count`` were filled before. It stays out of a frontier where an earlier mapping dominates it; those that it
    dominates are dropped. ``computed`` are its COMPUTING rows [arrays]. Raises OverflowError where there is no room.
    """
    rows, holders = pool.rows, pool.holders
    for i in range(count):
        both = arrays & holders[i]
        if both and _moves_no_more(rows[i], new):
            arrays &= ~_no_slower(pool.computed[i], computed, both)
            if arrays == 0:
                return count
    kept = 0
    for i in range(count):
        both = arrays & holders[i]
        if both and _moves_no_more(new, rows[i]):
            holders[i] &= ~_no_slower(computed, pool.computed[i], both)
        if holders[i]:
            if kept < i:
                rows[kept], pool.computed[kept], holders[kept] = rows[i], pool.computed[i], holders[i]
            kept += 1
    if kept == rows.shape[0]:
        raise OverflowError("more incomparable mappings than MAX_MAPPINGS")
    rows[kept], pool.computed[kept], holders[kept] = new, computed, arrays
    return kept + 1


@kernel
def held_by(pool: Pool, count: int, array: int) -> int:
    """How many of the pool's first ``count`` rows stand in the frontier of ``array``."""
    held = 0
    for i in range(count):
        held += pool.holders[i] >> array & 1
    return held


@kernel
def take_frontier(pool: Pool, count: int, array: int, frontier: Rows) -> int:
    """Fill ``frontier``, whole TILE_MAPPING rows, with that of ``array``; return how many rows it has.

    It may be the pool's own rows, which then are no longer a pool's.
    """
    taken = 0
    for i in range(count):
        if pool.holders[i] >> array & 1:
            frontier[taken], computed = pool.rows[i], pool.computed[i, array]
            frontier[taken]["compute_cycles"] = computed["compute_cycles"]
            frontier[taken]["feed_cycles"] = computed["feed_cycles"]
            frontier[taken]["drain_cycles"] = computed["drain_cycles"]
            taken += 1
    return taken
