"""The multiplier in the Amaranth simulator; ``tests/verify/test_vectors.py`` runs it over millions of pairs."""

from __future__ import annotations

import itertools
import random
from functools import partial

import naive_float
import pytest
from amaranth.hdl import Fragment
from fp_bench import run_unit
from refusal import assert_refused

from heddle.arch.formats import BF16, FP16, FP32, FloatFormat
from heddle.hls.fp.multiplier import CUTS, Multiplier
from heddle.verify.binary_unit import MultiplyAccumulate

_NAIVE = {FP16: naive_float.FP16, BF16: naive_float.BF16}
_OPERANDS = pytest.mark.parametrize("operand", [FP16, BF16], ids=["fp16", "bf16"])


def _products(operand: FloatFormat, stages: int, pairs: list[tuple[int, int]], pause: float = 0.0) -> list[int]:
    """The products as FP32 words, which the accumulator makes of them when it adds -0."""
    operands = {"a": [a for a, _ in pairs], "b": [b for _, b in pairs], "c": [FP32.sign] * len(pairs)}
    return run_unit(MultiplyAccumulate(operand, stages, 1), operands, "sum", pause)


def _expected(operand: FloatFormat, pairs: list[tuple[int, int]]) -> list[int]:
    return [naive_float.multiply(_NAIVE[operand], naive_float.FP32, a, b) for a, b in pairs]


def _edges(operand: FloatFormat) -> list[int]:
    one = operand.bias << operand.fraction_bits
    near = (0, 1, 2, (1 << operand.fraction_bits) - 1, 1 << operand.fraction_bits, one - 1, one, one + 1)
    magnitudes = (*near, operand.infinity - 1, operand.infinity, operand.infinity + 1, operand.canonical_nan)
    return [sign | magnitude for sign in (0, 0x8000) for magnitude in magnitudes]


@_OPERANDS
def test_every_pair_of_edge_words_multiplies_as_ieee_754_says(operand: FloatFormat) -> None:
    pairs = list(itertools.product(_edges(operand), repeat=2))
    assert _products(operand, 0, pairs) == _expected(operand, pairs)


@_OPERANDS
@pytest.mark.parametrize("stages", CUTS)
def test_latency_is_the_number_of_stages_and_the_clock_enable_stops_them_all(operand: FloatFormat, stages: int) -> None:
    draws = random.Random(stages)
    pairs = [(draws.getrandbits(16), draws.getrandbits(16)) for _ in range(150)]
    multiplier = Multiplier(operand, stages)
    Fragment.get(multiplier, None)
    assert multiplier.latency == stages
    assert _products(operand, stages, pairs, pause=0.3) == _expected(operand, pairs)


def test_bf16_products_round_into_the_subnormals_of_fp32() -> None:
    draws = random.Random(1)
    least, most = 1 - FP32.bias - FP32.fraction_bits - 2, 2 - FP32.bias
    pairs = []
    for exponent in range(least, most):
        for _ in range(6):
            first = draws.randrange(1, 254 + exponent - 1) if exponent < 0 else 127
            first = max(1, min(254, first))
            second = max(0, min(254, exponent + 2 * BF16.bias - first))
            pairs.append((first << 7 | draws.getrandbits(7), second << 7 | draws.getrandbits(7)))
    assert _products(BF16, 1, pairs) == _expected(BF16, pairs)


def test_a_depth_outside_0_to_3_is_refused() -> None:
    assert_refused(partial(Multiplier, FP16, 4), ValueError, "a multiplier has 0 to 3 stages, not 4")


def test_an_operand_whose_products_fp32_does_not_hold_is_refused() -> None:
    assert_refused(partial(Multiplier, FP32, 1), ValueError, "has more fraction bits than FP32 holds")
