"""When each pass keeps each engine busy: the timeline of a step, a span for each pass and engine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """A pass on one track: ``passes``, or an engine (load, compute, store, update, vector).

    From its first instruction's start to its last one's end, seconds from the step's start. ``busy_s`` of it the
    engine works.
    """

    track: str
    layer: str
    pass_name: str
    start_s: float
    end_s: float
    busy_s: float
