"""The section of a Pareto front: its chart, its controls and its designs, as a page's template takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from heddle.reports.front_table import objective_heading
from heddle.reports.review.chart_front import front_figure
from heddle.reports.review.content import FrontPart
from heddle.reports.review.front_view import FrontRow, FrontView, front_view, script_front
from heddle.reports.review.vega import Figure
from heddle.reports.runs.documents.exploration import ExplorationFacts
from heddle.reports.search_line import evaluated

#: Most designs that the table shows at once; the script's table goes through all designs of the page.
MAX_ROWS = 100


@dataclass(frozen=True)
class FrontSection:
    """A front as figures and rows; ``script`` is what the page's script knows of it, ``toml`` is of the design picked.

    ``evaluated`` says when its designs were evaluated. ``rows`` are those of the table before a script filters it.
    """

    facts: ExplorationFacts
    evaluated: str
    objectives: tuple[str, ...]
    view: FrontView
    rows: tuple[FrontRow, ...]
    max_rows: int
    skipped: tuple[tuple[str, int], ...]
    toml: str
    figure: Figure | None
    script: dict[str, Any]


def front_section(part: FrontPart) -> FrontSection | None:
    """Return the front as the page shows it; None for one without designs."""
    if not len(part.front):
        return None
    view = front_view(part)
    return FrontSection(
        facts=part.facts,
        evaluated=evaluated(part.facts),
        objectives=tuple(objective_heading(objective) for objective in part.facts.objectives),
        view=view,
        rows=view.rows[:MAX_ROWS],
        max_rows=MAX_ROWS,
        skipped=tuple((reason, number) for reason, number in part.facts.skipped.items() if number),
        toml=part.toml[part.picked],
        figure=front_figure(view, part.facts),
        script=script_front(view, part.toml),
    )
