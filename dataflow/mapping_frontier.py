"""The frontier of a product's mappings: those that no other one is as good as in everything."""

from __future__ import annotations

from heddle.arch.jit import kernel
from heddle.arch.records import Rows
from heddle.dataflow.kernel_rows import TileMappingRow
from heddle.dataflow.tile_mapping import array_cycles

#: Room for one product's frontier: more than four times what products of up to 2^20 in each size and I = 64 need.
MAX_MAPPINGS = 1 << 14


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
        and a["edge_bursts"] <= b["edge_bursts"]
        and a["left_bursts"] <= b["left_bursts"]
        and a["left_cuts"] <= b["left_cuts"]
        and a["right_bursts"] <= b["right_bursts"]
        and a["right_cuts"] <= b["right_cuts"]
        and a["loads"] <= b["loads"]
        and a["stores"] <= b["stores"]
        and a["drain_cycles"] <= b["drain_cycles"]
        and a["sore_elements"] <= b["sore_elements"]
        and a["energy_j"] <= b["energy_j"]
    )


@kernel
def add_to_frontier(frontier: Rows, count: int, new: TileMappingRow) -> int:
    """Take ``new`` in unless an earlier mapping dominates it; drop those that it dominates; return how many there are.

    Raises OverflowError where there is no room.
    """
    for i in range(count):
        if _dominates(frontier[i], new):
            return count
    kept = 0
    for i in range(count):
        if not _dominates(new, frontier[i]):
            if kept < i:
                frontier[kept] = frontier[i]
            kept += 1
    if kept == frontier.shape[0]:
        raise OverflowError("more incomparable mappings than MAX_MAPPINGS")
    frontier[kept] = new
    return kept + 1
