"""The engines level: a scheduled training step, instruction by instruction, in one compiled loop."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.dram import STREAM_CHUNK_BYTES
from heddle.arch.jit import kernel
from heddle.arch.timing import lane_cycles
from heddle.dataflow.choices import DataflowChoice
from heddle.dataflow.kernel_rows import machine_row, rates_row
from heddle.dataflow.scheduler import Schedule, schedule_step
from heddle.dataflow.step_items import TrainingStep
from heddle.sim.assemble import ItemCycles, assemble, chosen_mappings, expose_updates
from heddle.sim.closed_form import sore_time_cycles, stream_memory_cycles, update_lane_cycles
from heddle.sim.engines.array_pass import PIPE, Job, run_product
from heddle.sim.engines.dram import dram_row, dram_state
from heddle.sim.engines.events import VECTOR as VECTOR_ENGINE
from heddle.sim.engines.events import event_log
from heddle.sim.engines.streams import STREAM, background, queue_update, run_stream, run_updates_until, start_stream
from heddle.sim.result import StepResult
from heddle.sim.stalls import STALL_CAUSES
from heddle.sim.step_table import ARRAY, UPDATE, StepTable, step_table

#: What the engines found for one item, in cycles and bytes; ``end`` is absolute.
ITEM_RESULT = np.dtype(
    [(name, np.float64) for name in ("end", "compute_cycles", "dram_bytes")]
    + [("stalls", np.float64, (len(STALL_CAUSES),))]
)


class EngineRun(NamedTuple):
    """What one run of the engines leaves: rows by item, the end of everything, events and how many had no room."""

    items: np.ndarray
    end_cycles: float
    events: np.ndarray
    dropped_events: int


def simulate(step: TrainingStep, design: Design, board: Board, dataflow: DataflowChoice = "auto") -> StepResult:
    """Schedule ``step`` on ``design`` and run its instructions on the engines."""
    return simulate_schedule(schedule_step(step, design, board, dataflow), design, board)


def simulate_schedule(schedule: Schedule, design: Design, board: Board) -> StepResult:
    """Run the instructions of a step that is scheduled already."""
    table = step_table(schedule.step)
    run = run_engines(schedule, table, design, board)
    timing = _item_cycles(table, run, rates_row(design, board)[0])
    return assemble(schedule, table, design, board, "engines", timing)


def run_engines(
    schedule: Schedule, table: StepTable, design: Design, board: Board, event_capacity: int = 0
) -> EngineRun:
    """Run the engines and return what each item took; ``event_capacity`` is how many events to keep."""
    dram = dram_row(design, board)
    state = dram_state(dram)
    updates = background(int(np.count_nonzero(table.items["kind"] == UPDATE)))
    events = event_log(event_capacity)
    results = np.zeros(len(table.items), ITEM_RESULT)
    end = _run_items(
        table.items,
        table.refs,
        table.products,
        chosen_mappings(schedule, table),
        machine_row(design, board)[0],
        rates_row(design, board)[0],
        dram[0],
        state,
        updates,
        np.zeros(1, PIPE),
        np.zeros(1, STREAM),
        np.zeros((1, updates.rings.shape[1])),
        events,
        results,
    )
    kept, dropped = (int(count) for count in events.filled)
    return EngineRun(results, float(end), events.rows[:kept], dropped)


@kernel
def _run_items(  # type: ignore[no-untyped-def]
    items,
    refs,
    products,
    mappings,
    machine,
    rates,
    dram,
    state,
    updates,
    pipe,
    stream,
    ring,
    events,
    results,
) -> float:
    """Run all items in program order; an item starts when the one before has stored its last result."""
    now = 0.0
    for i in range(items.shape[0]):
        item, result = items[i], results[i]
        moved = item["read_bytes"] + item["write_bytes"]
        if item["kind"] == ARRAY:
            for ref in range(item["first_ref"], item["end_ref"]):
                at = refs[ref]
                job = Job(products[at], machine, mappings[at], rates, dram, state, updates, events, result["stalls"], i)
                run_product(job, pipe[0], now)
                now = pipe[0]["end"]
                result["compute_cycles"] += pipe[0]["busy_cycles"]
                moved += pipe[0]["dram_bytes"]
        elif item["kind"] == UPDATE:
            lanes = update_lane_cycles(item, rates)
            queue_update(dram, updates, i, item["read_bytes"], item["write_bytes"], lanes, now)
        elif moved > 0 or item["lane_elements"] > 0:
            lanes = max(lane_cycles(item["lane_elements"], rates["vector_lanes"]), sore_time_cycles(item, rates))
            read_bytes, write_bytes = item["read_bytes"], item["write_bytes"]
            burst_bytes = dram["burst_bytes"]
            start_stream(stream[0], ring[0], i, read_bytes, write_bytes, lanes, STREAM_CHUNK_BYTES, burst_bytes, now)
            now = run_stream(dram, state, stream[0], ring[0], updates, events, VECTOR_ENGINE)
        result["end"] = now
        result["dram_bytes"] = moved
    run_updates_until(dram, state, updates, events, np.inf)
    for i in range(updates.queue[1]):
        now = max(now, updates.streams[i]["end"])
    return now


def _item_cycles(table: StepTable, run: EngineRun, rates: np.void) -> list[ItemCycles]:
    """Give each item its share of the step, and what runs on after the last item to the last updates."""
    timing, before = [], 0.0
    for row, result in zip(table.items, run.items, strict=True):
        cycles = float(result["end"]) - before
        before = float(result["end"])
        busy = cycles
        if row["kind"] == UPDATE:
            busy = float(max(update_lane_cycles(row, rates), stream_memory_cycles(row, rates)))
        stalls = dict(zip(STALL_CAUSES, (float(value) for value in result["stalls"]), strict=True))
        timing.append(
            ItemCycles(
                cycles,
                busy,
                float(result["compute_cycles"]),
                float(result["dram_bytes"]),
                stalls if row["kind"] == ARRAY else {},
            )
        )
    return expose_updates(timing, table, run.end_cycles - before)
