"""One product on the engines: loads, computation and stores, each in order, tied by tokens.

Activation, weight and output buffers have two halves, taken in turn. A load waits for a free half, a computation
for its two operands and for a free output half, a store for its result. Loads and stores meet at the DRAM in
the order in which they become ready; pending updates use it while it is idle before that.
"""

from __future__ import annotations

from typing import NamedTuple, TypedDict

import numpy as np

from heddle.arch.jit import kernel
from heddle.arch.records import record_dtype
from heddle.arch.timing import lane_cycles, slots_of, sore_cycles
from heddle.dataflow.cost import (
    ArrayTiles,
    array_tiles,
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
)
from heddle.dataflow.kernel_rows import MachineRow, ProductRow, RatesRow, TileMappingRow
from heddle.sim.engines.dram import READ, WRITE, Access, Dram, transfer
from heddle.sim.engines.events import EngineId, Events, record
from heddle.sim.engines.streams import Background, Times, run_updates_until
from heddle.sim.engines.tiles import Tile, tile_at, tile_count
from heddle.sim.stalls import DRAIN, FILL, LOAD_LEFT, LOAD_RIGHT, STORE_BEHIND


class PipeRow(TypedDict):
    """Progress of a product.

    Steps loaded, computed, stored; tiles of each operand loaded and reached by the array; when the array, SORE and
    the store lanes are free; when the last store so far ends; the array's instructions, and from the end of the last
    one to its last result.
    """

    loaded: int
    computed: int
    stored: int
    lefts: int
    rights: int
    used_lefts: int
    used_rights: int
    address: int
    start: float
    array_free: float
    pruner_free: float
    lanes_free: float
    end: float
    busy_cycles: float
    finish_cycles: float
    dram_bytes: float


PIPE = record_dtype(PipeRow)


class Engines(NamedTuple):
    """The machine that runs everything, with the updates that wait for its DRAM and the log of what it did."""

    machine: MachineRow
    rates: RatesRow
    dram: Dram
    updates: Background
    events: Events


class Job(NamedTuple):
    """A product to run; ``stalls`` takes idle cycles by the causes of ``heddle.sim.stalls``, ``item`` names events."""

    product: ProductRow
    mapping: TileMappingRow
    stalls: Times
    item: int


class Halves(NamedTuple):
    """Times of the two halves of each buffer: when filled (ready) and when free again."""

    left_ready: Times
    left_free: Times
    right_ready: Times
    right_free: Times
    out_ready: Times
    out_free: Times


@kernel
def run_product(engines: Engines, job: Job, pipe: PipeRow, start: float) -> None:
    """Run ``job`` from ``start`` to its last store; ``pipe`` (a PIPE row) is left with what it took."""
    _reset(pipe, start)
    halves = Halves(
        np.full(2, start), np.full(2, start), np.full(2, start), np.full(2, start), np.full(2, start), np.full(2, start)
    )
    steps, parts = tile_count(job.product, job.mapping), job.mapping["tiles_k"]
    while pipe["stored"] * parts < steps:
        if pipe["computed"] < pipe["loaded"] and pipe["computed"] // parts < pipe["stored"] + 2:
            _compute(engines, job, pipe, halves)
            continue
        store_at, load_at = np.inf, np.inf
        if pipe["stored"] < pipe["computed"] // parts:
            store_at = max(halves.out_ready[pipe["stored"] % 2], pipe["lanes_free"])
        if pipe["loaded"] < steps:
            load_at = _load_request(job, pipe, halves)
        run_updates_until(engines.dram, engines.updates, engines.events, min(store_at, load_at))
        if store_at <= load_at:
            _store(engines, job, pipe, halves, store_at)
        else:
            _load(engines, job, pipe, halves, load_at)
    job.stalls[DRAIN] += pipe["end"] - pipe["array_free"]


@kernel
def _reset(pipe: PipeRow, start: float) -> None:
    pipe["loaded"], pipe["computed"], pipe["stored"], pipe["address"] = 0, 0, 0, 0
    pipe["lefts"], pipe["rights"], pipe["used_lefts"], pipe["used_rights"] = 0, 0, 0, 0
    pipe["start"], pipe["array_free"], pipe["pruner_free"], pipe["lanes_free"] = start, start, start, start
    pipe["end"], pipe["busy_cycles"], pipe["finish_cycles"], pipe["dram_bytes"] = start, 0.0, 0.0, 0.0


@kernel
def _compute(engines: Engines, job: Job, pipe: PipeRow, halves: Halves) -> None:
    """Issue the next instruction to the array."""
    tile, parts = tile_at(job.product, job.mapping, pipe["computed"]), job.mapping["tiles_k"]
    pipe["used_lefts"] += tile.new_left
    pipe["used_rights"] += tile.new_right
    left, right = (pipe["used_lefts"] - 1) % 2, (pipe["used_rights"] - 1) % 2
    out = (pipe["computed"] // parts) % 2
    begin = max(pipe["array_free"], max(halves.left_ready[left], halves.right_ready[right]))
    if tile.first_part:
        begin = max(begin, halves.out_free[out])
    if pipe["computed"] == 0:
        begin += lead_cycles(engines.machine, job.mapping["ws"])
        job.stalls[FILL] += begin - pipe["start"]
    elif begin > pipe["array_free"]:
        cause = _stall_cause(begin, halves.left_ready[left], halves.right_ready[right])
        job.stalls[cause] += begin - pipe["array_free"]
    shape = _array_tiles(engines.machine, job, tile)
    cycles = float(instruction_cycles(engines.machine, job.mapping["ws"], shape, not tile.first_part))
    pipe["array_free"] = begin + cycles
    pipe["busy_cycles"] += cycles
    pipe["finish_cycles"] = shape.finish
    pipe["computed"] += 1
    halves.left_free[left] = pipe["array_free"]
    halves.right_free[right] = pipe["array_free"]
    if tile.last_part:
        halves.out_ready[out] = pipe["array_free"] + shape.finish
    record(engines.events, EngineId.COMPUTE, job.item, begin, pipe["array_free"])


@kernel
def _array_tiles(machine: MachineRow, job: Job, tile: Tile) -> ArrayTiles:
    """How the array goes through ``tile``."""
    return array_tiles(
        machine,
        job.mapping["ws"],
        job.mapping["interleave_rows"],
        job.mapping["interleave_cols"],
        tile.m,
        tile.n,
        slots_of(tile.k, job.product["keep_n"], job.product["group_m"]),
        job.mapping["tiles_k"] > 1,
    )


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
def _load_request(job: Job, pipe: PipeRow, halves: Halves) -> float:
    """When the next step's loads can ask for the DRAM: infinity while a half is still to be used."""
    tile, caught_up = tile_at(job.product, job.mapping, pipe["loaded"]), pipe["computed"] == pipe["loaded"]
    request = pipe["start"]
    if tile.new_left:
        if not _half_is_free(pipe["lefts"], pipe["used_lefts"], caught_up):
            return np.inf
        request = max(request, halves.left_free[pipe["lefts"] % 2])
    if tile.new_right:
        if not _half_is_free(pipe["rights"], pipe["used_rights"], caught_up):
            return np.inf
        request = max(request, halves.right_free[pipe["rights"] % 2])
    return request


@kernel
def _move(dram: Dram, pipe: PipeRow, nbytes: int, runs: int, stride: int, direction: int, ready: float) -> float:
    """Transfer bytes at the product's running address; return when they are there."""
    done = transfer(dram, Access(pipe["address"], nbytes, runs, stride, direction), ready)
    pipe["address"] += nbytes
    pipe["dram_bytes"] += nbytes
    return done


@kernel
def _load(engines: Engines, job: Job, pipe: PipeRow, halves: Halves, ready: float) -> None:
    """Load what the next step brings; SORE prunes the right operand on its way where the weights lie dense."""
    product, burst_bytes = job.product, engines.machine["burst_bytes"]
    tile, arrived = tile_at(product, job.mapping, pipe["loaded"]), ready
    if tile.new_left:
        nbytes, runs = left_load_bytes(product, burst_bytes, tile.m, tile.k), left_runs(product, tile.m, tile.k)
        arrived = _move(engines.dram, pipe, nbytes, runs, left_pixel_bytes(product), READ, ready)
        halves.left_ready[pipe["lefts"] % 2] = arrived
        pipe["lefts"] += 1
    if tile.new_right:
        nbytes, runs = right_load_bytes(product, burst_bytes, tile.n, tile.k), right_runs(product, tile.n, tile.k)
        arrived = _move(engines.dram, pipe, nbytes, runs, right_pixel_bytes(product), READ, ready)
        if product["prune_on_load"]:
            pruning_cycles = sore_cycles(tile.k * tile.n, product["group_m"], engines.rates["sore_lanes"])
            pipe["pruner_free"] = max(pipe["pruner_free"], ready) + pruning_cycles
            arrived = max(arrived, pipe["pruner_free"])
        halves.right_ready[pipe["rights"] % 2] = arrived
        pipe["rights"] += 1
    pipe["loaded"] += 1
    record(engines.events, EngineId.LOAD, job.item, ready, arrived)


@kernel
def _store(engines: Engines, job: Job, pipe: PipeRow, halves: Halves, ready: float) -> None:
    """Store the next result tile, through the vector lanes."""
    product, out = job.product, pipe["stored"] % 2
    tile = tile_at(product, job.mapping, pipe["stored"] * job.mapping["tiles_k"])
    pipe["lanes_free"] = ready + lane_cycles(tile.m * tile.n, engines.rates["vector_lanes"])
    nbytes = out_store_bytes(product, engines.machine["burst_bytes"], tile.m, tile.n)
    runs = out_runs(product, tile.m, tile.n)
    done = _move(engines.dram, pipe, nbytes, runs, out_pixel_bytes(product), WRITE, ready)
    halves.out_free[out] = max(done, pipe["lanes_free"])
    pipe["end"] = max(pipe["end"], halves.out_free[out])
    pipe["stored"] += 1
    record(engines.events, EngineId.STORE, job.item, ready, halves.out_free[out])
