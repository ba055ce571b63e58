"""Registers between the rows of a digit recurrence."""

import pytest

from heddle.hls.fp.rows import row_cuts


def test_registers_stand_after_every_so_many_rows_and_after_the_last():
    assert row_cuts(rows=7, rows_per_stage=3) == {"row_2", "row_5", "row_6"}
    assert row_cuts(rows=6, rows_per_stage=3) == {"row_2", "row_5"}


def test_a_stage_deeper_than_all_rows_ends_after_the_last():
    assert row_cuts(rows=4, rows_per_stage=9) == {"row_3"}


def test_a_stage_without_rows_is_refused():
    with pytest.raises(ValueError, match="a stage holds at least 1 row, not 0"):
        row_cuts(rows=4, rows_per_stage=0)
