"""The progress of a product under way, and the halves of the buffers: what each load, computation and store changes."""

from __future__ import annotations

from typing import NamedTuple, TypedDict

import numpy as np

from heddle.arch.jit import kernel
from heddle.arch.records import record_dtype
from heddle.sim.engines.asking import AskingRow, reset_asking
from heddle.sim.engines.streams import Times
from heddle.sim.engines.tiles import CursorRow, Grid, rewind


class PipeRow(TypedDict):
    """Progress of a product.

    The next step to load and to compute, the next result to store; results computed; tiles of each operand loaded and
    reached by the array; when the array, SORE and the store lanes are free; when the last store so far ends; the
    array's instructions, its waits for left words within them, and from the end of the last one to its last result.
    """

    load: CursorRow
    compute: CursorRow
    store: CursorRow
    computed: int
    results: int
    lefts: int
    rights: int
    used_lefts: int
    used_rights: int
    address: int
    start: float
    array_free: float
    pruner_free: float
    asking: AskingRow
    storing: AskingRow
    data_free: float
    loaded_at: float
    loaded_before: float
    stored_at: float
    stored_before: float
    prepared_at: float
    done_at: float
    lanes_free: float
    end: float
    busy_cycles: float
    feed_cycles: float
    finish_cycles: float
    dram_bytes: float


PIPE = record_dtype(PipeRow)


class HalvesRow(TypedDict):
    """When each half of each buffer is filled (ready), and when it is free again: arrays of two."""

    left_ready: Times
    left_free: Times
    right_ready: Times
    right_free: Times
    out_ready: Times
    out_free: Times


HALVES = np.dtype([(name, np.float64, (2,)) for name in HalvesRow.__annotations__])


class Walk(NamedTuple):
    """A product's way through its tiles: progress, halves of the buffers, and what of the job stays as it is.

    ``lead_cycles`` pass before the first instruction. It holds no array of its own: looking into it is free.
    """

    pipe: PipeRow
    halves: HalvesRow
    grid: Grid
    steps: int
    lead_cycles: int
    stalls: Times
    item: int


@kernel
def begin_product(pipe: PipeRow, halves: HalvesRow) -> None:
    """Set all engines to a product's first tile; what is under way of the one before, in the same pass, goes on.

    Each buffer's halves go on in turn: the one to be filled next becomes the first.
    """
    rewind(pipe["load"])
    rewind(pipe["compute"])
    rewind(pipe["store"])
    if pipe["lefts"] % 2:
        _swap(halves["left_ready"])
        _swap(halves["left_free"])
    if pipe["rights"] % 2:
        _swap(halves["right_ready"])
        _swap(halves["right_free"])
    if pipe["results"] % 2:
        _swap(halves["out_ready"])
        _swap(halves["out_free"])
    pipe["results"], pipe["address"] = 0, 0
    pipe["lefts"], pipe["rights"], pipe["used_lefts"], pipe["used_rights"] = 0, 0, 0, 0
    pipe["busy_cycles"], pipe["feed_cycles"], pipe["finish_cycles"], pipe["dram_bytes"] = 0.0, 0.0, 0.0, 0.0


@kernel
def _swap(times: Times) -> None:
    times[0], times[1] = times[1], times[0]


@kernel
def begin_pass(pipe: PipeRow, halves: HalvesRow, start: float) -> None:
    """Set the state to that at a pass's ``start``: buffers empty, nothing under way."""
    pipe["computed"] = 0
    pipe["start"], pipe["array_free"], pipe["pruner_free"], pipe["lanes_free"] = start, start, start, start
    pipe["data_free"], pipe["loaded_at"], pipe["loaded_before"] = start, start, start
    pipe["prepared_at"], pipe["done_at"] = start, start
    pipe["stored_at"], pipe["stored_before"] = start, start
    reset_asking(pipe["asking"], start)
    reset_asking(pipe["storing"], start)
    pipe["end"] = start
    for half in range(2):
        halves["left_ready"][half], halves["left_free"][half] = start, start
        halves["right_ready"][half], halves["right_free"][half] = start, start
        halves["out_ready"][half], halves["out_free"][half] = start, start
