"""Sampling without bias: exact chances, exactly N kept, and a mean that is the tensor."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from naive_masks import drawn_group, keep_chances
from torch import Tensor

from heddle.arch.design import SparsityConfig
from heddle.training.draws import uniforms
from heddle.training.sampling import drawn_by_operations, keep_probabilities, sample_n

MAGNITUDES = st.one_of(st.just(0.0), st.floats(2.0**-20, 2.0**20, width=32), st.sampled_from([1.0, 2.0, 4.0]))
UNIT_FP32, UNIT_FP64 = 2.0**-24, 2.0**-53


@st.composite
def groups(draw: st.DrawFn) -> tuple[list[float], int]:
    m = draw(st.sampled_from([2, 4, 8]))
    return draw(st.lists(MAGNITUDES, min_size=m, max_size=m)), draw(st.integers(1, m))


def exact(values: list[float]) -> list[Fraction]:
    return [Fraction(value) for value in values]


@given(groups())
def test_chances_are_proportional_to_magnitude_cut_at_one_and_sum_to_n(case: tuple[list[float], int]) -> None:
    values, n = case
    chances = keep_probabilities(torch.tensor([values], dtype=torch.float64), n)[0]
    expected = [float(chance) for chance in keep_chances(exact(values), n)]
    np.testing.assert_allclose(chances.numpy(), expected, rtol=64 * UNIT_FP64)  # a few sums of eight and quotients
    assert float(chances.sum()) == pytest.approx(min(n, sum(value > 0 for value in values)))
    assert float(chances.max()) <= 1
    below = [(value, float(chance)) for value, chance in zip(values, chances, strict=True) if 0 < chance < 1 - 1e-12]
    assert all(a * q == pytest.approx(b * p) for (a, p), (b, q) in pairwise(below))


SIGNED = st.one_of(st.just(0.0), st.floats(2.0**-20, 8, width=32), st.floats(-8, -(2.0**-20), width=32))


@given(SIGNED, SIGNED)
def test_of_two_each_is_kept_by_its_share_of_their_magnitude(a: float, b: float) -> None:
    """The estimator of Chmiel et al. 2022 for 1:2: a with chance |a| / (|a| + |b|), and then it is +-(|a| + |b|)."""
    total = abs(a) + abs(b)
    assume(total > 0)
    chances = keep_probabilities(torch.tensor([[abs(a), abs(b)]], dtype=torch.float64), 1)[0]
    np.testing.assert_allclose(chances.numpy(), [abs(a) / total, abs(b) / total], rtol=4 * UNIT_FP64)
    drawn = sample_n(torch.tensor([a, b]), SparsityConfig(n=1, m=2), 0, torch.Generator().manual_seed(0))
    assert float(drawn.abs().sum()) == pytest.approx(total, rel=4 * UNIT_FP32)


@given(groups(), st.integers(0, 2**31))
def test_a_group_is_what_its_draw_says(case: tuple[list[float], int], seed: int) -> None:
    values, n = case
    ratio = SparsityConfig(n=n, m=len(values))
    draw = uniforms(torch.Size((1,)), torch.Generator().manual_seed(seed), torch.device("cpu"))
    drawn = sample_n(torch.tensor(values), ratio, 0, torch.Generator().manual_seed(seed))
    expected = drawn_group(exact(values), n, Fraction(float(draw)))
    np.testing.assert_allclose(drawn.numpy(), [float(value) for value in expected], rtol=2 * UNIT_FP32)
    assert int((drawn != 0).sum()) == min(n, sum(value > 0 for value in values))


@given(groups())
def test_the_exact_mean_is_the_tensor(case: tuple[list[float], int]) -> None:
    """A kept element is divided by its chance: chance x value / chance, whatever else is kept."""
    values, n = case
    chances = keep_chances(exact(values), n)
    edges = sorted({sum(chances[:end], Fraction(0)) % 1 for end in range(len(chances))} | {Fraction(1)})
    mean = [Fraction(0)] * len(values)
    for low, high in pairwise(edges):  # the same are kept for every draw between two edges
        for place, value in enumerate(drawn_group(exact(values), n, low)):
            mean[place] += (high - low) * value
    assert mean == exact(values)


def many_draws(tensor: Tensor, ratio: SparsityConfig, draws: int) -> Tensor:
    repeated = tensor.expand(draws, -1).contiguous()
    return sample_n(repeated, ratio, 1, torch.Generator().manual_seed(7)).double()


@pytest.mark.parametrize("ratio", [(1, 2), (2, 4), (2, 8), (7, 8)])
def test_the_mean_of_many_draws_is_within_five_standard_errors(ratio: tuple[int, int]) -> None:
    tensor = torch.randn(16, generator=torch.Generator().manual_seed(0))
    drawn = many_draws(tensor, SparsityConfig(n=ratio[0], m=ratio[1]), 20_000)
    deviation = (drawn.mean(0) - tensor).abs()
    assert torch.all(deviation <= 5 * drawn.std(0) / 20_000**0.5 + 4 * UNIT_FP32 * tensor.abs())


@pytest.mark.parametrize("rows", [1, 5, 8, 13])
def test_a_partial_last_group_keeps_as_many_as_it_has_at_most_n(rows: int) -> None:
    tensor = torch.randn(rows, 50, generator=torch.Generator().manual_seed(1))
    drawn = sample_n(tensor, SparsityConfig(n=2, m=8), 0, torch.Generator().manual_seed(2))
    assert drawn.shape == tensor.shape
    for first in range(0, rows, 8):
        assert torch.all((drawn[first : first + 8] != 0).sum(0) == min(2, rows - first))


def test_the_same_generator_draws_the_same_and_another_one_not() -> None:
    tensor = torch.randn(4, 64, generator=torch.Generator().manual_seed(3))
    first, again, other = (
        sample_n(tensor, SparsityConfig(n=1, m=4), 1, torch.Generator().manual_seed(seed)) for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_the_kernel_draws_what_the_operations_of_other_devices_draw(axis: int, dtype: torch.dtype) -> None:
    tensor = torch.randn(8, 16, 24, generator=torch.Generator().manual_seed(5)).to(dtype)
    tensor[0, :8] = 0
    by_kernel, by_operations = (
        draw(tensor, SparsityConfig(n=2, m=8), axis, torch.Generator().manual_seed(6))
        for draw in (sample_n, drawn_by_operations)
    )
    torch.testing.assert_close(
        by_kernel, by_operations, rtol=64 * UNIT_FP64 if dtype == torch.float64 else 2.0**-22, atol=0
    )


def test_draws_are_uniform_and_those_of_splitmix64() -> None:
    drawn = uniforms(torch.Size((200, 500)), torch.Generator().manual_seed(8), torch.device("cpu")).flatten()
    counts = torch.histc(drawn.float(), 50, 0, 1)
    assert float(((counts - 2000) ** 2 / 2000).sum()) < 100  # chi-squared of 49 degrees of freedom: 100 is 1 in 40,000
    assert float(torch.corrcoef(torch.stack((drawn[:-1], drawn[1:])))[0, 1].abs()) < 0.015
    key = int(torch.randint(1 << 62, (1,), generator=torch.Generator().manual_seed(8)))
    assert [float(number) for number in drawn[:3]] == [splitmix64(key, place) for place in (1, 2, 3)]


def splitmix64(key: int, place: int) -> float:
    whole = (1 << 64) - 1
    mixed = (key + place * 0x9E3779B97F4A7C15) & whole
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & whole
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & whole
    return float(((mixed ^ (mixed >> 31)) >> 11) * 2.0**-53)


@pytest.mark.parametrize("odd", [float("inf"), float("-inf"), float("nan")])
def test_an_overflow_is_always_kept(odd: float) -> None:
    """Loss scaling looks for it in the gradient."""
    tensor = torch.tensor([[1.0, odd, 3.0, 4.0, 2.0, 1.0, 1.0, 1.0]]).repeat(100, 1)
    drawn = sample_n(tensor, SparsityConfig(n=2, m=4), 1, torch.Generator().manual_seed(4))
    assert not drawn[:, 1].isfinite().any()
    assert drawn[:, [0, 2, 3, 4, 5, 6, 7]].isfinite().all()
    assert torch.all((drawn != 0).sum(1) == 4)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_a_tensor_keeps_its_type(dtype: torch.dtype) -> None:
    drawn = sample_n(torch.ones(8, dtype=dtype), SparsityConfig(n=2, m=8), 0, torch.Generator().manual_seed(0))
    assert drawn.dtype == dtype
    assert drawn.sum() == 8
