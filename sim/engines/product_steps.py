"""What a load, a computation and a store of one tile do to a product's state, whatever the DRAM took for them."""

from __future__ import annotations

import numpy as np

from heddle.arch.jit import kernel
from heddle.arch.timing import DISPATCH_CYCLES
from heddle.sim.engines.dram_rows import Access
from heddle.sim.engines.events import EngineId, Events, record
from heddle.sim.engines.pipe import PipeRow, Walk
from heddle.sim.engines.streams import Times
from heddle.sim.engines.tile_costs import MoveRow, TileCostRow
from heddle.sim.engines.tiles import Tile, advance, results_of
from heddle.sim.stalls import FILL, LOAD_LEFT, LOAD_RIGHT, STORE_BEHIND


@kernel
def load_request(walk: Walk, tile: Tile) -> float:
    """When the loads of the next step, ``tile``, can ask for the DRAM: infinity while a half is still to be used."""
    pipe, halves = walk.pipe, walk.halves
    caught_up = pipe["compute"]["step"] == pipe["load"]["step"]
    request = pipe["start"]
    if tile.new_left:
        if not _half_is_free(pipe["lefts"], pipe["used_lefts"], caught_up):
            return np.inf
        request = max(request, halves["left_free"][pipe["lefts"] % 2])
    if tile.new_right:
        if not _half_is_free(pipe["rights"], pipe["used_rights"], caught_up):
            return np.inf
        request = max(request, halves["right_free"][pipe["rights"] % 2])
    return request


@kernel
def _half_is_free(loaded: int, used: int, caught_up: bool) -> bool:
    """True when the tile two before the next one is used up, so that its half of the buffer can be filled."""
    return loaded < 2 or used >= loaded or caught_up


@kernel
def store_request(walk: Walk) -> float:
    """When the next result, which is computed, can be stored."""
    return max(walk.halves["out_ready"][walk.pipe["store"]["step"] % 2], walk.pipe["lanes_free"])


@kernel
def next_access(pipe: PipeRow, move: MoveRow, direction: int) -> Access:
    """Return the access that ``move`` makes at the product's running address, and move that on."""
    nbytes = move["nbytes"]
    access = Access(pipe["address"], nbytes, move["runs"], move["stride"], direction)
    pipe["address"] += nbytes
    pipe["dram_bytes"] += nbytes
    return access


@kernel
def pruned(pipe: PipeRow, ready: float, cycles: float) -> float:
    """When SORE, which takes a right operand on its way in from ``ready`` on, is through with it."""
    pipe["pruner_free"] = max(pipe["pruner_free"], ready) + cycles
    return pipe["pruner_free"]


@kernel
def loaded(walk: Walk, tile: Tile, left_ready: float, right_ready: float) -> None:
    """Take note that the next step, ``tile``, is loaded: each operand that it brings is there from then on."""
    pipe, halves = walk.pipe, walk.halves
    if tile.new_left:
        halves["left_ready"][pipe["lefts"] % 2] = left_ready
        pipe["lefts"] += 1
    if tile.new_right:
        halves["right_ready"][pipe["rights"] % 2] = right_ready
        pipe["rights"] += 1
    advance(pipe["load"], walk.grid)


@kernel
def compute(events: Events, walk: Walk, tile: Tile, cost: TileCostRow) -> None:
    """Issue the instruction of the next step, ``tile``, to the array."""
    pipe, halves = walk.pipe, walk.halves
    pipe["used_lefts"] += tile.new_left
    pipe["used_rights"] += tile.new_right
    left, right, out = (pipe["used_lefts"] - 1) % 2, (pipe["used_rights"] - 1) % 2, pipe["results"] % 2
    left_ready, right_ready = halves["left_ready"][left], halves["right_ready"][right]
    token = max(left_ready, right_ready)
    if tile.first_part:
        token = max(token, halves["out_free"][out])
    prepared = max(token, pipe["prepared_at"]) + cost["prepare_cycles"]
    begin = max(pipe["array_free"], prepared)
    if pipe["compute"]["step"] == 0:
        begin += walk.lead_cycles
    if pipe["computed"] == 0:
        walk.stalls[FILL] += begin - pipe["start"]
    elif begin > pipe["array_free"]:
        idle = _wait(walk.stalls, LOAD_LEFT, pipe["array_free"], min(begin, left_ready + cost["token_cycles"]))
        idle = _wait(walk.stalls, LOAD_RIGHT, idle, min(begin, right_ready + cost["token_cycles"]))
        idle = _wait(walk.stalls, STORE_BEHIND, idle, min(begin, token + cost["token_cycles"]))
        pipe["feed_cycles"] += begin - idle
    cycles = cost["compute_cycles"] if tile.first_part else cost["resumed_cycles"]
    stepping = begin + DISPATCH_CYCLES + (0.0 if tile.first_part else cost["settle_cycles"])
    late = max(0.0, prepared + cost["first_word_cycles"] - stepping)
    pipe["prepared_at"] = max(begin, pipe["done_at"])
    end = begin + cycles + cost["feed_cycles"] + late
    pipe["done_at"] = end + cost["release_cycles"]
    pipe["array_free"] = end
    pipe["busy_cycles"] += cycles
    pipe["feed_cycles"] += cost["feed_cycles"] + late
    pipe["finish_cycles"] = cost["finish_cycles"]
    halves["left_free"][left] = pipe["done_at"]
    halves["right_free"][right] = pipe["done_at"]
    if tile.last_part:
        halves["out_ready"][out] = end + cost["finish_cycles"]
        pipe["results"] += 1
    pipe["computed"] += 1
    advance(pipe["compute"], walk.grid)
    record(events, EngineId.COMPUTE, walk.item, begin, end)


@kernel
def _wait(stalls: Times, cause: int, idle: float, until: float) -> float:
    """Count the cycles from ``idle`` to ``until``, if there are any, under ``cause``; return the later of the two."""
    stalls[cause] += max(0.0, until - idle)
    return max(idle, until)


@kernel
def stored(walk: Walk, free: float) -> None:
    """Take note that the next result is stored, and its half of the buffer free, at ``free``."""
    pipe = walk.pipe
    walk.halves["out_free"][pipe["store"]["step"] % 2] = free
    pipe["end"] = max(pipe["end"], free)
    advance(pipe["store"], results_of(walk.grid))
