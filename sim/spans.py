"""When each pass keeps each engine busy: the timeline of a step, a span for each pass and engine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.dataflow.scheduler import Schedule
from heddle.sim.engines.events import ENGINE_NAMES
from heddle.sim.engines.simulate import EngineRun, run_engines
from heddle.sim.step_table import StepTable, step_table

PASS_TRACK = "passes"
#: All tracks, the passes first.
TRACKS = (PASS_TRACK, *ENGINE_NAMES)
#: Most instructions that spans are made of: 512 MiB of them, and as much again while they are gathered.
MOST_EVENTS = 1 << 24
#: What stands for a layer where updates are still under way after the last pass.
OUTLASTING = "updates that outlast the passes"


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


@dataclass(frozen=True)
class _Track:
    """The spans of one engine, in cycles: arrays of equal length in program order; ``item`` numbers the passes."""

    item: np.ndarray
    start: np.ndarray
    end: np.ndarray
    busy: np.ndarray


def step_spans(schedule: Schedule, design: Design, board: Board, max_events: int = MOST_EVENTS) -> tuple[Span, ...]:
    """Run ``schedule`` on the engines and return its spans: the passes one after the other, then engine by engine.

    On a track no two spans overlap: a queue works in order, so an instruction that was issued while the one before
    it ran counts from when that one ends. Where more than ``max_events`` instructions run, the tracks of the
    engines would be of the first ones only and are left out (see ``has_engine_tracks``).
    """
    table = step_table(schedule.step)
    run = run_engines(schedule, table, design, board, event_capacity=max_events)
    spans = list(_passes(table, run, design))
    if run.dropped_events == 0:
        for engine, name in enumerate(ENGINE_NAMES):
            spans += _named(name, _track(run.events[run.events["engine"] == engine]), table, design)
    return tuple(spans)


def has_engine_tracks(spans: Sequence[Span]) -> bool:
    """True where ``spans`` tell of engines too: a step that runs at all keeps one of them busy."""
    return any(span.track != PASS_TRACK for span in spans)


def _passes(table: StepTable, run: EngineRun, design: Design) -> Iterator[Span]:
    """The passes; each starts when the one before ends, and updates that run behind them take none of the time."""
    start = 0.0
    for item, result in zip(table.step.items, run.items, strict=True):
        end = float(result["end"])
        if end > start:
            yield _span(PASS_TRACK, item.layer, item.pass_name, (start, end, end - start), design)
        start = max(start, end)
    if run.end_cycles > start:
        yield _span(PASS_TRACK, OUTLASTING, "update", (start, run.end_cycles, run.end_cycles - start), design)


def _track(events: np.ndarray) -> _Track:
    """Gather one engine's instructions, in the order in which it ran them, by pass."""
    end = np.maximum.accumulate(events["end"])
    free = np.concatenate(([0.0], end[:-1])) if len(end) else end
    start = np.maximum(events["start"], free)
    shown = end > start
    item, start, end = events["item"][shown], start[shown], end[shown]
    found, first = np.unique(item, return_index=True)
    ends, busy = np.zeros(len(found)), np.zeros(len(found))
    at = np.searchsorted(found, item)
    np.maximum.at(ends, at, end)
    np.add.at(busy, at, end - start)
    # Sums of many instructions round: a span that is busy throughout may come out an ulp longer than it is.
    return _Track(found, start[first], ends, np.minimum(busy, ends - start[first]))


def _named(track: str, spans: _Track, table: StepTable, design: Design) -> Iterator[Span]:
    items = table.step.items
    for index, start, end, busy in zip(spans.item, spans.start, spans.end, spans.busy, strict=True):
        item = items[int(index)]
        yield _span(track, item.layer, item.pass_name, (float(start), float(end), float(busy)), design)


def _span(track: str, layer: str, pass_name: str, cycles: tuple[float, float, float], design: Design) -> Span:
    start, end, busy = (each / design.clock_hz for each in cycles)
    return Span(track, layer, pass_name, start, end, min(busy, end - start))
