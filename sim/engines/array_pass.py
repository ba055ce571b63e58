"""One product on the engines: loads, computation and stores, each in order, tied by tokens.

Activation, weight and output buffers have two halves, taken in turn. A load waits for a free half, a computation
for its two operands and for a free output half, a store for its result. Loads and stores meet at the DRAM in
the order in which they become ready; pending updates use it while it is idle before that.
"""

from __future__ import annotations

import numpy as np

from heddle.arch.jit import kernel
from heddle.dataflow.cost import lead_cycles
from heddle.sim.engines.dram import transfer
from heddle.sim.engines.dram_rows import READ, WRITE, Dram
from heddle.sim.engines.events import EngineId, Events, record
from heddle.sim.engines.pipe import Walk, reset
from heddle.sim.engines.product_state import Engines, Job, ProductState
from heddle.sim.engines.product_steps import compute, load_request, loaded, next_access, pruned, store_request, stored
from heddle.sim.engines.prompt_memory import run_while_prompt
from heddle.sim.engines.streams import run_updates_until
from heddle.sim.engines.tile_costs import TileCostRow, fill_costs
from heddle.sim.engines.tiles import Tile, grid_of, results_of, tile_at, tile_count
from heddle.sim.stalls import DRAIN, FEED


@kernel
def run_product(engines: Engines, job: Job, state: ProductState, start: float) -> None:
    """Run ``job`` from ``start`` to its last store; ``state`` is left with what it took."""
    pipe, grid = state.pipe, grid_of(job.mapping)
    reset(pipe, state.halves, start)
    steps, lead = tile_count(job.product, grid), lead_cycles(engines.machine, job.mapping["ws"])
    walk = Walk(pipe, state.halves, grid, steps, lead, job.stalls, job.item)
    fill_costs(state.costs, engines.machine, engines.rates, engines.dram.timing, job.product, job.mapping)
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
        if store_at <= load_at:
            _store(dram, events, walk, costs[tile_at(pipe["store"], results).kind], store_at)
        elif not run_while_prompt(engines, walk, costs, laps, load_at):
            _load(dram, events, walk, tile, costs[tile.kind], load_at)
    job.stalls[FEED] += pipe["feed_cycles"]
    job.stalls[DRAIN] += pipe["end"] - pipe["array_free"]


@kernel
def _load(dram: Dram, events: Events, walk: Walk, tile: Tile, cost: TileCostRow, ready: float) -> None:
    """Load what ``tile`` brings; SORE prunes the right operand on its way where the weights lie dense."""
    pipe, left_ready, right_ready = walk.pipe, ready, ready
    if tile.new_left:
        left_ready = transfer(dram, next_access(pipe, cost["left"], READ), ready)
    if tile.new_right:
        arrived = transfer(dram, next_access(pipe, cost["right"], READ), ready)
        right_ready = max(arrived, pruned(pipe, ready, cost["pruning_cycles"]))
    loaded(walk, tile, left_ready, right_ready)
    record(events, EngineId.LOAD, walk.item, ready, right_ready if tile.new_right else left_ready)


@kernel
def _store(dram: Dram, events: Events, walk: Walk, cost: TileCostRow, ready: float) -> None:
    """Store the next result tile, through the vector lanes."""
    pipe = walk.pipe
    pipe["lanes_free"] = ready + cost["lane_cycles"]
    done = transfer(dram, next_access(pipe, cost["out"], WRITE), ready)
    free = max(done, pipe["lanes_free"])
    stored(walk, free)
    record(events, EngineId.STORE, walk.item, ready, free)
