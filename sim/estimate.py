"""The closed-form level: a training step's cycles, bytes and energy from the scheduler's own cost of each mapping."""

from __future__ import annotations

import numpy as np

from arch.boards import Board
from arch.design import Design
from dataflow.products import TrainingStep
from dataflow.scheduler import DataflowChoice, Schedule, schedule_step
from dataflow.tables import rates_row
from sim.assemble import ItemCycles, assemble, expose_updates
from sim.closed_form import (
    memory_cycles,
    stream_memory_cycles,
    update_lane_cycles,
    vector_item_cycles,
    walk_step,
)
from sim.result import StepResult
from sim.step_table import ARRAY, UPDATE, StepTable, step_table


def estimate(
    step: TrainingStep, design: Design, board: Board, dataflow: DataflowChoice = "auto"
) -> StepResult:
    """Schedule ``step`` on ``design`` and return its closed-form cost."""
    return estimate_schedule(schedule_step(step, design, board, dataflow), design, board)


def estimate_schedule(schedule: Schedule, design: Design, board: Board) -> StepResult:
    """Return the closed-form cost of a step that is scheduled already."""
    table, rates = step_table(schedule.step), rates_row(design, board)
    timing = _item_cycles(schedule, table, rates)
    return assemble(schedule, table, design, board, "estimate", timing)


def _item_cycles(schedule: Schedule, table: StepTable, rates: np.ndarray) -> list[ItemCycles]:
    chosen = [schedule.by_product[product] for product in table.distinct]
    product_cycles = np.array([entry.mapping.cycles for entry in chosen])
    product_memory = np.array([memory_cycles(entry.row, rates[0]) for entry in chosen])
    cycles = np.zeros(len(table.items))
    exposed = walk_step(table.items, table.refs, product_cycles, product_memory, rates[0], cycles)
    timing = []
    for row, item_cycles in zip(table.items, cycles, strict=True):
        if row["kind"] == ARRAY:
            mappings = [chosen[ref].mapping for ref in table.refs[row["first_ref"] : row["end_ref"]]]
            compute = sum(mapping.compute_cycles for mapping in mappings)
            moved = sum(mapping.dram_bytes for mapping in mappings)
            timing.append(ItemCycles(float(item_cycles), float(item_cycles), compute, moved))
        else:
            busy = _stream_cycles(row, rates[0])
            moved = row["read_bytes"] + row["write_bytes"]
            timing.append(ItemCycles(float(item_cycles), busy, 0.0, float(moved)))
    return expose_updates(timing, table, exposed)


def _stream_cycles(row: np.void, rates: np.void) -> float:
    if row["kind"] == UPDATE:
        return float(max(stream_memory_cycles(row, rates), update_lane_cycles(row, rates)))
    return float(vector_item_cycles(row, rates))
