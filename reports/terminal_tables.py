"""Tables for a terminal (rich): units in the cells, numbers to the right, no more rows than asked for.

Importing this module loads neither pandas nor matplotlib, so that a plain simulation starts fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from heddle.dataflow.scheduler import Schedule
from heddle.reports.breakable import Breakable
from heddle.reports.breakdown import slowest
from heddle.reports.front_table import (
    cost_order,
    objective_brief,
    objective_heading,
    shared_text,
    split_columns,
    spread,
)
from heddle.reports.step_rows import PassRow, ScheduleRow, pass_rows, schedule_rows
from heddle.reports.summary import headline, machine_line, summary_rows
from heddle.reports.training_facts import AGAINST_DENSE, TrainingFacts, accuracy_rows, training_line, training_notes
from heddle.reports.units import count, percent
from heddle.sim.result import StepResult

if TYPE_CHECKING:
    import pandas as pd

# The other costs are in the files of the run directory.
_BRIEF_COSTS = ("dsp", "bram36", "accuracy")

# What a front's table can do without on a narrow terminal, the first to go first; the files have it all.
_EXPENDABLE = (
    "lanes S/W/V",
    "buffers A/W/O KiB",
    "BRAM36",
    "DSP",
    "I axes",
    "multiplier stages",
    "adder stages",
    "channels",
    "I",
    "clock",
    "dataflows",
)
_ESSENTIAL = ("array", "N:M")
_ANY_WIDTH = 10_000  # characters, more than any table has


@dataclass(frozen=True)
class FittedTable:
    """A table that leaves out its ``expendable`` columns, the first first, until it fits the console's width.

    Figures and headings are then whole. The caption names the columns left out after its own lines.
    """

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    text_columns: int
    caption: Sequence[str]
    expendable: Sequence[str]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give rich the table with as many columns as fit."""
        unbounded = options.update(width=_ANY_WIDTH)
        for dropped in range(len(self.expendable) + 1):
            table = self._without(self.expendable[:dropped])
            if Measurement.get(console, unbounded, table).maximum <= options.max_width:
                break
        yield table

    def _without(self, left_out: Sequence[str]) -> Table:
        kept = [position for position, heading in enumerate(self.headings) if heading not in left_out]
        cells = [[row[position] for position in kept] for row in self.rows]
        table = _table(self.title, [self.headings[position] for position in kept], cells, self.text_columns)
        note = [f"too wide to show here: {', '.join(left_out)}"] if left_out else []
        table.caption = Text("\n".join([*self.caption, *note])) if self.caption or note else None
        return table


def summary_table(result: StepResult, dense: StepResult | None = None) -> Table:
    """Return the step's headline figures, beside those of the dense step where one is given."""
    headings = ["", "this step"] + (["dense", "dense ÷ this"] if dense else [])
    rows = summary_rows(result, dense)
    cells = [[row.name, row.value, row.dense, row.ratio][: len(headings)] for row in rows]
    table = _table(headline(result), headings, cells, text_columns=1)
    table.caption = Text(machine_line(result))
    return table


def pass_table(result: StepResult, limit: int) -> Table:
    """Return the ``limit`` slowest passes; the caption says how many there are and what the rest takes."""
    shown = pass_rows(result, limit)
    headings = ["layer", "pass", "M×K×N", "time", "share", "util.", "DRAM", "energy"]
    table = _table(f"Slowest passes of {result.network}", headings, [_pass_cells(row) for row in shown], 2)
    rest = len(result.passes) - len(shown)
    if rest:
        rest_cycles = result.cycles - sum(item.cycles for item in slowest(result, limit))
        share = percent(rest_cycles / result.cycles) if result.cycles else percent(0.0)
        table.caption = f"{count(rest)} more passes take {share} of the time"
    return table


def accuracy_table(facts: TrainingFacts) -> Table:
    """Return what a training run reached and what it costs, beside the dense runs where there are any."""
    headings = ["", f"{facts.recipe} {facts.sparsity}"] + (["dense", AGAINST_DENSE] if facts.has_dense else [])
    cells = [[row.name, row.value, row.dense, row.against_dense][: len(headings)] for row in accuracy_rows(facts)]
    table = _table(training_line(facts), headings, cells, text_columns=1)
    table.caption = Text("\n".join(training_notes(facts)))
    return table


def schedule_table(schedule: Schedule, limit: int | None = None) -> FittedTable:
    """Return the mapping of every product in program order, at most ``limit`` of them where it is given."""
    headings = ["layer", "pass", "M×K×N", "I r×c", "order", "tile m×k×n", "cycles", "instead"]
    shown = schedule_rows(schedule, limit)
    title = f"Schedule of {schedule.step.network}, batch {schedule.step.batch}, {schedule.step.recipe}"
    cells = [_schedule_cells(row) for row in shown]
    rest = len(schedule.rows) - len(shown)
    more = [f"{count(rest)} more products"] if rest else []
    return FittedTable(title, headings, cells, 2, more, ("instead", "order"))


def pareto_table(front: pd.DataFrame, objectives: Sequence[str], limit: int) -> FittedTable:
    """Return ``limit`` designs spread evenly over a Pareto front, its first and last row among them.

    ``front`` is as ``heddle.reports.front_table`` describes it. Shown are the design columns that differ along the
    front; the caption holds what all designs share. After the objectives stand the costs that are most often short.
    """
    columns = split_columns(front)[0]
    costs = [cost for cost in cost_order(front, objectives) if cost in objectives or cost in _BRIEF_COSTS]
    indices, rows = spread(len(front), limit), front.to_dict("records")
    headings = ["#", *(column.heading for column in columns), *map(objective_heading, costs)]
    cells = [
        [
            str(index),
            *(column.cell(rows[index]) for column in columns),
            *(objective_brief(cost, rows[index]) for cost in costs),
        ]
        for index in indices
    ]
    title = f"Pareto front over {', '.join(map(objective_heading, objectives))}: {count(len(front))} designs"
    named = {objective_heading(name) for name in objectives}
    plain = [column.heading for column in columns if column.heading not in (*_EXPENDABLE, *_ESSENTIAL)]
    expendable = [heading for heading in (*plain, *_EXPENDABLE) if heading in headings and heading not in named]
    return FittedTable(title, headings, cells, 0, _front_caption(front, len(indices)), expendable)


def _front_caption(front: pd.DataFrame, shown: int) -> list[str]:
    lines = []
    if shown < len(front):
        lines.append(f"{count(shown)} designs, spread evenly over the front")
    shared = shared_text(front)
    if shared:
        lines.append(f"the same in all: {shared}")
    return lines


def _pass_cells(row: PassRow) -> list[str]:
    return [row.layer, row.pass_text, row.size, row.time, row.share, row.utilisation, row.dram, row.energy]


def _schedule_cells(row: ScheduleRow) -> list[str]:
    what = f"{row.pass_text} {row.dataflow}"
    return [row.layer, what, row.size, row.interleave, row.order, row.tile, row.cycles, row.instead]


def _table(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]], text_columns: int) -> Table:
    """A table whose first ``text_columns`` columns are words and whose other columns are numbers.

    On a narrow terminal the first column of words gives way first and is folded; a figure that is cut shows it.
    """
    table = Table(
        title=Text(title),
        title_justify="left",
        caption_justify="left",
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        collapse_padding=True,
    )
    for position, heading in enumerate(headings):
        justify: Literal["left", "right"] = "left" if position < text_columns else "right"
        folds = position == 0 and text_columns > 0
        table.add_column(heading, justify=justify, no_wrap=not folds, overflow="fold" if folds else "ellipsis")
    for cells in rows:
        # Text and not str: a layer's name may hold what rich would read as markup.
        first, *others = cells
        table.add_row(Breakable(first) if text_columns else Text(first), *map(Text, others))
    return table
