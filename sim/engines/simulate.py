"""The engines level: a scheduled training step, instruction by instruction, in one compiled loop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.dram import STREAM_CHUNK_BYTES
from heddle.arch.jit import kernel
from heddle.arch.records import Rows
from heddle.arch.timing import lane_cycles
from heddle.dataflow.choices import DataflowChoice, Minimise
from heddle.dataflow.kernel_rows import RatesRow, rates_row
from heddle.dataflow.scheduler import Schedule, schedule_step
from heddle.dataflow.step_items import TrainingStep
from heddle.sim.assemble import ItemCycles, StepCycles, assemble, chosen_mappings, expose_updates
from heddle.sim.closed_form import sore_time_cycles, stream_memory_cycles, update_lane_cycles
from heddle.sim.engines.array_pass import end_pass, run_product
from heddle.sim.engines.events import EngineId
from heddle.sim.engines.pipe import begin_pass
from heddle.sim.engines.product_state import Engines, Job, ProductState, engines_of, product_state
from heddle.sim.engines.streams import (
    STREAM,
    StreamRow,
    StreamWork,
    Times,
    queue_update,
    run_stream,
    run_updates_until,
    start_stream,
)
from heddle.sim.levels import Progress
from heddle.sim.result import StepResult
from heddle.sim.stalls import STALL_CAUSES
from heddle.sim.step_table import ARRAY, UPDATE, ItemRow, StepTable, step_table

#: What the engines found for one item, in cycles and bytes; ``end`` is absolute.
ITEM_RESULT = np.dtype(
    [(name, np.float64) for name in ("end", "compute_cycles", "dram_bytes")]
    + [("stalls", np.float64, (len(STALL_CAUSES),))]
)


_SECONDS_BETWEEN_REPORTS = 0.2


class Program(NamedTuple):
    """The items of a step in order, the products that they refer to, and the mapping of each product."""

    items: Rows
    refs: npt.NDArray[np.int64]
    products: Rows
    mappings: Rows


class Foreground(NamedTuple):
    """What is under way of the item that runs: the product's progress, or the stream with its ring of chunk times."""

    product: ProductState
    stream: StreamRow
    ring: Times


class EngineRun(NamedTuple):
    """What one run of the engines leaves: rows by item, the end of everything, events and how many had no room."""

    items: Rows
    end_cycles: float
    events: Rows
    dropped_events: int


def simulate(
    step: TrainingStep,
    design: Design,
    board: Board,
    dataflow: DataflowChoice = "auto",
    minimise: Minimise = "time",
) -> StepResult:
    """Schedule ``step`` on ``design`` and run its instructions on the engines.

    >>> heddle.simulate(step, design, board).level
    'engines'
    """
    return simulate_schedule(schedule_step(step, design, board, dataflow, minimise), design, board)


def simulate_schedule(schedule: Schedule, design: Design, board: Board, progress: Progress | None = None) -> StepResult:
    """Run the instructions of a step that is scheduled already; ``progress`` hears of its passes."""
    table = step_table(schedule.step)
    run = run_engines(schedule, table, design, board, progress=progress)
    timing = _item_cycles(table, run, rates_row(design, board)[0])
    return assemble(schedule, table, design, board, "engines", timing)


def run_engines(
    schedule: Schedule,
    table: StepTable,
    design: Design,
    board: Board,
    event_capacity: int = 0,
    progress: Progress | None = None,
) -> EngineRun:
    """Run the engines and return what each item took; ``event_capacity`` is how many events to keep.

    ``progress`` is told a few times a second how many of the items have run, and at the end that all have.
    """
    engines = engines_of(design, board, int(np.count_nonzero(table.items["kind"] == UPDATE)), event_capacity)
    ring = np.zeros(engines.updates.rings.shape[1])
    foreground = Foreground(product_state(), np.zeros(1, STREAM)[0], ring)
    program = Program(table.items, table.refs, table.products, chosen_mappings(schedule, table))
    results = np.zeros(len(table.items), ITEM_RESULT)
    with _told(progress, results):
        end = _run_items(program, engines, foreground, results)
    log = engines.events.log
    return EngineRun(results, float(end), engines.events.rows[: log["kept"]], int(log["dropped"]))


@contextmanager
def _told(progress: Progress | None, results: Rows) -> Iterator[None]:
    """Tell ``progress`` meanwhile how many of ``results`` are there; the kernel that fills them holds no lock."""
    if progress is None:
        yield
        return
    is_over = Event()

    def watch() -> None:
        while not is_over.wait(_SECONDS_BETWEEN_REPORTS):
            progress(int(np.count_nonzero(results["end"])), len(results))

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()
    progress(len(results), len(results))


@kernel
def _run_items(program: Program, engines: Engines, foreground: Foreground, results: Rows) -> float:
    """Run all items in program order; an item starts when the one before has stored its last result."""
    now = 0.0
    rates, dram, updates = engines.rates, engines.dram, engines.updates
    product, stream, ring = foreground.product, foreground.stream, foreground.ring
    pipe = product.pipe
    for i in range(program.items.shape[0]):
        item: ItemRow = program.items[i]
        result = results[i]
        moved = item["read_bytes"] + item["write_bytes"]
        if item["kind"] == ARRAY:
            begin_pass(pipe, product.halves, now)
            for ref in range(item["first_ref"], item["end_ref"]):
                at = program.refs[ref]
                run_product(engines, Job(program.products[at], program.mappings[at], result["stalls"], i), product)
                result["compute_cycles"] += pipe["busy_cycles"]
                moved += pipe["dram_bytes"]
            end_pass(pipe, result["stalls"])
            now = pipe["end"]
        elif item["kind"] == UPDATE:
            lanes = update_lane_cycles(item, rates)
            queue_update(dram, updates, StreamWork(i, item["read_bytes"], item["write_bytes"], lanes), now)
        elif moved > 0 or item["lane_elements"] > 0:
            lanes = max(lane_cycles(item["lane_elements"], rates["vector_lanes"]), sore_time_cycles(item, rates))
            work = StreamWork(i, item["read_bytes"], item["write_bytes"], lanes)
            start_stream(stream, ring, work, STREAM_CHUNK_BYTES, dram.timing["burst_bytes"], now)
            now = run_stream(dram, stream, ring, updates, engines.events, EngineId.VECTOR)
        result["end"] = now
        result["dram_bytes"] = moved
    run_updates_until(dram, updates, engines.events, np.inf)
    for i in range(updates.queue["queued"]):
        now = max(now, updates.streams[i]["end"])
    return now


def _item_cycles(table: StepTable, run: EngineRun, rates: RatesRow) -> StepCycles:
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
    return expose_updates(StepCycles.by_item(timing, table), table, run.end_cycles - before)
