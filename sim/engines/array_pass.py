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
    left_pixel_bytes,
    left_runs,
    out_pixel_bytes,
    out_runs,
    out_store_bytes,
    right_load_bytes,
    right_pixel_bytes,
    right_runs,
    tail_cycles,
)
from sim.engines.dram import READ, WRITE, transfer
from sim.engines.events import COMPUTE, LOAD, STORE, record
from sim.engines.streams import run_updates_until
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
def _stall_cause(begin: float, left_ready: float, right_ready: float) -> int:
    """What the array waited for last: what became ready just when it began."""
    if left_ready >= begin:
        return LOAD_LEFT
    return LOAD_RIGHT if right_ready >= begin else STORE_BEHIND


@kernel
def _half_is_free(loaded: int, used: int, caught_up: bool) -> bool:
    """True when the tile two before the next one is used up, so that its half of the buffer can be filled."""
    return loaded < 2 or used >= loaded or caught_up


@kernel
def run_product(product, machine, mapping, rates, dram, state, updates, events, stalls, item: int, start: float):  # type: ignore[no-untyped-def]
    """Run one product from ``start``; returns PassTotals and adds the array's idle cycles to ``stalls``.

    ``left_*`` and ``right_*`` have one entry a buffer half; tiles take the halves in turn.
    """
    steps, parts = tile_count(product, mapping), mapping["tiles_k"]
    lead, tail = lead_cycles(machine, mapping["ws"]), tail_cycles(machine, mapping["ws"])
    lefts, rights, used_lefts, used_rights = 0, 0, 0, 0
    left_ready, right_ready, out_ready = np.zeros(2), np.zeros(2), np.zeros(2)
    left_free, right_free, out_free = np.full(2, start), np.full(2, start), np.full(2, start)
    loaded, computed, stored = 0, 0, 0
    array_free, pruner_free, lanes_free, end = start, start, start, start
    address, dram_bytes, busy = 0, 0.0, 0.0
    while stored * parts < steps:
        if computed < loaded and computed // parts < stored + 2:
            tile = tile_at(product, mapping, computed)
            used_lefts += tile.new_left
            used_rights += tile.new_right
            left, right, out = (used_lefts - 1) % 2, (used_rights - 1) % 2, (computed // parts) % 2
            begin = max(array_free, max(left_ready[left], right_ready[right]))
            if tile.first_part:
                begin = max(begin, out_free[out])
            if computed == 0:
                begin += lead
                stalls[FILL] += begin - start
            elif begin > array_free:
                stalls[_stall_cause(begin, left_ready[left], right_ready[right])] += begin - array_free
            slots = slots_of(tile.k, product["keep_n"], product["group_m"])
            cycles = instruction_cycles(
                machine,
                mapping["ws"],
                mapping["interleave_rows"],
                mapping["interleave_cols"],
                tile.m,
                tile.n,
                slots,
                parts > 1,
            )
            array_free = begin + cycles
            busy += cycles
            left_free[left] = array_free
            right_free[right] = array_free
            if tile.last_part:
                out_ready[out] = array_free + tail
            record(events, COMPUTE, item, begin, array_free)
            computed += 1
            continue
        store_at, load_at = np.inf, np.inf
        if stored < computed // parts:
            store_at = max(out_ready[stored % 2], lanes_free)
        if loaded < steps:
            tile = tile_at(product, mapping, loaded)
            caught_up = computed == loaded
            left_is_free = not tile.new_left or _half_is_free(lefts, used_lefts, caught_up)
            right_is_free = not tile.new_right or _half_is_free(rights, used_rights, caught_up)
            if left_is_free and right_is_free:
                load_at = start
                if tile.new_left:
                    load_at = max(load_at, left_free[lefts % 2])
                if tile.new_right:
                    load_at = max(load_at, right_free[rights % 2])
        if store_at <= load_at:
            tile = tile_at(product, mapping, stored * parts)
            nbytes, runs = out_store_bytes(product, tile.m, tile.n), out_runs(product, tile.m, tile.n)
            run_updates_until(dram, state, updates, events, store_at)
            lanes_free = store_at + tile.m * tile.n / rates["vector_lanes"]
            done = transfer(dram, state, address, nbytes, runs, out_pixel_bytes(product), store_at, WRITE)
            out_free[stored % 2] = max(done, lanes_free)
            end = max(end, out_free[stored % 2])
            record(events, STORE, item, store_at, out_free[stored % 2])
            address += nbytes
            dram_bytes += nbytes
            stored += 1
            continue
        run_updates_until(dram, state, updates, events, load_at)
        arrived = load_at
        if tile.new_left:
            nbytes, runs = left_load_bytes(product, tile.m, tile.k), left_runs(product, tile.m, tile.k)
            arrived = transfer(dram, state, address, nbytes, runs, left_pixel_bytes(product), load_at, READ)
            left_ready[lefts % 2] = arrived
            lefts += 1
            address += nbytes
            dram_bytes += nbytes
        if tile.new_right:
            nbytes, runs = right_load_bytes(product, tile.n, tile.k), right_runs(product, tile.n, tile.k)
            arrived = transfer(dram, state, address, nbytes, runs, right_pixel_bytes(product), load_at, READ)
            if product["prune_on_load"]:
                pruning = tile.k * tile.n / (product["group_m"] * rates["sore_lanes"])
                pruner_free = max(pruner_free, load_at) + pruning
                arrived = max(arrived, pruner_free)
            right_ready[rights % 2] = arrived
            rights += 1
            address += nbytes
            dram_bytes += nbytes
        record(events, LOAD, item, load_at, arrived)
        loaded += 1
    stalls[DRAIN] += end - array_free
    return PassTotals(end, busy, dram_bytes)
