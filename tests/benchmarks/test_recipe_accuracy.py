"""The accuracy tables: how a difference over seeds is written."""

from __future__ import annotations

from benchmarks.recipe_accuracy import interval
from heddle.training.summary import Spread


def test_a_difference_over_seeds_has_its_95_percent_interval() -> None:
    # Student's t at 1 degree of freedom is 12.706; the standard deviation of 1 and 2 is 0.7071, so 12.706 x 0.5 = 6.35.
    assert interval(Spread.of([1.0, 2.0])) == "+1.50 ± 6.35"


def test_one_seed_has_no_interval() -> None:
    assert interval(Spread.of([-0.25])) == "-0.25 (one seed)"
