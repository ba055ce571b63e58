"""Floating-point formats as the hardware sees them."""

from __future__ import annotations

import numpy as np
import pytest

from heddle.hls.fp.formats import BF16, FP16, FP32, OPERANDS, FloatFormat


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


@pytest.mark.parametrize(("exponent_bits", "fraction_bits"), [(1, 3), (3, 0)])
def test_a_format_without_normal_numbers_or_fraction_is_refused(exponent_bits: int, fraction_bits: int) -> None:
    with pytest.raises(ValueError, match="needs at least 2 exponent bits and 1 fraction bit"):
        FloatFormat(exponent_bits, fraction_bits)
