"""A front as people read it: merged columns, units, short names."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.arch.errors import HeddleError
from heddle.reports.front_table import (
    cost_order,
    design_columns,
    objective_best,
    objective_brief,
    objective_cell,
    objective_column,
    objective_costs,
    shared_text,
    short_name,
    split_columns,
    spread,
)


def test_columns_that_belong_together_are_one(front):
    first = front.iloc[0].to_dict()
    assert {column.heading: column.cell(first) for column in design_columns(front)} == {
        "array": "32×64",
        "N:M": "2:8",
        "dataflows": "os+ws",
        "clock": "225 MHz",
        "buffers A/W/O KiB": "1024/512/1024",
    }


def test_an_unknown_design_column_keeps_its_own_name(front):
    deeper = front.assign(ring_depth=[1, 2, 3])
    (column,) = [column for column in design_columns(deeper) if column.heading == "ring depth"]
    assert column.cell(deeper.iloc[2].to_dict()) == "3"


def test_columns_are_split_by_whether_they_differ_along_the_front(front):
    varying, shared = split_columns(front)
    assert [column.heading for column in varying] == ["array", "dataflows", "buffers A/W/O KiB"]
    assert [column.heading for column in shared] == ["N:M", "clock"]
    assert shared_text(front) == "N:M 2:8, clock 225 MHz"
    assert shared_text(front.iloc[:0]) == ""


def test_a_design_is_named_by_array_sparsity_and_clock(front):
    assert short_name(front.iloc[0].to_dict()) == "32×64, 2:8, 225 MHz"
    assert short_name({"time_s": 1.0}) == ""


def test_costs_have_units_in_full_and_in_brief(front):
    row = front.iloc[0].to_dict()
    assert [objective_cell(name, row) for name in ("time", "energy", "lut")] == ["4.00 ms", "200 mJ", "1,176,824"]
    assert [objective_brief(name, row) for name in ("time", "lut")] == ["4.00 ms", "1.18 M"]


def test_accuracy_is_a_gain_whose_cost_is_the_error(front):
    measured = front.assign(accuracy=[95.0, 95.85, 94.25])
    assert objective_cell("accuracy", measured.iloc[1].to_dict()) == "95.85 %"
    assert objective_costs(measured, "accuracy").tolist() == [5.0, pytest.approx(4.15), 5.75]
    assert objective_costs(measured, "time").tolist() == measured["time_s"].tolist()
    assert [objective_best(name) for name in ("accuracy", "lut")] == ["highest accuracy", "least LUT"]
    assert "accuracy" not in [column.heading for column in design_columns(measured)]


def test_objectives_stand_ahead_of_the_other_costs_that_are_there(front):
    assert cost_order(front.drop(columns="uram"), ("lut", "time")) == (
        "lut",
        "time",
        "energy",
        "ff",
        "dsp",
        "bram36",
    )


def test_an_unknown_objective_names_the_nearest():
    with pytest.raises(HeddleError) as caught:
        objective_column("times")
    assert str(caught.value) == (
        "unknown objective 'times'; did you mean 'time'? (valid: time, energy, lut, ff, dsp, bram36, uram, accuracy)"
    )


@given(st.integers(0, 500), st.integers(0, 40))
@settings(max_examples=100)
def test_a_spread_has_both_ends_and_no_row_twice(length, limit):
    indices = spread(length, limit)
    assert len(indices) == min(length, limit)
    assert indices == sorted(set(indices))
    assert all(0 <= index < length for index in indices)
    if len(indices) > 1:
        assert (indices[0], indices[-1]) == (0, length - 1)
