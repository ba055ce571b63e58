"""Tables for a terminal (rich): units in the cells, numbers to the right, no more rows than asked for.

Importing this module loads neither pandas nor matplotlib, so that a plain simulation starts fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from dataflow.products import ProductPass
from dataflow.scheduler import Mapping, ProductSchedule, Schedule
from reports.breakdown import slowest
from reports.front import design_headings, design_cells, objective_cell, objective_heading, spread
from reports.summary import headline, summary_rows
from reports.units import bytes_, count, engineering, joules, percent, seconds
from sim.result import PassResult, StepResult

if TYPE_CHECKING:
    import pandas as pd

_VECTOR_ENGINES = ("vector", "update")


def summary_table(result: StepResult, dense: StepResult | None = None) -> Table:
    """Return the step's headline figures, beside those of the dense step where one is given."""
    headings = ["", "this step"] + (["dense", "dense ÷ this"] if dense else [])
    rows = summary_rows(result, dense)
    cells = [[row.name, row.value, row.dense, row.ratio][: len(headings)] for row in rows]
    return _table(headline(result), headings, cells, text_columns=1)


def pass_table(result: StepResult, limit: int) -> Table:
    """Return the ``limit`` slowest passes; the caption says how many there are and what the rest takes."""
    shown = slowest(result, limit)
    headings = ["layer", "pass", "engine", "M × K × N", "I", "time", "share", "util.", "DRAM", "energy"]
    table = _table(f"Slowest passes of {result.network}", headings, [_pass_cells(item, result) for item in shown], 3)
    rest = len(result.passes) - len(shown)
    if rest:
        rest_cycles = result.cycles - sum(item.cycles for item in shown)
        share = percent(rest_cycles / result.cycles) if result.cycles else percent(0.0)
        table.caption = f"{count(rest)} more passes take {share} of the time"
    return table


def schedule_table(schedule: Schedule, limit: int | None = None) -> Table:
    """Return the mapping of every product in program order, at most ``limit`` of them where it is given."""
    headings = ["layer", "pass", "dataflow", "M × K × N", "I (r × c)", "order", "tile m × k × n", "tiles", "cycles"]
    headings.append("other dataflow")
    entries = [
        (item, entry)
        for item in schedule.step.items
        if isinstance(item, ProductPass)
        for entry in schedule.of(item)
    ]
    shown = entries if limit is None else entries[:limit]
    title = f"Schedule of {schedule.step.network}, batch {schedule.step.batch}, {schedule.step.recipe}"
    table = _table(title, headings, [_schedule_cells(item, entry) for item, entry in shown], 3)
    if len(shown) < len(entries):
        table.caption = f"{count(len(entries) - len(shown))} more products"
    return table


def pareto_table(front: pd.DataFrame, objectives: Sequence[str], limit: int) -> Table:
    """Return ``limit`` designs spread evenly over a Pareto front, its first and last row among them.

    ``front`` has one row a design: design columns, then the columns of ``reports.front.OBJECTIVE_COLUMNS``.
    The objectives searched for stand first, the other costs after them.
    """
    names = [*design_headings(front), *(objective_heading(name) for name in _cost_order(front, objectives))]
    rows = front.to_dict("records")
    shown = [rows[index] for index in spread(len(rows), limit)]
    cells = [
        design_cells(row) + [objective_cell(name, row) for name in _cost_order(front, objectives)] for row in shown
    ]
    table = _table(f"Pareto front: {', '.join(objectives)}", ["#", *names], [], 0)
    for index, row_cells in zip(spread(len(rows), limit), cells, strict=True):
        table.add_row(str(index), *(Text(cell) for cell in row_cells))
    if len(shown) < len(rows):
        table.caption = f"{count(len(shown))} of {count(len(rows))} designs, spread evenly over the front"
    return table


def _table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]], text_columns: int) -> Table:
    """A table whose first ``text_columns`` columns are words and whose other columns are numbers."""
    table = Table(title=Text(title), title_justify="left", caption_justify="left")
    for position, heading in enumerate(headings):
        is_text = position < text_columns
        table.add_column(heading, justify="left" if is_text else "right", no_wrap=not is_text)
    for cells in rows:
        # Text and not str: a layer's name may hold what rich would read as markup.
        table.add_row(*(Text(cell) for cell in cells))
    return table
