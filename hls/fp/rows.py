"""Digit recurrence: where the registers stand between the rows of a divider or a square root."""

from __future__ import annotations


def row_cuts(rows: int, rows_per_stage: int) -> frozenset[str]:
    """The cut positions ``row_<i>`` after every ``rows_per_stage`` rows, and after the last row.

    Raises ValueError for less than one row a stage.
    """
    if rows_per_stage < 1:
        raise ValueError(f"a stage holds at least 1 row, not {rows_per_stage}")
    last_rows = {*range(rows_per_stage - 1, rows, rows_per_stage), rows - 1}
    return frozenset(f"row_{row}" for row in last_rows)
