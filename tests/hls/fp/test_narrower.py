"""Narrowing: rounding to a shorter format, against exact rational arithmetic."""

from functools import partial

import pytest
from fp_bench import EDGES, run_unit, words
from naive_float import BF16 as NAIVE_BF16
from naive_float import FP16 as NAIVE_FP16
from naive_float import FP32 as NAIVE_FP32
from naive_float import Format, convert
from refusal import assert_refused

from heddle.arch.formats import BF16, FP16, FP32, FloatFormat
from heddle.hls.fp.narrower import Narrower


@pytest.mark.parametrize(("exponent_bits", "fraction_bits"), [(4, 3), (5, 4), (3, 4), (2, 1)])
def test_all_words_of_a_small_format_are_correctly_rounded(exponent_bits, fraction_bits):
    source, target = Format(5, 6), Format(exponent_bits, fraction_bits)
    wide = range(1 << 12)
    unit = Narrower(FloatFormat(exponent_bits, fraction_bits), FloatFormat(5, 6), stages=1)
    assert run_unit(unit, {"wide": wide}, "narrow") == [convert(source, target, word) for word in wide]


@pytest.mark.parametrize("stages", [1, 2])
@pytest.mark.parametrize(
    ("target", "naive", "halfway"), [(FP16, NAIVE_FP16, 0x1000), (BF16, NAIVE_BF16, 0x8000)], ids=["fp16", "bf16"]
)
def test_fp32_is_rounded_to_the_operand_formats(target, naive, halfway, stages):
    near_the_range = [0x3300_0000 + 0x3_1357 * step for step in range(1700)]  # 2^-25 to 2^17: all of FP16 and beyond
    ties = [word & ~(2 * halfway - 1) | halfway for word in near_the_range]
    wide = [*EDGES, *words(300, seed=1), *near_the_range, *ties, *(word + 1 for word in ties[:300])]
    unit = Narrower(target, FP32, stages)
    assert unit.latency == stages
    assert run_unit(unit, {"wide": wide}, "narrow", pause=0.2) == [convert(NAIVE_FP32, naive, word) for word in wide]


def test_a_format_that_is_not_shorter_is_refused():
    assert_refused(partial(Narrower, FP32, FP32), ValueError, "does not narrow to")


def test_a_depth_that_does_not_exist_is_refused():
    assert_refused(partial(Narrower, FP16, FP32, stages=3), ValueError, "a narrower has 1 to 2 stages, not 3")
