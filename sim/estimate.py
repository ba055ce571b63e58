"""The closed-form level: a training step's cycles, bytes and energy from the scheduler's own cost of each mapping."""

from __future__ import annotations

import numpy as np

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.records import Rows
from heddle.dataflow.choices import DataflowChoice, Minimise
from heddle.dataflow.kernel_rows import rates_row
from heddle.dataflow.scheduler import Schedule, schedule_step
from heddle.dataflow.step_items import TrainingStep
from heddle.sim.assemble import ItemCycles, assemble, chosen_mappings, expose_updates
from heddle.sim.closed_form import all_memory_cycles, busy_cycles, walk_step
from heddle.sim.result import StepResult
from heddle.sim.step_table import StepTable, step_table


def estimate(
    step: TrainingStep,
    design: Design,
    board: Board,
    dataflow: DataflowChoice = "auto",
    minimise: Minimise = "time",
) -> StepResult:
    """Schedule ``step`` on ``design`` and return its closed-form cost.

    >>> heddle.estimate(step, design, board).frame()["pass"].iloc[0]
    'ff'
    """
    return estimate_schedule(schedule_step(step, design, board, dataflow, minimise), design, board)


def estimate_schedule(schedule: Schedule, design: Design, board: Board) -> StepResult:
    """Return the closed-form cost of a step that is scheduled already."""
    table, rates = step_table(schedule.step), rates_row(design, board)
    timing = _item_cycles(schedule, table, rates)
    return assemble(schedule, table, design, board, "estimate", timing)


def _item_cycles(schedule: Schedule, table: StepTable, rates: Rows) -> list[ItemCycles]:
    chosen = [schedule.by_product[product].mapping for product in table.distinct]
    product_cycles = np.array([mapping.cycles for mapping in chosen])
    cycles, busy, memory = np.zeros(len(table.items)), np.zeros(len(table.items)), np.zeros(len(chosen))
    all_memory_cycles(chosen_mappings(schedule, table), rates[0], memory)
    exposed = walk_step(table.items, table.refs, product_cycles, memory, rates[0], cycles)
    busy_cycles(table.items, rates[0], cycles, busy)
    timing = []
    items = table.items
    streamed = items["read_bytes"] + items["write_bytes"]
    columns = (items["first_ref"], items["end_ref"], streamed, cycles, busy)
    for first_ref, end_ref, moved, item_cycles, item_busy in zip(*(c.tolist() for c in columns), strict=True):
        mappings = [chosen[ref] for ref in table.refs[first_ref:end_ref]]
        compute = sum(mapping.compute_cycles for mapping in mappings)
        moved_bytes = moved + sum(mapping.dram_bytes for mapping in mappings)
        timing.append(ItemCycles(item_cycles, item_busy, compute, moved_bytes))
    return expose_updates(timing, table, float(exposed))
