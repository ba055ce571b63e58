"""The closed-form level: a training step's cycles, bytes and energy from the scheduler's own cost of each mapping."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.records import Rows
from heddle.dataflow.choices import DataflowChoice, Minimise
from heddle.dataflow.kernel_rows import rates_row
from heddle.dataflow.scheduler import Schedule, schedule_step
from heddle.dataflow.step_items import TrainingStep
from heddle.sim.assemble import ItemCycles, StepCycles, assemble, chosen_mappings, expose_updates
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


def _item_cycles(schedule: Schedule, table: StepTable, rates: Rows) -> StepCycles:
    chosen = [schedule.by_product[product].mapping for product in table.distinct]
    product_cycles = np.array([mapping.cycles for mapping in chosen])
    kinds = table.kinds
    cycles, busy, memory = np.zeros(len(kinds)), np.zeros(len(kinds)), np.zeros(len(chosen))
    all_memory_cycles(chosen_mappings(schedule, table), rates[0], memory)
    exposed = walk_step(kinds, table.order, table.refs, product_cycles, memory, rates[0], cycles)
    busy_cycles(kinds, rates[0], cycles, busy)
    compute = _by_kind(table, np.array([mapping.compute_cycles for mapping in chosen]))
    moved = _by_kind(table, np.array([float(mapping.dram_bytes) for mapping in chosen]))
    moved += kinds["read_bytes"] + kinds["write_bytes"]
    columns = (cycles, busy, compute, moved)
    found = [ItemCycles(*values) for values in zip(*(column.tolist() for column in columns), strict=True)]
    return expose_updates(StepCycles.by_kind(found, table), table, float(exposed))


def _by_kind(table: StepTable, of_product: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Sum what each distinct product has over the products of each distinct item."""
    owners = np.repeat(np.arange(len(table.kinds)), table.kinds["end_ref"] - table.kinds["first_ref"])
    return np.bincount(owners, of_product[table.refs], len(table.kinds)).astype(np.float64)
