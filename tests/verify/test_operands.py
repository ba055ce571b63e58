from __future__ import annotations

import numpy as np
import pytest

from heddle.arch.errors import HeddleError
from heddle.arch.formats import BF16, FP16, FloatFormat
from heddle.dataflow.program.slots import pack_columns
from heddle.sim.functional.formats import Bits, to_float32
from heddle.sim.functional.gemm import multiply, multiply_packed
from heddle.verify.operands import DISTRIBUTIONS, Extents, Operands, draw

EXTENTS = Extents(m=24, k=36, n=20)
BOTH = pytest.mark.parametrize("operand", [FP16, BF16], ids=lambda operand: operand.name)


def of(distribution: str, operand: FloatFormat, extents: Extents = EXTENTS, seed: int = 0) -> Operands:
    return draw(distribution, extents, operand.name, seed)


def magnitudes(bits: Bits) -> Bits:
    return bits & 0x7FFF


def is_subnormal(bits: Bits, operand: FloatFormat) -> np.ndarray:
    return (magnitudes(bits) > 0) & (magnitudes(bits) < 1 << operand.fraction_bits)


@BOTH
@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_a_seed_always_gives_the_same_patterns_and_another_one_others(operand: FloatFormat, distribution: str) -> None:
    first, again, other = (of(distribution, operand, seed=seed) for seed in (5, 5, 6))
    assert first.left.dtype == first.right.dtype == np.uint16
    assert first.left.shape == EXTENTS.left
    assert first.right.shape == EXTENTS.right
    assert np.array_equal(first.left, again.left)
    assert np.array_equal(first.right, again.right)
    assert not np.array_equal(first.left, other.left)
    assert not np.array_equal(first.right, other.right)


def test_the_patterns_do_not_change_from_version_to_version() -> None:
    operands = of("wide", FP16, Extents(1, 4, 1))
    assert [hex(bits) for bits in operands.left[0]] == ["0x6a6c", "0xe26", "0x427c", "0xbeeb"]


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_any_extents_can_be_drawn_and_pruned(distribution: str) -> None:
    for extents in (Extents(1, 1, 1), Extents(2, 5, 3), Extents(1, 17, 2)):
        operands = of(distribution, BF16, extents)
        packed = pack_columns(operands.right, 2, 8)
        assert multiply_packed(operands.left, packed, "bf16").shape == (extents.m, extents.n)


@BOTH
def test_trained_activations_are_not_negative_and_weights_have_the_scale_of_their_fan_in(
    operand: FloatFormat,
) -> None:
    operands = of("trained", operand, Extents(64, 128, 64))
    assert (to_float32(operands.left, operand) >= 0).all()
    assert to_float32(operands.right, operand).std() == pytest.approx(np.sqrt(2 / 128), rel=0.05)


@BOTH
@pytest.mark.parametrize("distribution", ["trained", "wide", "zeros", "subnormals", "large", "cancelling", "ties"])
def test_only_any_bits_and_specials_hold_infinities_and_nans(operand: FloatFormat, distribution: str) -> None:
    operands = of(distribution, operand)
    assert (magnitudes(operands.left) < operand.infinity).all()
    assert (magnitudes(operands.right) < operand.infinity).all()


@BOTH
def test_any_bits_hold_every_kind_of_operand(operand: FloatFormat) -> None:
    bits = of("any-bits", operand, Extents(500, 500, 1)).left
    assert is_subnormal(bits, operand).any()
    assert (magnitudes(bits) == operand.infinity).any()
    assert (magnitudes(bits) > operand.infinity).any()


@BOTH
def test_wide_products_span_60_binades(operand: FloatFormat) -> None:
    operands = of("wide", operand, Extents(200, 200, 200))
    for side in (operands.left, operands.right):
        exponents = np.frexp(to_float32(side, operand))[1] - 1
        assert (exponents.min(), exponents.max()) == (max(-15, 1 - operand.bias), 15)


@BOTH
def test_zeros_come_with_both_signs_and_with_numbers_among_them(operand: FloatFormat) -> None:
    for side in (of("zeros", operand).left, of("zeros", operand).right):
        assert {0, 0x8000} < set(side.ravel().tolist())


@BOTH
def test_subnormals_are_a_third_of_the_operands(operand: FloatFormat) -> None:
    for side in (of("subnormals", operand).left, of("subnormals", operand).right):
        assert is_subnormal(side, operand).mean() == pytest.approx(1 / 3, abs=0.1)


def test_subnormals_make_bf16_products_round_and_vanish_among_fp32_subnormals() -> None:
    operands = of("subnormals", BF16, Extents(60, 1, 60))
    exact = to_float32(operands.left, BF16).astype(np.float64) @ to_float32(operands.right, BF16).astype(np.float64)
    products = multiply(operands.left, operands.right, "bf16")
    assert ((products != exact) & (products != 0)).any()
    assert ((products == 0) & (exact != 0)).any()


def test_large_bf16_sums_overflow_and_large_fp16_sums_do_not() -> None:
    bf16, fp16 = of("large", BF16), of("large", FP16)
    assert not np.isfinite(multiply(bf16.left, bf16.right, "bf16")).all()
    assert np.isfinite(multiply(fp16.left, fp16.right, "fp16")).all()


@BOTH
def test_cancelling_products_come_in_pairs_that_leave_nothing_or_one_place(operand: FloatFormat) -> None:
    operands = of("cancelling", operand, Extents(5, 9, 40))
    left, right = to_float32(operands.left, operand), to_float32(operands.right, operand)
    assert np.array_equal(left[:, 0::3], left[:, 1::3])
    rest = (right[0::3] + right[1::3]) / right[0::3]
    assert (rest == 0).any()
    assert (rest != 0).any()
    assert np.abs(rest).max() <= 2.0**-operand.fraction_bits
    assert np.abs(left[:, 2::3]).max() < np.abs(left[:, 0::3]).min()


@BOTH
def test_specials_leave_some_sums_finite_and_make_others_infinite_or_nan(operand: FloatFormat) -> None:
    operands = of("specials", operand)
    sums = multiply(operands.left, operands.right, operand.name)
    assert np.isfinite(sums).any()
    assert np.isinf(sums).any()
    assert np.isnan(sums).any()


@BOTH
def test_ties_leave_most_groups_undecided_by_magnitude(operand: FloatFormat) -> None:
    groups = magnitudes(of("ties", operand).right[:32].T.reshape(20, 4, 8))
    ranked = np.sort(groups, axis=-1)[..., ::-1]
    assert (ranked[..., 1] == ranked[..., 2]).mean() > 0.5


def test_an_unknown_distribution_or_format_is_refused() -> None:
    with pytest.raises(HeddleError, match=r"unknown distribution 'tie'; did you mean 'ties'\? \(valid: trained, any-b"):
        draw("tie", EXTENTS, "fp16", 0)
    with pytest.raises(HeddleError, match="unknown operand format 'fp32'"):
        draw("ties", EXTENTS, "fp32", 0)
