"""Streams of read, compute, write: vector passes in the foreground, weight updates in the background.

A stream moves in chunks. Up to four are under way: the lanes work on one while the next is read and one of
before is written. Updates wait in a queue and take the DRAM whenever their next request comes before the
array's own.
"""

from __future__ import annotations

from typing import NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from heddle.arch.dram import STREAM_CHUNK_BYTES
from heddle.arch.jit import kernel
from heddle.arch.records import Rows, record_dtype
from heddle.dataflow.cost import ceil_div
from heddle.sim.engines.dram import idle_from, transfer
from heddle.sim.engines.dram_rows import READ, WRITE, Access, Dram
from heddle.sim.engines.events import EngineId, Events, record

Times = npt.NDArray[np.float64]

_WINDOW = 4
_WRITE_DELAY = 2


class StreamRow(TypedDict):
    """A stream under way.

    ``step`` counts chunks; a step reads a chunk in ``units`` equal requests, then writes an earlier one in as many.
    ``unit`` is the next of them, ``arrived`` when the last data read came in.
    """

    item: int
    steps: int
    step: int
    units: int
    unit: int
    read_bytes: int
    write_bytes: int
    address: int
    lane_cycles: float
    start: float
    lane_free: float
    arrived: float
    end: float


STREAM = record_dtype(StreamRow)


class StreamWork(NamedTuple):
    """What a stream has to do for an item: bytes to read and to write, cycles in its lanes."""

    item: int
    read_bytes: float
    write_bytes: float
    lane_cycles: float


class QueueRow(TypedDict):
    """The update that runs or is the next to run, and how many have been queued so far."""

    at: int
    queued: int


QUEUE = record_dtype(QueueRow)


class Background(NamedTuple):
    """Updates under way: STREAM rows with the ring of chunk times of each, and where the queue of them is."""

    streams: Rows
    rings: Times
    queue: QueueRow


def background(capacity: int) -> Background:
    """Return an empty queue for ``capacity`` updates."""
    return Background(np.zeros(capacity, STREAM), np.zeros((capacity, _WINDOW)), np.zeros(1, QUEUE)[0])


@kernel
def start_stream(
    stream: StreamRow, ring: Times, work: StreamWork, unit_bytes: int, burst_bytes: int, start: float
) -> None:
    """Set up a stream for ``work`` from ``start``.

    ``unit_bytes`` is the size of a DRAM request: small ones let other engines in between. Each is whole bursts.
    """
    steps = max(1, ceil_div(int(max(work.read_bytes, work.write_bytes)), STREAM_CHUNK_BYTES))
    units = ceil_div(STREAM_CHUNK_BYTES, unit_bytes)
    stream["item"], stream["steps"], stream["step"] = work.item, steps, 0
    stream["units"], stream["unit"], stream["address"] = units, 0, 0
    stream["read_bytes"] = ceil_div(int(work.read_bytes), steps * units * burst_bytes) * burst_bytes
    stream["write_bytes"] = ceil_div(int(work.write_bytes), steps * units * burst_bytes) * burst_bytes
    stream["lane_cycles"] = work.lane_cycles / steps
    stream["start"], stream["lane_free"], stream["arrived"], stream["end"] = start, start, start, start
    ring[:] = start


@kernel
def is_finished(stream: StreamRow) -> bool:
    """True when every chunk of the stream has been written."""
    return stream["step"] >= stream["steps"] + _WRITE_DELAY


@kernel
def _is_reading(stream: StreamRow) -> bool:
    """True while the next request of the stream's step is a read."""
    return stream["unit"] < stream["units"] and stream["step"] < stream["steps"]


@kernel
def next_request(stream: StreamRow, ring: Times) -> float:
    """When the stream next asks for the DRAM: the chunk in its way has left the lanes."""
    if _is_reading(stream):
        return ring[stream["step"] % _WINDOW]
    return ring[(stream["step"] - _WRITE_DELAY) % _WINDOW] if stream["step"] >= _WRITE_DELAY else stream["start"]


@kernel
def advance(dram: Dram, stream: StreamRow, ring: Times) -> None:
    """Make the stream's next request: a unit of the chunk to read, or of the one to write."""
    if _is_reading(stream):
        _read_unit(dram, stream, ring)
        return
    step, units = stream["step"], stream["units"]
    stream["unit"] = max(stream["unit"], units)
    if step >= _WRITE_DELAY:
        ready, nbytes = next_request(stream, ring), stream["write_bytes"]
        done = transfer(dram, Access(stream["address"], nbytes, 1, nbytes, WRITE), ready)
        stream["end"] = max(stream["end"], done)
        stream["address"] += nbytes
        stream["unit"] += 1
    if step < _WRITE_DELAY or stream["unit"] == 2 * units:
        stream["step"], stream["unit"] = step + 1, 0


@kernel
def _read_unit(dram: Dram, stream: StreamRow, ring: Times) -> None:
    """Read one unit; the last of a chunk sends it through the lanes."""
    slot, nbytes = stream["step"] % _WINDOW, stream["read_bytes"]
    arrived = transfer(dram, Access(stream["address"], nbytes, 1, nbytes, READ), ring[slot])
    stream["arrived"] = max(stream["arrived"], arrived)
    stream["address"] += nbytes
    stream["unit"] += 1
    if stream["unit"] == stream["units"]:
        stream["lane_free"] = max(stream["lane_free"], stream["arrived"]) + stream["lane_cycles"]
        ring[slot] = stream["lane_free"]


@kernel
def has_updates(updates: Background) -> bool:
    """True while an update is under way or waits."""
    return updates.queue["at"] < updates.queue["queued"]


@kernel
def run_updates_until(dram: Dram, updates: Background, events: Events, before: float) -> None:
    """Let queued updates, in order, use the DRAM while it is idle before ``before``, when another engine asks.

    Updates have the lowest priority: a request of theirs starts only on an idle bus, and holds it for a unit.
    """
    while has_updates(updates):
        at = updates.queue["at"]
        stream: StreamRow = updates.streams[at]
        ring = updates.rings[at]
        if max(next_request(stream, ring), idle_from(dram)) >= before:
            return
        advance(dram, stream, ring)
        if is_finished(stream):
            record(events, EngineId.UPDATE, stream["item"], stream["start"], stream["end"])
            _start_next(updates)


@kernel
def _start_next(updates: Background) -> None:
    """Go on to the next queued update, which cannot start before this one has left the lanes."""
    ended = updates.streams[updates.queue["at"]]["lane_free"]
    updates.queue["at"] += 1
    if has_updates(updates):
        at = updates.queue["at"]
        stream: StreamRow = updates.streams[at]
        stream["start"] = max(stream["start"], ended)
        stream["lane_free"] = stream["start"]
        updates.rings[at, :] = stream["start"]


@kernel
def queue_update(dram: Dram, updates: Background, work: StreamWork, start: float) -> None:
    """Put an update at the end of the queue. It asks for one page of each channel at a time."""
    at = updates.queue["queued"]
    unit_bytes, burst_bytes = dram.timing["page_bytes"], dram.timing["burst_bytes"]
    start_stream(updates.streams[at], updates.rings[at], work, unit_bytes, burst_bytes, start)
    updates.queue["queued"] = at + 1


@kernel
def run_stream(dram: Dram, stream: StreamRow, ring: Times, updates: Background, events: Events, engine: int) -> float:
    """Run a foreground stream to its end, updates taking their turns; return when it ends."""
    while not is_finished(stream):
        run_updates_until(dram, updates, events, next_request(stream, ring))
        advance(dram, stream, ring)
    record(events, engine, stream["item"], stream["start"], stream["end"])
    return stream["end"]
