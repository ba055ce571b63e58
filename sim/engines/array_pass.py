"""One product on the engines: loads, computation and stores, each in order, tied by tokens.

Activation, weight and output buffers have two halves. A load waits for a free half, a computation for its two
operands and for a free output half, a store for its result. Loads and stores meet at the DRAM in the order in
which they become ready; pending updates use the DRAM before any of them that becomes ready later.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from arch.jit import kernel
from arch.timing import slots_of
from dataflow.cost import (
    instruction_cycles,
    lead_cycles,
    left_load_bytes,
    left_runs,
    out_runs,
    out_store_bytes,
    right_load_bytes,
    right_runs,
    tail_cycles,
)
from sim.engines.dram import READ, WRITE, transfer
from sim.engines.background import run_updates_until
from sim.engines.events import COMPUTE, LOAD, STORE, record
from sim.engines.tiles import tile_at, tile_count

#: Why the array idles: its first operands and lead-in, waiting for either operand, for a free output half
#: (the store is behind), and after its last instruction (tail, last store).
STALL_CAUSES = ("fill", "load_left", "load_right", "store", "drain")
FILL, LOAD_LEFT, LOAD_RIGHT, STORE_BEHIND, DRAIN = range(5)


class PassTotals(NamedTuple):
    """What a product took: when it ended, the array's busy cycles, DRAM bytes. Stalls go to an array."""

    end: float
    compute_cycles: float
    dram_bytes: float


@kernel
def stride_of(nbytes: int, runs: int, total_bytes: float) -> int:
    """Distance between runs: the operand is spread over ``total_bytes``, so runs lie at least their size apart."""
    return max(nbytes // runs, int(total_bytes) // runs) if runs > 1 else nbytes


@kernel
def run_product(product, machine, mapping, rates, dram, state, updates, events, stalls, item: int, start: float):  # type: ignore[no-untyped-def]
    """Run one product from ``start``; returns PassTotals and adds the array's idle cycles to ``stalls``."""
    steps = tile_count(product, mapping)
    ws, lead, tail = mapping["ws"], lead_cycles(machine, mapping["ws"]), tail_cycles(machine, mapping["ws"])
    parts = mapping["tiles_k"]
    outputs = steps // parts
    channels_bytes = 1 << 20
    address, dram_bytes, busy = 0, 0.0, 0.0
    lefts, rights = 0, 0  # tiles loaded so far
    used_left, used_right = 0, 0  # tiles the computation has reached so far
    left_ready, right_ready = np.zeros(2), np.zeros(2)
    left_free, right_free = np.full(2, start), np.full(2, start)
    out_ready, out_free = np.zeros(2), np.full(2, start)
    loaded, computed, stored = 0, 0, 0
    array_free, pruner_free, lanes_free, end = start, start, start, start
    while stored < outputs:
        if computed < loaded and computed // parts < stored + 2:
            tile = tile_at(product, mapping, computed)
            used_left += tile.new_left
            used_right += tile.new_right
            left, right, out = (used_left - 1) % 2, (used_right - 1) % 2, (computed // parts) % 2
            cycles = instruction_cycles(
                machine,
                ws,
                mapping["interleave_rows"],
                mapping["interleave_cols"],
                tile.m,
                tile.n,
                slots_of(tile.k, product["keep_n"], product["group_m"]),
                parts > 1,
            )
            operands = max(left_ready[left], right_ready[right])
            begin = max(array_free, operands)
            if tile.first_part:
                begin = max(begin, out_free[out])
            if computed == 0:
                begin += lead
                stalls[FILL] += begin - start
            elif begin > array_free:
                stalls[_cause(begin, left_ready[left], right_ready[right])] += begin - array_free
            array_free = begin + cycles
            busy += cycles
            left_free[left] = right_free[right] = array_free
            if tile.last_part:
                out_ready[out] = array_free + tail
            record(events, COMPUTE, item, begin, array_free)
            computed += 1
            continue
        can_store = stored < computed // parts
        store_at = max(out_ready[stored % 2], lanes_free) if can_store else np.inf
        load_at = np.inf
        if loaded < steps:
            tile = tile_at(product, mapping, loaded)
            left_waits = tile.new_left and lefts - used_left >= 1 + (computed < loaded and lefts == used_left)
            load_at = _load_ready(tile, lefts, rights, used_left, used_right, left_free, right_free)
        if store_at <= load_at:
            out = stored % 2
            tile = tile_at(product, mapping, stored * parts + parts - 1)
            elements = tile.m * tile.n
            nbytes = out_store_bytes(product, tile.m, tile.n)
            run_updates_until(dram, state, updates, events, rates, store_at)
            lanes_free = store_at + elements / rates["vector_lanes"]
            runs = out_runs(product, tile.m, tile.n)
            done = transfer(dram, state, address, nbytes, runs, nbytes // runs, store_at, WRITE)
            out_free[out] = max(done, lanes_free)
            record(events, STORE, item, store_at, out_free[out])
            end = max(end, out_free[out])
            address += nbytes
            dram_bytes += nbytes
            stored += 1
    stalls[DRAIN] += end - array_free
    return PassTotals(end, busy, dram_bytes)
