"""The sections of one training step, as a page's template takes them."""

from __future__ import annotations

from dataclasses import dataclass

from arch.boards import Board
from dataflow.scheduler import Failure
from reports.breakdown import LayerRow, layer_rows
from reports.review.chart_roofline import RooflineRow, roofline_figure, roofline_rows
from reports.review.chart_time import time_figure, waiting_figure
from reports.review.chart_timeline import (
    MAX_SPANS,
    TimelineRow,
    drawn_spans,
    overview_figure,
    timeline_figure,
    timeline_rows,
)
from reports.review.content import StepPart
from reports.review.step_rows import PassRow, ScheduleRow, ShareRow, pass_rows, schedule_rows, stall_rows, work_rows
from reports.review.vega import Figure
from reports.summary import SummaryRow, summary_rows

#: Most rows of a table of passes or products: the files of a run hold all of them.
MAX_ROWS = 500


@dataclass(frozen=True)
class StepView:
    """A step as figures and rows; ``hidden`` rows and ``undrawn`` spans are those that the page leaves out.

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
    layers: tuple[LayerRow, ...]
    passes: tuple[PassRow, ...]
    hidden_passes: int
    products: tuple[ScheduleRow, ...]
    hidden_products: int
    roofline: tuple[RooflineRow, ...]
    timeline: tuple[TimelineRow, ...]
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
    passes, products, roofline = pass_rows(result), schedule_rows(part.schedule), roofline_rows(result, board)
    return StepView(
        clock_hz=result.design.clock_hz,
        cycles=result.cycles,
        level=result.level,
        has_dense=part.dense is not None,
        failures=result.failures,
        summary=summary_rows(result, part.dense),
        work=work_rows(result, part.dense),
        layers=layer_rows(result)[:MAX_ROWS],
        passes=passes[:MAX_ROWS],
        hidden_passes=max(len(passes) - MAX_ROWS, 0),
        products=products[:MAX_ROWS],
        hidden_products=max(len(products) - MAX_ROWS, 0),
        roofline=roofline[:MAX_ROWS],
        timeline=timeline_rows(part.spans)[:MAX_ROWS],
        undrawn_spans=len(part.spans) - len(drawn_spans(part.spans)) if len(part.spans) > MAX_SPANS else 0,
        stalls=stall_rows(result),
        time_figure=time_figure(result),
        roofline_figure=roofline_figure(result, board),
        timeline_figure=timeline_figure(part.spans),
        overview_figure=overview_figure(part.spans),
        waiting_figure=waiting_figure(result),
    )
