"""How a search went, in the words that terminal and pages share."""

from __future__ import annotations

from heddle.reports.runs.documents.exploration import SearchOutcome
from heddle.reports.units import count, seconds


def evaluated(outcome: SearchOutcome) -> str:
    """Return when the designs were evaluated, to follow their number: " in 500 ms" where this run did all of them.

    ``seconds`` is of this run alone. So what earlier runs left in the folder is never said to have taken it.
    """
    if not outcome.resumed_points:
        return f" in {seconds(outcome.seconds)}"
    now = outcome.points - outcome.resumed_points
    if not now:
        return ", all of them by earlier runs"
    return f", {count(outcome.resumed_points)} of them by earlier runs, {count(now)} in {seconds(outcome.seconds)}"
