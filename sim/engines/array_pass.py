"""One product on the engines: loads, computation and stores, each in order, tied by tokens.

Activation, weight and output buffers have two halves, taken in turn. A load waits for a free half, a computation
for its two operands and for a free output half, a store for its result. Loads and stores meet at the DRAM in
the order in which they become ready; pending updates use it while it is idle before that.
"""

from __future__ import annotations

import numpy as np

from heddle.arch.jit import kernel
from heddle.dataflow.cost import lead_cycles
from heddle.sim.engines.asking import ask
from heddle.sim.engines.dram import transfer
from heddle.sim.engines.dram_rows import READ, WRITE, Access, Dram
from heddle.sim.engines.events import EngineId, Events, record
from heddle.sim.engines.fixed_memory import moves_behind_reads
from heddle.sim.engines.pipe import PipeRow, Walk, begin_product
from heddle.sim.engines.product_state import Engines, Job, ProductState
from heddle.sim.engines.product_steps import compute, load_request, loaded, next_access, pruned, store_request, stored
from heddle.sim.engines.prompt_memory import run_while_prompt
from heddle.sim.engines.streams import Times, run_updates_until
from heddle.sim.engines.tile_costs import TileCostRow, fill_costs
from heddle.sim.engines.tiles import Tile, grid_of, results_of, tile_at, tile_count
from heddle.sim.engines.transfer_costs import WayRow
from heddle.sim.stalls import DRAIN, FEED


@kernel
def run_product(engines: Engines, job: Job, state: ProductState) -> None:
    """Run ``job`` of the pass that ``state`` is of, to its last store; ``state`` is left with what it took."""
    pipe, grid = state.pipe, grid_of(job.mapping)
    begin_product(pipe, state.halves)
    steps, lead = tile_count(job.product, grid), lead_cycles(engines.machine, job.mapping["ws"])
    walk = Walk(pipe, state.halves, grid, steps, lead, job.stalls, job.item)
    fill_costs(state.costs, engines.machine, engines.rates, engines.dram.timing, engines.way, job.product, job.mapping)
    # Taken out of their tuples once: Numba counts the references of arrays anew at each look into one that holds some.
    dram, updates, events, costs, laps = engines.dram, engines.updates, engines.events, state.costs, state.laps
    results = results_of(grid)
    while pipe["store"]["step"] * grid.parts < steps:
        if pipe["compute"]["step"] < pipe["load"]["step"] and pipe["results"] < pipe["store"]["step"] + 2:
            tile = tile_at(pipe["compute"], grid)
            compute(events, walk, tile, costs[tile.kind])
            continue
        tile = tile_at(pipe["load"], grid)
        store_at, load_at = np.inf, np.inf
        if pipe["store"]["step"] < pipe["results"]:
            store_at = store_request(walk)
        if pipe["load"]["step"] < steps:
            load_at = load_request(walk, tile)
        run_updates_until(dram, updates, events, min(store_at, load_at))
        if store_at < load_at:
            _store(dram, events, walk, costs[tile_at(pipe["store"], results).kind], store_at)
        elif not run_while_prompt(engines, walk, costs, laps, load_at):
            _load(dram, events, walk, tile, costs[tile.kind], load_at)
    job.stalls[FEED] += pipe["feed_cycles"]


@kernel
def end_pass(pipe: PipeRow, stalls: Times) -> None:
    """Count as drained what a pass's last results and their stores take behind the array's last instruction."""
    stalls[DRAIN] += pipe["end"] - pipe["array_free"]


@kernel
def _load(dram: Dram, events: Events, walk: Walk, tile: Tile, cost: TileCostRow, ready: float) -> None:
    """Load what ``tile`` brings; SORE prunes the right operand on its way where the weights lie dense."""
    pipe, left_ready, right_ready = walk.pipe, ready, ready
    if tile.new_left:
        left_ready = _brought(dram, pipe, next_access(pipe, cost["left"], READ), cost["left"]["way"], ready)
    if tile.new_right:
        arrived = _brought(dram, pipe, next_access(pipe, cost["right"], READ), cost["right"]["way"], ready)
        right_ready = max(arrived, pruned(pipe, ready, cost["pruning_cycles"]))
    loaded(walk, tile, left_ready, right_ready)
    record(events, EngineId.LOAD, walk.item, ready, right_ready if tile.new_right else left_ready)


@kernel
def _brought(dram: Dram, pipe: PipeRow, access: Access, way: WayRow, token: float) -> float:
    """Bring a tile for which there is room from ``token`` on; return when it is in its half."""
    if not way["bursts"]:
        return transfer(dram, access, token)
    taken = max(token, max(pipe["asking"]["walk_free"], pipe["loaded_before"]))
    last = ask(pipe["asking"], way, taken)
    asked = max(taken + way["lead_cycles"], last + way["answer_cycles"] - way["span_cycles"])
    arrived = max(transfer(dram, access, asked), last + way["answer_cycles"])
    first = max(asked + dram.timing["read_latency_cycles"], pipe["data_free"] + 1.0)
    pipe["data_free"] = max(arrived, first + way["take_cycles"])
    there = max(pipe["data_free"] + way["tail_cycles"], first + way["cut_cycles"])
    pipe["loaded_before"], pipe["loaded_at"] = pipe["loaded_at"], max(there, pipe["loaded_at"] + 1.0)
    return pipe["loaded_at"]


@kernel
def _store(dram: Dram, events: Events, walk: Walk, cost: TileCostRow, ready: float) -> None:
    """Store the next result tile, through the vector lanes."""
    pipe, way = walk.pipe, cost["out"]["way"]
    pipe["lanes_free"] = ready + max(cost["lane_cycles"], way["cut_cycles"])
    access = next_access(pipe, cost["out"], WRITE)
    done = _written(dram, pipe, access, way, ready) if way["bursts"] else transfer(dram, access, ready)
    free = max(done, pipe["lanes_free"])
    stored(walk, free)
    record(events, EngineId.STORE, walk.item, ready, free)


@kernel
def _written(dram: Dram, pipe: PipeRow, access: Access, way: WayRow, token: float) -> float:
    """Write a result that is there from ``token`` on; return when memory has confirmed it."""
    storing = pipe["storing"]
    last = ask(storing, way, max(token, max(storing["walk_free"], pipe["stored_before"]))) + way["answer_cycles"]
    first = max(last - way["span_cycles"], token + way["packed_cycles"])
    last = max(last, first + way["cut_cycles"] - 1.0)
    if dram.timing["fixed"]:
        last = moves_behind_reads(dram.channel, first, last)
    written = max(transfer(dram, access, first), last + dram.timing["write_latency_cycles"]) + way["tail_cycles"]
    pipe["stored_before"], pipe["stored_at"] = pipe["stored_at"], written
    return written
