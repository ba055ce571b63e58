"""The table of number formats: widths, words that matter, and what products do."""

from __future__ import annotations

import numpy as np
import pytest

from heddle.arch.errors import HeddleError
from heddle.arch.formats import ACCUMULATORS, BF16, FP16, FP32, OPERANDS, FloatFormat, ProductRange, operand_format


def test_the_standard_formats_have_their_widths_and_biases() -> None:
    assert [(form.width, form.bias) for form in (FP16, BF16, FP32)] == [(16, 15), (16, 127), (32, 127)]


def test_infinity_and_the_canonical_nan_are_those_of_numpy() -> None:
    words = np.array([FP32.infinity, FP32.canonical_nan], dtype=np.uint32).view(np.float32)
    assert np.isposinf(words[0])
    assert np.isnan(words[1])
    assert FP32.canonical_nan == 0x7FC00000


@pytest.mark.parametrize(("form", "smallest"), [(FP16, 2.0**-24), (FP32, 2.0**-149), (BF16, 2.0**-133)])
def test_the_least_exponent_is_that_of_the_smallest_subnormal(form: FloatFormat, smallest: float) -> None:
    assert 2.0**form.least_exponent == smallest


def test_operands_go_by_the_names_of_designs() -> None:
    assert OPERANDS == {"fp16": FP16, "bf16": BF16}
    assert ACCUMULATORS == {"fp32": FP32}
    assert [operand_format(name) for name in OPERANDS] == [FP16, BF16]


def test_an_unknown_format_is_refused_with_the_nearest() -> None:
    with pytest.raises(
        HeddleError, match=r"unknown operand format 'bf61'; did you mean 'bf16'\? \(valid: fp16, bf16\)"
    ):
        operand_format("bf61")


def test_products_are_exact_in_fp32_but_for_those_of_bf16_at_the_ends_of_its_range() -> None:
    ranges = [form.product_in(FP32) for form in (FP16, BF16, FloatFormat(4, 3), FloatFormat(8, 15), FP32)]
    exact, gradual, rounded = ProductRange
    assert ranges == [exact, gradual, exact, rounded, rounded]


def test_words_lie_in_whole_bytes_and_in_numpys_type_of_their_width() -> None:
    forms = (FP16, BF16, FP32, FloatFormat(4, 3))
    assert [form.width_bytes for form in forms] == [2, 2, 4, 1]
    assert [form.pattern_type for form in forms] == [np.uint16, np.uint16, np.uint32, np.uint8]
    with pytest.raises(ValueError, match="a word of e4m4 has 9 bits, which no NumPy integer has"):
        _ = FloatFormat(4, 4).pattern_type


def test_the_sign_is_the_top_bit_and_the_rest_the_magnitude() -> None:
    assert [(form.sign, form.magnitude_bits) for form in (FP16, BF16, FP32)] == [(1 << 15, 15)] * 2 + [(1 << 31, 31)]


@pytest.mark.parametrize(("exponent_bits", "fraction_bits"), [(1, 3), (3, 0)])
def test_a_format_without_normal_numbers_or_fraction_is_refused(exponent_bits: int, fraction_bits: int) -> None:
    with pytest.raises(ValueError, match="needs at least 2 exponent bits and 1 fraction bit"):
        FloatFormat(exponent_bits, fraction_bits)
