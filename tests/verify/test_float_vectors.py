"""Vectors for floating-point units, and their references, which agree with exact rational arithmetic."""

from __future__ import annotations

import naive_float
import numpy as np
import pytest

from heddle.arch.formats import BF16, FP16, FP32, FloatFormat
from heddle.verify.float_vectors import adder_pairs, all_pairs, float32_product, float32_sum, small_sum


def test_adder_pairs_are_the_same_for_the_same_seed_and_as_many_as_asked_for() -> None:
    first, again, other = adder_pairs(1000, 3), adder_pairs(1000, 3), adder_pairs(1000, 4)
    assert len(first[0]) == len(first[1]) == 1000
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_adder_pairs_reach_every_kind_of_sum() -> None:
    a, b = adder_pairs(60_000, 0)
    field = float32_sum(a, b) >> 23 & 0xFF
    fraction = float32_sum(a, b) & 0x7FFFFF
    subnormal, infinite, nan = (field == 0) & (fraction > 0), (field == 255) & (fraction == 0), fraction[field == 255]
    assert min(subnormal.sum(), infinite.sum(), (nan > 0).sum(), ((field | fraction) == 0).sum()) > 100


def test_the_processor_adds_as_the_exact_reference_does() -> None:
    a, b = adder_pairs(6000, 1)
    exact = [naive_float.add(naive_float.FP32, int(x), int(y)) for x, y in zip(a, b, strict=True)]
    assert float32_sum(a, b).tolist() == exact


@pytest.mark.parametrize(("operand", "naive"), [(FP16, naive_float.FP16), (BF16, naive_float.BF16)])
def test_the_processor_multiplies_as_the_exact_reference_does(operand: FloatFormat, naive: naive_float.Format) -> None:
    a, b = np.random.default_rng(2).integers(0, 1 << 16, (2, 4000), dtype=np.uint32)
    exact = [naive_float.multiply(naive, naive_float.FP32, int(x), int(y)) for x, y in zip(a, b, strict=True)]
    assert float32_product(a, b, operand).tolist() == exact


def test_sums_of_a_small_format_are_those_of_the_exact_reference() -> None:
    a, b = all_pairs(FloatFormat(3, 2))
    naive = naive_float.Format(3, 2)
    exact = [naive_float.add(naive, int(x), int(y)) for x, y in zip(a, b, strict=True)]
    assert small_sum(a, b, FloatFormat(3, 2)).tolist() == exact


def test_a_format_whose_sums_a_float64_does_not_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="are not exact in a float64"):
        small_sum(*adder_pairs(6, 0), FP32)
