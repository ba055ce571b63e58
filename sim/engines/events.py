"""What each engine did and when, kept only when a timeline is asked for."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from heddle.arch.jit import kernel

LOAD, COMPUTE, STORE, UPDATE, VECTOR = range(5)
ENGINE_NAMES = ("load", "compute", "store", "update", "vector")

EVENT = np.dtype([("engine", np.int64), ("item", np.int64), ("start", np.float64), ("end", np.float64)])


class Events(NamedTuple):
    """``rows`` (EVENT) of which the first ``filled[0]`` are filled; ``filled[1]`` had no room."""

    rows: np.ndarray
    filled: np.ndarray


def event_log(capacity: int) -> Events:
    """Return an empty log for ``capacity`` events; 0 keeps none."""
    return Events(np.zeros(capacity, EVENT), np.zeros(2, np.int64))


@kernel
def record(events, engine: int, item: int, start: float, end: float) -> None:  # type: ignore[no-untyped-def]
    """Add an event, or count it as dropped when the log is full."""
    at = events.filled[0]
    if at >= events.rows.shape[0]:
        events.filled[1] += 1
        return
    row = events.rows[at]
    row["engine"], row["item"], row["start"], row["end"] = engine, item, start, end
    events.filled[0] = at + 1
