"""Numbers as text: three digits, a prefix, a unit."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.reports.units import accuracy, bytes_, count, engineering, factor, joules, percent, seconds

_SCALE = {"p": 1e-12, "n": 1e-9, "µ": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.00123, "1.23 ms"),
        (0.0999951, "100 ms"),
        (0.9996, "1.00 s"),
        (12.345, "12.3 s"),
        (999.4, "999 s"),
        (0.0, "0 s"),
        (-0.0025, "-2.50 ms"),
        (4e-13, "0.400 ps"),
    ],
)
def test_a_value_has_three_digits_and_an_si_prefix(value, text):
    assert engineering(value, "s") == text


def test_a_value_without_unit_keeps_its_prefix_only():
    assert engineering(1_182_240) == "1.18 M"
    assert engineering(21) == "21.0"


@given(st.floats(1e-11, 9e14), st.integers(3, 5))
@settings(max_examples=100)
def test_the_text_is_the_value_rounded(value, digits):
    number, unit = engineering(value, "B", digits).split(" ")
    assert math.isclose(float(number) * _SCALE.get(unit[:-1], 1e15), value, rel_tol=0.51 * 10 ** (1 - digits))
    assert len(number.replace(".", "").lstrip("0")) <= digits


@pytest.mark.parametrize("text", [engineering, accuracy, percent, factor, count, seconds])
def test_what_is_not_finite_is_a_dash(text):
    assert text(math.nan) == "–"


def test_long_times_stay_seconds():
    assert seconds(1027.3) == "1,027 s"
    assert seconds(0.0043) == "4.30 ms"


def test_bytes_are_decimal_and_whole_below_a_kilobyte():
    assert bytes_(57.3e9) == "57.3 GB"
    assert bytes_(96) == "96 B"


def test_shares_factors_counts_and_joules():
    assert percent(0.9345) == "93.5 %"
    assert percent(1e-6) == "<0.1 %"
    assert percent(0) == "0.0 %"
    assert accuracy(95.854) == "95.85 %"
    assert factor(1.8532) == "1.85×"
    assert count(1182240) == "1,182,240"
    assert joules(208.6) == "209 J"
