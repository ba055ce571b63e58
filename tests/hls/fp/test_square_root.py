"""The square root, against exact integer arithmetic."""

from functools import partial

import pytest
from fp_bench import EDGES, run_unit, words
from naive_float import FP32 as NAIVE_FP32
from naive_float import Format
from naive_update import square_root
from refusal import assert_refused

from heddle.arch.formats import FP32, FloatFormat
from heddle.hls.fp.square_root import SquareRoot


@pytest.mark.parametrize(("exponent_bits", "fraction_bits"), [(4, 6), (5, 5), (3, 2)])
def test_all_roots_of_a_small_format_are_correctly_rounded(exponent_bits, fraction_bits):
    form = Format(exponent_bits, fraction_bits)
    radicands = range(2 << exponent_bits + fraction_bits)
    unit = SquareRoot(FloatFormat(exponent_bits, fraction_bits), rows_per_stage=8)
    assert run_unit(unit, {"radicand": radicands}, "root") == [square_root(form, x) for x in radicands]


@pytest.mark.parametrize(("rows_per_stage", "latency"), [(1, 28), (2, 16), (4, 10), (25, 4)])
def test_every_depth_gives_the_same_roots_after_its_latency_whatever_pauses_there_are(rows_per_stage, latency):
    unit = SquareRoot(FP32, rows_per_stage)
    radicands = [*EDGES, *(word & 0x7FFF_FFFF for word in words(300, seed=rows_per_stage))]
    expected = [square_root(NAIVE_FP32, x) for x in radicands]
    assert unit.latency == latency
    assert run_unit(unit, {"radicand": radicands}, "root", pause=0.3) == expected


def test_squares_and_their_neighbours_are_rounded_to_the_side_they_lie_on():
    odd = (0x801, 0xFFD, 0xFFF)
    squares = [(127 + 23 << 23) + (root * root - (1 << 23)) for root in odd if 1 << 23 <= root * root < 1 << 24]
    radicands = [word + step for word in squares for step in (-1, 0, 1)]
    assert run_unit(SquareRoot(), {"radicand": radicands}, "root") == [square_root(NAIVE_FP32, x) for x in radicands]


def test_a_format_with_subnormal_roots_is_refused():
    assert_refused(partial(SquareRoot, FloatFormat(3, 3)), ValueError, "a bias of 3 is too small for 3 fraction bits")
