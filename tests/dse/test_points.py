"""Evaluated points as columns."""

from __future__ import annotations

import numpy as np

from heddle.dse.points import COLUMNS, METRICS, SKIP_REASONS, Points, concatenate


def table(first: int, count: int, skipped: tuple[int, ...]) -> Points:
    return Points(skipped, *(np.arange(first, first + count) for _ in COLUMNS))


def test_the_columns_are_the_number_and_the_results():
    assert ("point", *METRICS) == COLUMNS
    assert METRICS == ("time_s", "energy_j", "lut", "ff", "dsp", "bram36", "uram")


def test_joined_tables_keep_their_order_and_add_what_was_skipped():
    joined = concatenate([table(0, 2, (1, 0, 0, 4)), table(2, 3, (1, 2, 0, 1))])
    assert joined.point.tolist() == [0, 1, 2, 3, 4]
    assert joined.skipped == (2, 2, 0, 5)
    assert len(joined) == 5


def test_chosen_rows_count_no_skipped_points():
    chosen = table(0, 4, (9, 9, 9, 9)).take(np.array([True, False, False, True]))
    assert chosen.uram.tolist() == [0, 3]
    assert chosen.skipped == (0,) * len(SKIP_REASONS)
