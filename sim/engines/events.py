"""What each engine did and when, kept only when a timeline is asked for."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from heddle.arch.jit import kernel
from heddle.arch.records import Rows, record_dtype


class EngineId(IntEnum):
    """The engines, in the order of their tracks in a timeline."""

    LOAD = 0
    COMPUTE = 1
    STORE = 2
    UPDATE = 3
    VECTOR = 4


ENGINE_NAMES = tuple(engine.name.lower() for engine in EngineId)


class EventRow(TypedDict):
    """One instruction: the engine that ran it, the item it is of, its cycles."""

    engine: int
    item: int
    start: float
    end: float


EVENT = record_dtype(EventRow)


class Events(NamedTuple):
    """``rows`` (EVENT) of which the first ``filled[0]`` are filled; ``filled[1]`` had no room."""

    rows: Rows
    filled: npt.NDArray[np.int64]


def event_log(capacity: int) -> Events:
    """Return an empty log for ``capacity`` events; 0 keeps none."""
    return Events(np.zeros(capacity, EVENT), np.zeros(2, np.int64))


@kernel
def record(events: Events, engine: int, item: int, start: float, end: float) -> None:
    """Add an event, or count it as dropped when the log is full."""
    at = events.filled[0]
    if at >= events.rows.shape[0]:
        events.filled[1] += 1
        return
    row: EventRow = events.rows[at]
    row["engine"], row["item"], row["start"], row["end"] = engine, item, start, end
    events.filled[0] = at + 1
