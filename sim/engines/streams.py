"""Streams of read, compute, write: vector passes in the foreground, weight updates in the background.

A stream moves in chunks. Up to four are under way: the lanes work on one while the next is read and one of
before is written. Updates wait in a queue and take the DRAM whenever their next request comes before the
array's own.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from arch.dram import STREAM_CHUNK_BYTES
from arch.jit import kernel
from dataflow.cost import BURST_BYTES, ceil_div
from sim.engines.dram import READ, WRITE, transfer
from sim.engines.events import UPDATE, record

_WINDOW = 4
_WRITE_DELAY = 2

#: A stream under way. ``step`` counts chunks read; ``end`` is when its last chunk so far was written.
STREAM = np.dtype(
    [(name, np.int64) for name in ("item", "steps", "step", "read_bytes", "write_bytes", "address")]
    + [(name, np.float64) for name in ("lane_cycles", "start", "lane_free", "end")]
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
def start_stream(stream, ring, item: int, read_bytes: float, write_bytes: float, lane_cycles: float, start: float):  # type: ignore[no-untyped-def]
    """Set up a stream of so many bytes in all, and so many lane cycles, from ``start``."""
    steps = max(1, ceil_div(int(max(read_bytes, write_bytes)), STREAM_CHUNK_BYTES))
    stream["item"], stream["steps"], stream["step"], stream["address"] = item, steps, 0, 0
    stream["read_bytes"] = ceil_div(int(read_bytes), steps * BURST_BYTES) * BURST_BYTES
    stream["write_bytes"] = ceil_div(int(write_bytes), steps * BURST_BYTES) * BURST_BYTES
    stream["lane_cycles"] = lane_cycles / steps
    stream["start"], stream["lane_free"], stream["end"] = start, start, start
    ring[:] = start


@kernel
def is_finished(stream) -> bool:  # type: ignore[no-untyped-def]
    """True when every chunk of the stream has been written."""
    return stream["step"] >= stream["steps"] + _WRITE_DELAY


@kernel
def next_request(stream, ring) -> float:  # type: ignore[no-untyped-def]
    """When the stream next asks for the DRAM: its oldest chunk has left the lanes."""
    step = stream["step"]
    if step < stream["steps"]:
        return ring[step % _WINDOW]
    return ring[(step - _WRITE_DELAY) % _WINDOW]


@kernel
def advance(dram, state, stream, ring) -> None:  # type: ignore[no-untyped-def]
    """Read the stream's next chunk and write the one that left the lanes ``_WRITE_DELAY`` chunks ago."""
    step, read_bytes, write_bytes = stream["step"], stream["read_bytes"], stream["write_bytes"]
    written_at = ring[(step - _WRITE_DELAY) % _WINDOW] if step >= _WRITE_DELAY else 0.0
    if step < stream["steps"]:
        ready = ring[step % _WINDOW]
        arrived = transfer(dram, state, stream["address"], read_bytes, 1, read_bytes, ready, READ)
        stream["lane_free"] = max(stream["lane_free"], arrived) + stream["lane_cycles"]
        ring[step % _WINDOW] = stream["lane_free"]
    if step >= _WRITE_DELAY:
        done = transfer(dram, state, stream["address"], write_bytes, 1, write_bytes, written_at, WRITE)
        stream["end"] = max(stream["end"], done)
    stream["address"] += max(read_bytes, write_bytes)
    stream["step"] = step + 1


@kernel
def run_updates_until(dram, state, updates, events, before: float) -> None:  # type: ignore[no-untyped-def]
    """Let queued updates, in order, use the DRAM for every request of theirs that comes before ``before``."""
    while updates.queue[0] < updates.queue[1]:
        at = updates.queue[0]
        stream, ring = updates.streams[at], updates.rings[at]
        if next_request(stream, ring) >= before:
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
def queue_update(updates, item: int, read_bytes: float, write_bytes: float, lane_cycles: float, start: float):  # type: ignore[no-untyped-def]
    """Put an update at the end of the queue."""
    at = updates.queue[1]
    if at > updates.queue[0]:
        start = max(start, updates.streams[at - 1]["start"])
    start_stream(updates.streams[at], updates.rings[at], item, read_bytes, write_bytes, lane_cycles, start)
    updates.queue[1] = at + 1

@kernel
def run_stream(dram, state, stream, ring, updates, events, engine: int) -> float:  # type: ignore[no-untyped-def]
    """Run a foreground stream to its end, updates taking their turns; return when it ends."""
    while not is_finished(stream):
        run_updates_until(dram, state, updates, events, next_request(stream, ring))
        advance(dram, state, stream, ring)
    record(events, engine, stream["item"], stream["start"], stream["end"])
    return stream["end"]
