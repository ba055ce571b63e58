"""The functional weight update, against exact rational arithmetic and against numpy's FP32."""

from dataclasses import asdict, fields

import naive_update
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from heddle.arch.errors import HeddleError
from heddle.sim.functional.formats import CANONICAL_NAN
from heddle.sim.functional.update import (
    AdamHyperparameters,
    AdamScalars,
    AdamState,
    SgdScalars,
    SgdState,
    adam,
    sgd,
)

PATTERNS = st.integers(0, 2**32 - 1) | st.sampled_from(
    [0, 1 << 31, 1, 0x7FFFFF, 0x800000, 0x3F800000, 0x7F7FFFFF, 0x7F800000, 0xFF800000, 0x7FC00000, 0x7F800001]
)
SGD_SCALARS = SgdScalars(gradient_scale=1 / 1024, weight_decay=1e-4, momentum=0.9, learning_rate=0.1)
ADAM_SCALARS = AdamHyperparameters(weight_decay=0.01, gradient_scale=1 / 1024).scalars(step=3)


def weights(names):
    """A few weights, each name's words any bit patterns."""
    return st.tuples(*(hnp.arrays(np.uint32, 4, elements=PATTERNS) for _ in names))


def patterns(scalars):
    return {name: int(np.float32(value).view(np.uint32)) for name, value in asdict(scalars).items()}


def assert_as_naive(update, naive, state_type, scalars, gradient, old):
    new = update(gradient.view(np.float32), state_type(*(a.view(np.float32) for a in old)), scalars)
    names = [field.name for field in fields(state_type)]
    for i, bits in enumerate(gradient):
        state = {name: int(a[i]) for name, a in zip(names, old, strict=True)}
        got = {name: int(getattr(new, name).view(np.uint32)[i]) for name in names}
        assert got == naive(int(bits), state, patterns(scalars))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(words=weights(("gradient", "master", "momentum")))
def test_sgd_is_exact_arithmetic_rounded_once_an_operation_for_all_bit_patterns(words):
    assert_as_naive(sgd, naive_update.sgd, SgdState, SGD_SCALARS, words[0], words[1:])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(words=weights(("gradient", "master", "mean", "variance")))
def test_adam_is_exact_arithmetic_rounded_once_an_operation_for_all_bit_patterns(words):
    assert_as_naive(adam, naive_update.adam, AdamState, ADAM_SCALARS, words[0], words[1:])


def test_many_steps_of_sgd_are_those_of_numpy():
    draws = np.random.default_rng(0)
    master, momentum = draws.standard_normal((2, 8, 16), np.float32)
    state = SgdState(master, momentum)
    f = np.float32
    for _ in range(10):
        gradient = draws.standard_normal((8, 16), np.float32) * f(1024)
        state = sgd(gradient, state, SGD_SCALARS)
        momentum = f(0.9) * momentum + (f(1 / 1024) * gradient + f(1e-4) * master)
        master = master - f(0.1) * momentum
    np.testing.assert_array_equal(state.master, master)
    np.testing.assert_array_equal(state.momentum, momentum)


def test_adam_moves_a_weight_by_the_learning_rate_in_its_first_step_whatever_the_gradient():
    gradient = np.array([1e-3, -5.0, 700.0], np.float32)
    zeros = np.zeros(3, np.float32)
    scalars = AdamHyperparameters(learning_rate=0.01, epsilon=0.0).scalars(step=1)
    np.testing.assert_allclose(
        adam(gradient, AdamState(zeros, zeros, zeros), scalars).master, [-0.01, 0.01, -0.01], 1e-6
    )


def test_a_product_and_a_sum_are_not_fused():
    # (1 + 2^-12)^2 = 1 + 2^-11 + 2^-24: the product's rounding drops the last term, which a fused sum would keep.
    factor = np.float32(1 + 2**-12)
    scalars = SgdScalars(gradient_scale=1.0, weight_decay=float(factor), momentum=0.0, learning_rate=0.0)
    gradient, master = np.array([-1 - 2**-11], np.float32), np.array([factor])
    assert sgd(gradient, SgdState(master, np.zeros(1, np.float32)), scalars).momentum[0] == 0


def test_every_nan_that_leaves_is_the_canonical_one():
    nan = np.array([0xFF80_0001], np.uint32).view(np.float32)
    state = sgd(nan, SgdState(np.ones(1, np.float32), np.ones(1, np.float32)), SGD_SCALARS)
    assert state.master.view(np.uint32)[0] == state.momentum.view(np.uint32)[0] == CANONICAL_NAN


def test_bias_corrections_are_folded_into_the_scalars():
    assert AdamHyperparameters(learning_rate=0.5, beta1=0.5, beta2=0.75).scalars(step=2) == AdamScalars(
        gradient_scale=1.0,
        weight_decay=0.0,
        mean_rate=0.5,
        variance_decay=0.75,
        variance_rate=0.25,
        root_scale=pytest.approx((1 - 0.75**2) ** -0.5),
        epsilon=1e-8,
        step_size=0.5 / 0.75,
    )


def test_adam_has_no_step_zero():
    with pytest.raises(HeddleError, match=r"^Adam's step is 0; it counts from 1, or the bias corrections divide by"):
        AdamHyperparameters().scalars(step=0)


def test_arrays_that_are_not_fp32_are_refused():
    state = SgdState(np.zeros(2), np.zeros(2, np.float32))
    with pytest.raises(HeddleError, match=r"^weight update: master is float64; it must be float32$"):
        sgd(np.zeros(2, np.float32), state, SGD_SCALARS)


def test_arrays_of_different_shapes_are_refused():
    state = SgdState(np.zeros(2, np.float32), np.zeros(3, np.float32))
    with pytest.raises(HeddleError, match=r"^weight update: momentum has shape \(3,\), the gradient \(2,\); they must"):
        sgd(np.zeros(2, np.float32), state, SGD_SCALARS)
