"""The sections of one training step, as a page's template takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from heddle.arch.boards import Board
from heddle.dataflow.scheduler import Failure
from heddle.reports.breakdown import LayerRow, layer_rows
from heddle.reports.review.chart_roofline import RooflineRow, roofline_figure, roofline_rows
from heddle.reports.review.chart_time import time_figure, waiting_figure
from heddle.reports.review.chart_timeline import (
    TimelineRow,
    drawn_spans,
    lasting_spans,
    overview_figure,
    timeline_figure,
    timeline_rows,
)
from heddle.reports.review.content import StepPart
from heddle.reports.review.share_rows import ShareRow, stall_rows, work_rows
from heddle.reports.review.vega import Figure
from heddle.reports.step_rows import PassRow, ScheduleRow, pass_rows, schedule_rows
from heddle.reports.summary import SummaryRow, summary_rows

#: Most rows of a table: the files of a run hold all of them.
MAX_ROWS = 500

Row = TypeVar("Row")


@dataclass(frozen=True)
class Table(Generic[Row]):
    """The first rows of a table, and how many more there are."""

    rows: tuple[Row, ...]
    hidden: int

    @property
    def size(self) -> int:
        """The rows of the whole table."""
        return len(self.rows) + self.hidden


@dataclass(frozen=True)
class StepView:
    """A step as figures and tables; ``undrawn_spans`` are those that the timeline leaves out.

    ``clock_hz`` and ``cycles`` are the step's, for the layers' own figures. A figure is None where there is nothing
    to draw.
    """

    clock_hz: float
    cycles: float
    level: str
    has_dense: bool
    failures: tuple[Failure, ...]
    summary: tuple[SummaryRow, ...]
    work: tuple[ShareRow, ...]
    layers: Table[LayerRow]
    passes: Table[PassRow]
    products: Table[ScheduleRow]
    roofline: Table[RooflineRow]
    timeline: Table[TimelineRow]
    undrawn_spans: int
    stalls: tuple[ShareRow, ...]
    time_figure: Figure | None
    roofline_figure: Figure | None
    timeline_figure: Figure | None
    overview_figure: Figure | None
    waiting_figure: Figure | None

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The charts that there are, in the page's order."""
        figures = (
            self.time_figure,
            self.roofline_figure,
            self.timeline_figure,
            self.overview_figure,
            self.waiting_figure,
        )
        return tuple(figure for figure in figures if figure is not None)


def step_view(part: StepPart, board: Board) -> StepView:
    """Return a step as the page shows it, at most MAX_ROWS rows a table."""
    result = part.result
    return StepView(
        clock_hz=result.design.clock_hz,
        cycles=result.cycles,
        level=result.level,
        has_dense=part.dense is not None,
        failures=result.failures,
        summary=summary_rows(result, part.dense),
        work=work_rows(result, part.dense),
        layers=_table(layer_rows(result)),
        passes=_table(pass_rows(result)),
        products=_table(schedule_rows(part.schedule)),
        roofline=_table(roofline_rows(result, board)),
        timeline=_table(timeline_rows(part.spans)),
        undrawn_spans=len(lasting_spans(part.spans)) - len(drawn_spans(part.spans)),
        stalls=stall_rows(result),
        time_figure=time_figure(result),
        roofline_figure=roofline_figure(result, board),
        timeline_figure=timeline_figure(part.spans),
        overview_figure=overview_figure(part.spans),
        waiting_figure=waiting_figure(result),
    )


def _table(rows: tuple[Row, ...]) -> Table[Row]:
    return Table(rows[:MAX_ROWS], max(len(rows) - MAX_ROWS, 0))
