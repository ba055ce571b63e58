"""How a search went: the seconds are of this run, and are never those of what earlier runs evaluated."""

from __future__ import annotations

import pytest

from heddle.reports.runs.documents.exploration import SearchOutcome
from heddle.reports.search_line import evaluated


@pytest.mark.parametrize(
    ("resumed", "line"),
    [
        (0, " in 500 ms"),
        (600, ", 600 of them by earlier runs, 1,040 in 500 ms"),
        (1640, ", all of them by earlier runs"),
    ],
)
def test_designs_are_those_of_this_run_or_of_earlier_ones(resumed: int, line: str) -> None:
    outcome = SearchOutcome(
        objectives=("time",), points=1640, skipped={}, seconds=0.5, points_per_second=0.0, resumed_points=resumed
    )
    assert evaluated(outcome) == line
