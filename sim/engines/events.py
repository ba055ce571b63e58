"""What each engine did and when, kept only when a timeline is asked for."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple, TypedDict

import numpy as np

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


class LogRow(TypedDict):
    """How many events a log has room for, how many are in it, and how many came when it was full."""

    capacity: int
    kept: int
    dropped: int


LOG = record_dtype(LogRow)


class Events(NamedTuple):
    """``rows`` (EVENT), of which the first ``log["kept"]`` are filled."""

    rows: Rows
    log: LogRow


def event_log(capacity: int) -> Events:
    """Return an empty log for ``capacity`` events; 0 keeps none."""
    log = np.zeros(1, LOG)[0]
    log["capacity"] = capacity
    return Events(np.zeros(capacity, EVENT), log)


@kernel
def is_full(events: Events) -> bool:
    """True when no event more is kept."""
    return events.log["kept"] >= events.log["capacity"]


@kernel
def record(events: Events, engine: int, item: int, start: float, end: float) -> None:
    """Add an event, or count it as dropped when the log is full."""
    log = events.log
    if is_full(events):
        log["dropped"] += 1
        return
    row: EventRow = events.rows[log["kept"]]
    row["engine"], row["item"], row["start"], row["end"] = engine, item, start, end
    log["kept"] += 1
