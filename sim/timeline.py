"""A run of the engines as a Chrome trace (JSON), which Perfetto and chrome://tracing open.

One track a queue (load, compute, store, update, vector) with its instructions, and one with the passes. Time
stamps are microseconds of the machine's clock.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.run_dir import write_atomically
from heddle.dataflow.scheduler import Schedule
from heddle.sim.engines.events import ENGINE_NAMES
from heddle.sim.engines.simulate import EngineRun, run_engines
from heddle.sim.step_table import StepTable, step_table

DEFAULT_EVENTS = 200_000
_PASS_TRACK = 0
_US_DECIMALS = 4


def write_trace(path: Path, schedule: Schedule, design: Design, board: Board, max_events: int = DEFAULT_EVENTS) -> int:
    """Run ``schedule`` on the engines and write its timeline to ``path``.

    The first ``max_events`` instructions are kept; every pass is there in any case. Returns how many
    instructions were left out. Raises HeddleError when ``path`` cannot be written.
    """
    table = step_table(schedule.step)
    run = run_engines(schedule, table, design, board, event_capacity=max_events)
    events = [*_track_names(design), *_passes(table, run, design), *_instructions(table, run, design)]
    about = {
        "design": design.name,
        "network": schedule.step.network,
        "batch": schedule.step.batch,
        "recipe": schedule.step.recipe,
        "sparsity": schedule.step.sparsity,
        "instructions_left_out": run.dropped_events,
    }
    text = json.dumps({"displayTimeUnit": "ns", "otherData": about, "traceEvents": events}, separators=(",", ":"))
    write_atomically(path, text.encode())
    return run.dropped_events


def _track_names(design: Design) -> Iterator[dict[str, object]]:
    yield {"ph": "M", "name": "process_name", "pid": 1, "args": {"name": design.name}}
    for track, name in enumerate(("passes", *ENGINE_NAMES)):
        yield {"ph": "M", "name": "thread_name", "pid": 1, "tid": track, "args": {"name": name}}
        yield {"ph": "M", "name": "thread_sort_index", "pid": 1, "tid": track, "args": {"sort_index": track}}


def _slice(name: str, track: int, start_cycles: float, end_cycles: float, design: Design) -> dict[str, object]:
    """A slice in microseconds; both ends are rounded alike, so that neighbours touch and do not overlap."""
    us_per_cycle = 1e6 / design.clock_hz
    start_us, end_us = (round(cycles * us_per_cycle, _US_DECIMALS) for cycles in (start_cycles, end_cycles))
    return {
        "ph": "X",
        "name": name,
        "pid": 1,
        "tid": track,
        "ts": start_us,
        "dur": round(end_us - start_us, _US_DECIMALS),
    }


def _passes(table: StepTable, run: EngineRun, design: Design) -> Iterator[dict[str, object]]:
    start = 0.0
    for item, result in zip(table.step.items, run.items, strict=True):
        end = float(result["end"])
        if end > start:
            yield _slice(f"{item.layer} {item.pass_name}", _PASS_TRACK, start, end, design)
        start = end
    if run.end_cycles > start:
        yield _slice("updates that outlast the passes", _PASS_TRACK, start, run.end_cycles, design)


def _instructions(table: StepTable, run: EngineRun, design: Design) -> Iterator[dict[str, object]]:
    """One slice an instruction.

    A queue works in order, so a slice starts no sooner than the one before it ends: an instruction that was issued
    earlier, to hide latency, is shown from then on.
    """
    names = [f"{item.layer} {item.pass_name}" for item in table.step.items]
    busy_until = [0.0] * len(ENGINE_NAMES)
    for event in run.events:
        engine, end = int(event["engine"]), float(event["end"])
        start = max(float(event["start"]), busy_until[engine])
        if end > start:
            busy_until[engine] = end
            yield _slice(names[event["item"]], 1 + engine, start, end, design)
