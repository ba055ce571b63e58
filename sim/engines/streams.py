"""Streams of read, compute, write: vector passes in the foreground, weight updates in the background.

A stream moves in chunks. Up to four are under way: the lanes work on one while the next is read and one of
before is written. Updates wait in a queue and take the DRAM whenever their next request comes before the
array's own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from heddle.arch.dram import STREAM_CHUNK_BYTES, STRIPE_BYTES
from heddle.arch.jit import kernel
from heddle.dataflow.cost import ceil_div
from heddle.sim.engines.dram import READ, WRITE, idle_from, transfer
from heddle.sim.engines.events import UPDATE, record

_WINDOW = 4
_WRITE_DELAY = 2

#: A stream under way. ``step`` counts chunks; a step reads a chunk in ``units`` equal requests, then writes an
#: earlier one in as many. ``unit`` is the next of them, ``arrived`` when the last data read came in.
STREAM = np.dtype(
    [(name, np.int64) for name in ("item", "steps", "step", "units", "unit", "read_bytes", "write_bytes", "address")]
    + [(name, np.float64) for name in ("lane_cycles", "start", "lane_free", "arrived", "end")]
)


class Background(NamedTuple):
    """Updates under way: STREAM rows with the ring of chunk times of each; ``queue`` is [next, number]."""

    streams: np.ndarray
    rings: np.ndarray
    queue: np.ndarray


def background(capacity: int) -> Background:
    """Return an empty queue for ``capacity`` updates."""
    return Background(np.zeros(capacity, STREAM), np.zeros((capacity, _WINDOW)), np.zeros(2, np.int64))


@kernel
def start_stream(  # type: ignore[no-untyped-def]
    stream,
    ring,
    item: int,
    read_bytes: float,
    write_bytes: float,
    lane_cycles: float,
    unit_bytes: int,
    burst_bytes: int,
    start: float,
):
    """Set up a stream of so many bytes in all, and so many lane cycles, from ``start``.

    ``unit_bytes`` is the size of a DRAM request: small ones let other engines in between. Each is whole bursts.
    """
    steps = max(1, ceil_div(int(max(read_bytes, write_bytes)), STREAM_CHUNK_BYTES))
    units = ceil_div(STREAM_CHUNK_BYTES, unit_bytes)
    stream["item"], stream["steps"], stream["step"] = item, steps, 0
    stream["units"], stream["unit"], stream["address"] = units, 0, 0
    stream["read_bytes"] = ceil_div(int(read_bytes), steps * units * burst_bytes) * burst_bytes
    stream["write_bytes"] = ceil_div(int(write_bytes), steps * units * burst_bytes) * burst_bytes
    stream["lane_cycles"] = lane_cycles / steps
    stream["start"], stream["lane_free"], stream["arrived"], stream["end"] = start, start, start, start
    ring[:] = start


@kernel
def is_finished(stream) -> bool:  # type: ignore[no-untyped-def]
    """True when every chunk of the stream has been written."""
    return stream["step"] >= stream["steps"] + _WRITE_DELAY


@kernel
def _is_reading(stream) -> bool:  # type: ignore[no-untyped-def]
    """True while the next request of the stream's step is a read."""
    return stream["unit"] < stream["units"] and stream["step"] < stream["steps"]


@kernel
def next_request(stream, ring) -> float:  # type: ignore[no-untyped-def]
    """When the stream next asks for the DRAM: the chunk in its way has left the lanes."""
    if _is_reading(stream):
        return ring[stream["step"] % _WINDOW]
    return ring[(stream["step"] - _WRITE_DELAY) % _WINDOW] if stream["step"] >= _WRITE_DELAY else stream["start"]


@kernel
def advance(dram, state, stream, ring) -> None:  # type: ignore[no-untyped-def]
    """Make the stream's next request: a unit of the chunk to read, or of the one to write."""
    if _is_reading(stream):
        _read_unit(dram, state, stream, ring)
        return
    step, units = stream["step"], stream["units"]
    stream["unit"] = max(stream["unit"], units)
    if step >= _WRITE_DELAY:
        ready, nbytes = next_request(stream, ring), stream["write_bytes"]
        done = transfer(dram, state, stream["address"], nbytes, 1, nbytes, ready, WRITE)
        stream["end"] = max(stream["end"], done)
        stream["address"] += nbytes
        stream["unit"] += 1
    if step < _WRITE_DELAY or stream["unit"] == 2 * units:
        stream["step"], stream["unit"] = step + 1, 0


@kernel
def _read_unit(dram, state, stream, ring) -> None:  # type: ignore[no-untyped-def]
    """Read one unit; the last of a chunk sends it through the lanes."""
    slot, nbytes = stream["step"] % _WINDOW, stream["read_bytes"]
    arrived = transfer(dram, state, stream["address"], nbytes, 1, nbytes, ring[slot], READ)
    stream["arrived"] = max(stream["arrived"], arrived)
    stream["address"] += nbytes
    stream["unit"] += 1
    if stream["unit"] == stream["units"]:
        stream["lane_free"] = max(stream["lane_free"], stream["arrived"]) + stream["lane_cycles"]
        ring[slot] = stream["lane_free"]


@kernel
def run_updates_until(dram, state, updates, events, before: float) -> None:  # type: ignore[no-untyped-def]
    """Let queued updates, in order, use the DRAM while it is idle before ``before``, when another engine asks.

    Updates have the lowest priority: a request of theirs starts only on an idle bus, and holds it for a unit.
    """
    while updates.queue[0] < updates.queue[1]:
        at = updates.queue[0]
        stream, ring = updates.streams[at], updates.rings[at]
        if max(next_request(stream, ring), idle_from(state)) >= before:
            return
        advance(dram, state, stream, ring)
        if is_finished(stream):
            record(events, UPDATE, stream["item"], stream["start"], stream["end"])
            _start_next(updates)


@kernel
def _start_next(updates) -> None:  # type: ignore[no-untyped-def]
    """Go on to the next queued update, which cannot start before this one has left the lanes."""
    ended = updates.streams[updates.queue[0]]["lane_free"]
    updates.queue[0] += 1
    at = updates.queue[0]
    if at < updates.queue[1]:
        stream = updates.streams[at]
        stream["start"] = max(stream["start"], ended)
        stream["lane_free"] = stream["start"]
        updates.rings[at, :] = stream["start"]


@kernel
def queue_update(  # type: ignore[no-untyped-def]
    dram, updates, item: int, read_bytes: float, write_bytes: float, lane_cycles: float, start: float
):
    """Put an update at the end of the queue. It asks for one stripe of each channel at a time."""
    at = updates.queue[1]
    unit_bytes = STRIPE_BYTES * dram["channels"]
    stream, ring = updates.streams[at], updates.rings[at]
    start_stream(stream, ring, item, read_bytes, write_bytes, lane_cycles, unit_bytes, dram["burst_bytes"], start)
    updates.queue[1] = at + 1


@kernel
def run_stream(dram, state, stream, ring, updates, events, engine: int) -> float:  # type: ignore[no-untyped-def]
    """Run a foreground stream to its end, updates taking their turns; return when it ends."""
    while not is_finished(stream):
        run_updates_until(dram, state, updates, events, next_request(stream, ring))
        advance(dram, state, stream, ring)
    record(events, engine, stream["item"], stream["start"], stream["end"])
    return stream["end"]
