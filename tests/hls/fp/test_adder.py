"""The adder in the Amaranth simulator; ``tests/verify/test_vectors.py`` runs it over millions of pairs."""

from __future__ import annotations

import itertools
from functools import partial

import naive_float
import pytest
from fp_bench import EDGES, run_unit, words
from refusal import assert_refused

from heddle.arch.formats import FP32, FloatFormat
from heddle.hls.fp.adder import CUTS, Adder


def _sums(unit: Adder, pairs: list[tuple[int, int]], pause: float = 0.0) -> list[int]:
    return run_unit(unit, {"a": [a for a, _ in pairs], "b": [b for _, b in pairs]}, "sum", pause)


def test_every_pair_of_edge_words_adds_as_ieee_754_says() -> None:
    pairs = list(itertools.product(EDGES, EDGES))
    assert _sums(Adder(FP32, 1), pairs) == [naive_float.add(naive_float.FP32, a, b) for a, b in pairs]


@pytest.mark.parametrize("stages", CUTS)
def test_latency_is_the_number_of_stages_and_the_clock_enable_stops_them_all(stages: int) -> None:
    pairs = list(zip(words(150, seed=stages), words(150, seed=10 + stages), strict=True))
    unit = Adder(FP32, stages)
    assert unit.latency == stages
    assert _sums(unit, pairs, pause=0.3) == [naive_float.add(naive_float.FP32, a, b) for a, b in pairs]


def test_a_small_format_adds_every_pair_exactly_rounded_once() -> None:
    pairs = list(itertools.product(range(1 << 6), repeat=2))
    naive = naive_float.Format(3, 2)
    assert _sums(Adder(FloatFormat(3, 2), 2), pairs) == [naive_float.add(naive, a, b) for a, b in pairs]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (0x3F800000, 0xBF800000, 0x00000000),  # x - x is +0
        (0x80000000, 0x80000000, 0x80000000),  # -0 - 0 is -0
        (0x7F7FFFFF, 0x73000000, 0x7F800000),  # half a unit above the largest: a tie, away from the odd fraction
        (0x7F7FFFFF, 0x72FFFFFF, 0x7F7FFFFF),  # and just below the tie
        (0x3F800000, 0x33800000, 0x3F800000),  # 1 + 2^-24: a tie to even
        (0x3F800000, 0x33800001, 0x3F800001),  # a sticky bit beyond the tie
        (0x00800000, 0x80000001, 0x007FFFFF),  # the smallest normal number less the smallest subnormal
        (0x7F800000, 0xFF800000, 0x7FC00000),  # infinity - infinity
        (0xFF800001, 0x3F800000, 0x7FC00000),  # a signalling NaN comes out canonical
    ],
)
def test_the_cases_where_adders_go_wrong(a: int, b: int, expected: int) -> None:
    assert _sums(Adder(), [(a, b), (b, a)]) == [expected, expected]


@pytest.mark.parametrize("stages", [0, 7])
def test_a_depth_outside_1_to_6_is_refused(stages: int) -> None:
    assert_refused(partial(Adder, FP32, stages), ValueError, f"an adder has 1 to 6 stages, not {stages}")
