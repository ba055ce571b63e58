"""Records: the NumPy type follows from the fields, and rows are filled by their names."""

from __future__ import annotations

from typing import TypedDict

import numpy as np
import pytest

from heddle.arch.jit import kernel
from heddle.arch.records import record_dtype, rows_of


class InnerRow(TypedDict):
    width: float


class OuterRow(TypedDict):
    count: int
    inner: InnerRow


OUTER = record_dtype(OuterRow)


@kernel
def area(row: OuterRow) -> float:
    return row["count"] * row["inner"]["width"]


def test_fields_are_numbers_in_the_order_of_the_record_and_records_nest() -> None:
    assert np.dtype([("count", np.int64), ("inner", [("width", np.float64)])]) == OUTER


def test_rows_are_filled_by_name_whatever_the_order_of_the_values() -> None:
    rows = rows_of(OUTER, [{"count": 2, "inner": {"width": 1.5}}, {"inner": {"width": 0.5}, "count": 4}])
    assert rows["count"].tolist() == [2, 4]
    assert rows["inner"]["width"].tolist() == [1.5, 0.5]


def test_a_kernel_reads_the_fields_of_a_nested_record() -> None:
    (row,) = rows_of(OUTER, [{"count": 2, "inner": {"width": 1.5}}])
    assert area(row) == 3.0


def test_no_record_makes_no_row() -> None:
    assert len(rows_of(OUTER, [])) == 0


def test_a_record_without_a_field_is_an_error() -> None:
    with pytest.raises(KeyError, match="inner"):
        rows_of(OUTER, [{"count": 2}])
