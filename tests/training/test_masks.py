"""Top N of M of a tensor: the definition of ``heddle.arch.nm`` by either path, and by loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from naive_masks import top_n as naive_top_n
from naive_masks import top_n_mask as naive_mask

from heddle.arch import nm
from heddle.arch.design import GROUP_SIZES, SparsityConfig
from heddle.arch.errors import HeddleError
from heddle.training.masks import masked, ranked_mask, top_n, top_n_mask
from heddle.training.ramps import Frame

TIED = st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0, 1e-45, -1e-45, np.inf, -np.inf])
PATTERNS = st.integers(0, 2**32 - 1)  # with all NaNs, quiet and signalling


@st.composite
def ratios(draw: st.DrawFn) -> SparsityConfig:
    m = draw(st.sampled_from(GROUP_SIZES))
    return SparsityConfig(n=draw(st.integers(1, m)), m=m)


@st.composite
def grouped_arrays(draw: st.DrawFn) -> tuple[npt.NDArray[np.float32], SparsityConfig, int]:
    """FP32 of up to three dimensions, with M of its ``axis`` in whole groups."""
    ratio, axis = draw(ratios()), draw(st.integers(0, 2))
    shape = [draw(st.integers(1, 2)) for _ in range(3)]
    shape[axis] *= ratio.m
    if draw(st.booleans()):
        return draw(arrays.arrays(np.float32, shape, elements=TIED.map(np.float32))), ratio, axis
    return draw(arrays.arrays(np.uint32, shape, elements=PATTERNS)).view(np.float32), ratio, axis


@given(grouped_arrays())
def test_every_path_keeps_what_the_definition_keeps(case: tuple[npt.NDArray[np.float32], SparsityConfig, int]) -> None:
    values, ratio, axis = case
    expected = naive_mask(values, ratio.n, ratio.m, axis)
    tensor = torch.from_numpy(values)
    for mask in (
        top_n_mask(tensor, ratio, axis),
        top_n_mask(tensor, ratio, axis - values.ndim),
        ranked_mask(tensor, ratio, axis),
        torch.from_numpy(nm.mask(values, ratio.n, ratio.m, axis)),
    ):
        np.testing.assert_array_equal(mask.numpy(), expected)


@given(st.lists(TIED, min_size=12, max_size=12), st.sampled_from([(1, 3), (2, 6), (5, 6), (4, 12), (12, 12)]))
def test_groups_that_the_machine_does_not_know_follow_the_same_rule(
    values: list[float], ratio: tuple[int, int]
) -> None:
    tensor = torch.tensor(values).reshape(1, 12)
    mask = top_n_mask(tensor, Frame(*ratio), 1)
    np.testing.assert_array_equal(mask.numpy(), naive_mask(tensor.numpy(), *ratio, 1))


@pytest.mark.parametrize("m", GROUP_SIZES)
def test_where_all_are_equal_the_first_n_are_kept(m: int) -> None:
    for n in range(1, m + 1):
        kept = top_n_mask(torch.zeros(m), SparsityConfig(n=n, m=m), 0)
        assert kept.tolist() == [place < n for place in range(m)]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_types_are_compared_as_fp32(dtype: torch.dtype) -> None:
    tensor = torch.randn(3, 16, generator=torch.Generator().manual_seed(0)).to(dtype)
    expected = naive_mask(tensor.float().numpy(), 2, 8, 1)
    np.testing.assert_array_equal(top_n_mask(tensor, SparsityConfig(n=2, m=8), 1).numpy(), expected)


def test_a_tensor_need_not_be_contiguous_and_may_need_gradients() -> None:
    weight = torch.randn(8, 3, 8, generator=torch.Generator().manual_seed(0), requires_grad=True).transpose(0, 2)
    expected = naive_mask(weight.detach().numpy(), 1, 4, 2)
    np.testing.assert_array_equal(top_n_mask(weight, SparsityConfig(n=1, m=4), 2).numpy(), expected)


def test_an_axis_of_broken_groups_is_refused() -> None:
    with pytest.raises(HeddleError, match=r"^axis 1 of shape \(2, 6\) has 6 elements, which M = 4 does not divide$"):
        top_n_mask(torch.zeros(2, 6), SparsityConfig(n=2, m=4), 1)


@given(st.integers(0, 19), st.sampled_from([(1, 2), (2, 4), (2, 8), (1, 8)]), st.integers(0, 2**31))
def test_a_partial_last_group_keeps_as_many_as_it_has_at_most_n(rows: int, ratio: tuple[int, int], seed: int) -> None:
    values = torch.randn(rows, 3, generator=torch.Generator().manual_seed(seed)).round()
    n, m = ratio
    kept = top_n(values, SparsityConfig(n=n, m=m), 0)
    np.testing.assert_array_equal(kept.numpy(), naive_top_n(values.numpy(), n, m, 0))


def test_what_is_not_kept_is_plus_zero_even_where_an_infinity_or_a_nan_stood() -> None:
    values: Any = torch.tensor([-1.0, float("inf"), float("nan"), 2.0])
    assert masked(values, torch.tensor([False, False, False, True])).view(torch.int32).tolist() == [0, 0, 0, 0x40000000]
