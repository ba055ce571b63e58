"""The compiled sums behind ``estimate``: one walk over a step's items, given each product's chosen mapping.

Array and vector items follow one another. An update needs only its layer's weight gradient, so it runs in the
background: it takes the DRAM time that later array items leave free and the WUVE lanes, which nothing else
uses. What is left of it after the last item is exposed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from heddle.arch.dram import STREAM_CHUNK_BYTES
from heddle.arch.jit import kernel
from heddle.arch.records import Rows
from heddle.arch.timing import lane_cycles, sore_cycles
from heddle.dataflow.kernel_rows import RatesRow, TileMappingRow
from heddle.sim.step_table import ARRAY, UPDATE, VECTOR, ItemRow

Cycles = npt.NDArray[np.float64]
Places = npt.NDArray[np.signedinteger]


@kernel
def memory_cycles(mapping: TileMappingRow, rates: RatesRow) -> float:
    """DRAM time of a mapping: its bytes, and two turns of the bus for each store."""
    moved = mapping["load_bytes"] + mapping["store_bytes"]
    return moved * rates["cycles_per_byte"] + mapping["stores"] * rates["turnaround_cycles"]


@kernel
def sore_time_cycles(item: ItemRow, rates: RatesRow) -> float:
    """SORE's time for an item."""
    return sore_cycles(item["sore_elements"], item["group_m"], rates["sore_lanes"])


@kernel
def stream_memory_cycles(item: ItemRow, rates: RatesRow) -> float:
    """DRAM time of a stream: its bytes, and two turns of the bus for each chunk that it both reads and writes."""
    chunks = min(1.0, min(item["read_bytes"], item["write_bytes"]))
    chunks *= np.ceil(max(item["read_bytes"], item["write_bytes"]) / STREAM_CHUNK_BYTES)
    moved = item["read_bytes"] + item["write_bytes"]
    return moved * rates["cycles_per_byte"] + chunks * rates["turnaround_cycles"]


@kernel
def vector_item_cycles(item: ItemRow, rates: RatesRow) -> float:
    """A vector item's time: the slowest of DRAM, vector lanes and SORE, after the first read's latency."""
    moved = item["read_bytes"] + item["write_bytes"]
    if moved == 0 and item["lane_elements"] == 0 and item["sore_elements"] == 0:
        return 0.0
    busy = max(stream_memory_cycles(item, rates), lane_cycles(item["lane_elements"], rates["vector_lanes"]))
    return rates["latency_cycles"] + max(busy, sore_time_cycles(item, rates))


@kernel
def update_lane_cycles(item: ItemRow, rates: RatesRow) -> float:
    """Time of an update in WUVE and SORE."""
    return max(lane_cycles(item["weights"], rates["wuve_lanes"]), sore_time_cycles(item, rates))


@kernel
def walk_step(
    items: Rows,
    order: Places,
    refs: Places,
    product_cycles: Cycles,
    product_memory: Cycles,
    rates: RatesRow,
    item_cycles: Cycles,
) -> float:
    """Fill ``item_cycles`` (0 for updates) and return the exposed cycles of all updates together.

    ``items`` are distinct ones and ``order`` [step's items] is the one that runs at each place of the program.
    ``product_cycles`` and ``product_memory`` hold time and DRAM time of each distinct product, in cycles.
    """
    late_memory, late_lanes = 0.0, 0.0
    for i in order:
        item: ItemRow = items[i]
        if item["kind"] == ARRAY:
            cycles, free = 0.0, 0.0
            for ref in range(item["first_ref"], item["end_ref"]):
                cycles += product_cycles[refs[ref]]
                free += max(0.0, product_cycles[refs[ref]] - product_memory[refs[ref]])
            item_cycles[i] = cycles
            late_memory = max(0.0, late_memory - free)
            late_lanes = max(0.0, late_lanes - cycles)
        elif item["kind"] == VECTOR:
            item_cycles[i] = vector_item_cycles(item, rates)
            late_lanes = max(0.0, late_lanes - item_cycles[i])
        else:
            item_cycles[i] = 0.0
            late_memory += stream_memory_cycles(item, rates)
            late_lanes += update_lane_cycles(item, rates)
    return max(late_memory, late_lanes)


@kernel
def all_memory_cycles(mappings: Rows, rates: RatesRow, cycles: Cycles) -> None:
    """Fill ``cycles`` with the DRAM time of each mapping."""
    for i in range(mappings.shape[0]):
        cycles[i] = memory_cycles(mappings[i], rates)


@kernel
def busy_cycles(items: Rows, rates: RatesRow, cycles: Cycles, busy: Cycles) -> None:
    """Fill ``busy`` with what each item takes by itself: its ``cycles``, but for updates, which run behind."""
    for i in range(items.shape[0]):
        busy[i] = cycles[i]
        if items[i]["kind"] == UPDATE:
            busy[i] = max(stream_memory_cycles(items[i], rates), update_lane_cycles(items[i], rates))
