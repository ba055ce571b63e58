from __future__ import annotations

import naive_float
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from heddle.arch.formats import BF16, FP16, FloatFormat
from heddle.sim.functional.formats import canonical, from_float32, rounded_to, to_float32

NAIVE = {FP16: naive_float.FP16, BF16: naive_float.BF16}
BOTH = pytest.mark.parametrize("operand", [FP16, BF16], ids=lambda operand: operand.name)
ALL_PATTERNS = np.arange(1 << 16, dtype=np.uint16)


def float32_of(pattern: int) -> np.float32:
    return np.uint32(pattern).view(np.float32)


@BOTH
def test_every_pattern_stands_for_the_number_that_ieee_754_gives_it(operand: FloatFormat) -> None:
    numbers = to_float32(ALL_PATTERNS, operand).view(np.uint32)
    for pattern in range(0, 1 << 16, 7):  # 7 divides no power of two: all fractions of all exponents are met
        assert numbers[pattern] == naive_float.convert(NAIVE[operand], naive_float.FP32, pattern)


@BOTH
def test_every_pattern_survives_the_way_to_float32_and_back_but_for_nan(operand: FloatFormat) -> None:
    back = from_float32(to_float32(ALL_PATTERNS, operand), operand)
    magnitudes = ALL_PATTERNS & 0x7FFF
    assert np.array_equal(back, np.where(magnitudes > operand.infinity, operand.canonical_nan, ALL_PATTERNS))


@BOTH
@settings(max_examples=300)
@given(pattern=st.integers(0, (1 << 32) - 1))
@example(pattern=0x0000_0001)  # the smallest subnormal
@example(pattern=0x3300_0000)  # half of FP16's smallest subnormal: a tie, to zero
@example(pattern=0x3300_0001)
@example(pattern=0x387F_F000)  # rounds up from FP16's subnormals to its normals
@example(pattern=0x477F_EFFF)  # below the tie between FP16's largest number and infinity
@example(pattern=0x477F_F000)  # that tie
@example(pattern=0x7F7F_7FFF)  # below the tie between BF16's largest number and infinity
@example(pattern=0x7F7F_8000)  # that tie
@example(pattern=0x3F80_8000)  # a BF16 tie with an even neighbour below
@example(pattern=0x3F81_8000)  # and with one above
@example(pattern=0x7F80_0001)  # a signalling NaN whose payload BF16 would drop
@example(pattern=0xFFFF_FFFF)
@example(pattern=0xFF80_0000)
@example(pattern=0x8000_0000)
def test_rounding_from_float32_is_to_nearest_and_ties_to_even(operand: FloatFormat, pattern: int) -> None:
    expected = naive_float.convert(naive_float.FP32, NAIVE[operand], pattern)
    assert from_float32(float32_of(pattern), operand) == expected


def test_any_nan_becomes_the_canonical_one_and_nothing_else_changes() -> None:
    patterns = np.array([0x7F80_0001, 0xFFC0_1234, 0x7FFF_FFFF, 0x7F80_0000, 0x8000_0000, 0x0000_0001], np.uint32)
    nan = 0x7FC0_0000
    assert canonical(patterns.view(np.float32)).view(np.uint32).tolist() == [nan, nan, nan, *patterns[3:].tolist()]


@BOTH
def test_shapes_are_kept(operand: FloatFormat) -> None:
    assert to_float32(np.zeros((2, 0, 3), np.uint16), operand).shape == (2, 0, 3)
    assert from_float32(np.zeros((3, 2), np.float32).T, operand).shape == (2, 3)


@BOTH
def test_named_patterns(operand: FloatFormat) -> None:
    assert to_float32(np.array([operand.infinity], np.uint16), operand) == [np.inf]
    assert from_float32([np.nan], operand) == [operand.canonical_nan]
    assert from_float32([1.0], operand) == [operand.bias << operand.fraction_bits]


@BOTH
@settings(max_examples=300)
@given(patterns=st.lists(st.integers(0, (1 << 32) - 1), min_size=1, max_size=20))
@example(
    patterns=[0x477F_EFFF, 0x477F_F000, 0x7F7F_7FFF, 0x7F7F_8000, 0x3F80_8000, 0x3F81_8000, 0xFF80_0000, 0x8000_0000]
)
@example(patterns=[1, 0x3300_0000, 0x3300_0001, 0x387F_F000])
def test_the_fast_ways_round_as_the_definition_does(operand: FloatFormat, patterns: list[int]) -> None:
    numbers = np.array(patterns, np.uint32).view(np.float32)
    numbers = numbers[~np.isnan(numbers)]
    assert np.array_equal(rounded_to(numbers, operand), from_float32(numbers, operand))
