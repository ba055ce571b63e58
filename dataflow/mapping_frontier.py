"""The frontiers of a product's mappings: those that no other one is as good as in everything.

Arrays that differ in their timing alone run the same mappings, which move the same. So their frontiers stand in one
pool, and what mappings move is compared once for all of them.
"""

from __future__ import annotations

from typing import Annotated, TypedDict

from heddle.arch.jit import kernel
from heddle.arch.records import Rows, record_dtype
from heddle.dataflow.kernel_rows import TileMappingRow
from heddle.dataflow.tile_computing import ComputingRow, array_cycles

#: Room for one product's frontiers: more than four times what products of up to 2^20 in each size and I = 64 need.
MAX_MAPPINGS = 1 << 14
#: Arrays whose frontiers may stand in one pool: each row has room for all.
MAX_ARRAYS = 8


class PooledRow(TypedDict):
    """A mapping that stands in the frontier of some array, without what arrays do of it, and what each does.

    ``holders`` says in which arrays' frontiers it stands: bit i for array i.
    """

    mapping: TileMappingRow
    computed: Annotated[Rows, ComputingRow, MAX_ARRAYS]
    holders: int


POOLED = record_dtype(PooledRow)


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
def _no_slower(a: PooledRow, b: PooledRow, among: int) -> int:
    """The arrays ``among`` which compute ``a`` in no more cycles than ``b``; both sets are bits."""
    found, i = 0, 0
    while among >> i:
        if among >> i & 1:
            own, other = a["computed"][i], b["computed"][i]
            if array_cycles(own) <= array_cycles(other) and own["drain_cycles"] <= other["drain_cycles"]:
                found |= 1 << i
        i += 1
    return found


@kernel
def _beaten_in(new: PooledRow, pool: Rows, count: int, arrays: int) -> int:
    """In which of ``arrays`` one of the pool's first ``count`` rows dominates ``new``; both sets are bits."""
    left = arrays
    for i in range(count):
        both = left & pool[i]["holders"]
        if both and _moves_no_more(pool[i]["mapping"], new["mapping"]):
            left &= ~_no_slower(pool[i], new, both)
            if left == 0:
                break
    return arrays & ~left


@kernel
def add_to_pool(pool: Rows, count: int, new: PooledRow, arrays: int) -> int:
    """Take ``new`` into the frontiers of ``arrays`` (bits); return how many rows of the pool (POOLED) are filled then.

    ``count`` were filled before. It stays out of a frontier where an earlier mapping dominates it; those that it
    dominates are dropped. Its ``holders`` are set. Raises OverflowError where there is no room.
    """
    new["holders"] = arrays & ~_beaten_in(new, pool, count, arrays)
    if new["holders"] == 0:
        return count
    kept = 0
    for i in range(count):
        both = new["holders"] & pool[i]["holders"]
        if both and _moves_no_more(new["mapping"], pool[i]["mapping"]):
            pool[i]["holders"] &= ~_no_slower(new, pool[i], both)
        if pool[i]["holders"]:
            if kept < i:
                pool[kept] = pool[i]
            kept += 1
    if kept == pool.shape[0]:
        raise OverflowError("more incomparable mappings than MAX_MAPPINGS")
    pool[kept] = new
    return kept + 1


@kernel
def held_by(pool: Rows, array: int) -> int:
    """How many rows of ``pool`` stand in the frontier of ``array``."""
    held = 0
    for i in range(pool.shape[0]):
        held += pool[i]["holders"] >> array & 1
    return held


@kernel
def take_frontier(pool: Rows, array: int, frontier: Rows) -> int:
    """Fill ``frontier``, whole TILE_MAPPING rows, with that of ``array``; return how many rows it has."""
    taken = 0
    for i in range(pool.shape[0]):
        if pool[i]["holders"] >> array & 1:
            frontier[taken], computed = pool[i]["mapping"], pool[i]["computed"][array]
            frontier[taken]["compute_cycles"] = computed["compute_cycles"]
            frontier[taken]["feed_cycles"] = computed["feed_cycles"]
            frontier[taken]["drain_cycles"] = computed["drain_cycles"]
            taken += 1
    return taken
