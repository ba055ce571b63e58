"""The accumulator in the Amaranth simulator; ``tests/verify/test_vectors.py`` runs it over many more operands."""

from __future__ import annotations

from functools import partial

import pytest
from fp_bench import EDGES, run_unit
from refusal import assert_refused

from heddle.arch.formats import BF16, FP16, FP32, FloatFormat
from heddle.hls.fp.accumulator import CUTS, Accumulator
from heddle.verify.binary_unit import MultiplyAccumulate
from heddle.verify.float_vectors import float32_product_sum, product_and_addend

_OPERANDS = pytest.mark.parametrize("operand", [FP16, BF16], ids=["fp16", "bf16"])
_ONE = {FP16: 0x3C00, BF16: 0x3F80}


def _sums(unit: MultiplyAccumulate, a: list[int], b: list[int], c: list[int], pause: float = 0.0) -> list[int]:
    return run_unit(unit, {"a": a, "b": b, "c": c}, "sum", pause)


@_OPERANDS
@pytest.mark.parametrize("stages", CUTS)
def test_latency_is_the_number_of_stages_and_the_clock_enable_stops_them_all(operand: FloatFormat, stages: int) -> None:
    operands = product_and_addend(operand, 120, seed=stages)
    unit = MultiplyAccumulate(operand, 0, stages)
    assert unit.latency == stages
    a, b, c = (words.tolist() for words in operands)
    assert _sums(unit, a, b, c, pause=0.3) == float32_product_sum(*operands, operand).tolist()


@pytest.mark.parametrize(
    ("a", "b", "c", "expected"),
    [
        (0x3C00, 0x3C00, 0xBF800000, 0x00000000),  # x - x is +0
        (0x8000, 0x3C00, 0x80000000, 0x80000000),  # -0 - 0 is -0
        (0x0000, 0x7BFF, 0x00000001, 0x00000001),  # a zero product leaves the smallest subnormal as it is
        (0x7BFF, 0x7BFF, 0xCF800000, 0xCA7FF000),  # equal exponents, and the addend is the larger
        (0x3C01, 0x3C01, 0xBF804008, 0x00000000),  # a product with a low bit cancels
        (0x3C01, 0x3C01, 0xBF804009, 0xB4000000),  # all but the last place cancels, and the sum is negative
        (0x3E00, 0x3E00, 0xBF800000, 0x3FA00000),  # a product above 2
        (0x3C00, 0x3C00, 0x33800000, 0x3F800000),  # 1 + 2^-24: a tie to even
        (0x3C00, 0x3C00, 0x33800001, 0x3F800001),  # a sticky bit beyond the tie
        (0x0001, 0x0001, 0x7F7FFFFF, 0x7F7FFFFF),  # far away
        (0x7800, 0x7BFF, 0x7F7FFFFF, 0x7F7FFFFF),  # and not far enough to round up
        (0x7C00, 0x0000, 0x3F800000, 0x7FC00000),  # infinity x 0
        (0x7C00, 0x3C00, 0xFF800000, 0x7FC00000),  # infinity - infinity
        (0xFC00, 0x3C00, 0x3F800000, 0xFF800000),  # an infinite product keeps its sign
        (0x3C00, 0x3C00, 0xFF800001, 0x7FC00000),  # a signalling NaN comes out canonical
    ],
)
def test_the_cases_where_multiply_adds_go_wrong(a: int, b: int, c: int, expected: int) -> None:
    assert _sums(MultiplyAccumulate(FP16, 0, 1), [a, b], [b, a], [c, c]) == [expected, expected]


@pytest.mark.parametrize(
    ("a", "b", "c", "expected"),
    [
        (0x0080, 0x3F00, 0x00000000, 0x00400000),  # half the smallest normal number is a subnormal one
        (0x0080, 0x3380, 0x00000000, 0x00000000),  # half the smallest subnormal: a tie to even, which is zero
        (0x0080, 0x3380, 0x00000001, 0x00000001),  # so its own rounding comes before that of the sum
        (0x0081, 0x3380, 0x00000001, 0x00000002),  # above the tie
        (0x0080, 0x3440, 0x80000001, 0x00000001),  # 1.5 of the smallest subnormal round to 2
        (0x7F00, 0x4000, 0xFF000000, 0x7F800000),  # a product that overflows is an infinity, whatever is subtracted
        (0x7F00, 0x3F80, 0xFF000000, 0x00000000),  # the highest binade cancels
    ],
)
def test_bf16_products_round_to_fp32_before_the_sum_does(a: int, b: int, c: int, expected: int) -> None:
    assert _sums(MultiplyAccumulate(BF16, 0, 1), [a, b], [b, a], [c, c]) == [expected, expected]


@_OPERANDS
def test_a_product_of_one_and_zero_adds_nothing_to_any_edge_word(operand: FloatFormat) -> None:
    one = _ONE[operand]
    addends = [word for word in EDGES if word & ~FP32.sign <= FP32.infinity]
    unit = MultiplyAccumulate(operand, 0, 1)
    expected = [0 if word == FP32.sign else word for word in addends]
    assert _sums(unit, [one] * len(addends), [0] * len(addends), addends) == expected


@pytest.mark.parametrize("stages", [0, 7])
def test_a_depth_outside_1_to_6_is_refused(stages: int) -> None:
    assert_refused(partial(Accumulator, FP16, stages), ValueError, f"an accumulator has 1 to 6 stages, not {stages}")
