"""Transposable masks: N:M both ways, the greedy choice, and at least half of the best one's magnitude."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from naive_masks import best_block_sum
from naive_masks import transposable_mask as naive_mask

from heddle.arch.design import SparsityConfig
from heddle.training.blocks import transposable_mask

RATIOS = [(1, 2), (1, 4), (2, 4), (3, 4), (2, 8), (8, 8)]


def mask_of(weight: torch.Tensor, n: int, m: int) -> np.ndarray:
    mask = transposable_mask(weight, SparsityConfig(n=n, m=m))
    assert mask.dtype == torch.bool
    assert mask.shape == weight.shape
    return mask.numpy()


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("taps", [(), (3,), (2, 3)], ids=str)
def test_rows_and_columns_of_every_block_keep_at_most_n(ratio: tuple[int, int], taps: tuple[int, ...]) -> None:
    n, m = ratio
    weight = torch.randn(2 * m, 3 * m, *taps, generator=torch.Generator().manual_seed(0))
    mask = mask_of(weight, n, m)
    assert mask.reshape(2 * m, 3, m, -1).sum(2).max() <= n
    assert mask.reshape(2, m, 3 * m, -1).sum(1).max() <= n
    np.testing.assert_array_equal(mask, naive_mask(weight.numpy(), n, m))


@settings(max_examples=40)
@given(
    arrays.arrays(
        np.float32, (4, 8), elements=st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0, 3.0, np.inf, np.nan]).map(np.float32)
    ),
    st.sampled_from([(1, 2), (1, 4), (2, 4), (3, 4)]),
)
def test_ties_go_to_the_lower_row_and_then_column_and_a_nan_is_largest(
    weight: np.ndarray, ratio: tuple[int, int]
) -> None:
    np.testing.assert_array_equal(mask_of(torch.from_numpy(weight), *ratio), naive_mask(weight, *ratio))


@settings(max_examples=60)
@given(
    st.sampled_from([(1, 2), (1, 4), (2, 4)]),
    arrays.arrays(np.float32, (4, 4), elements=st.floats(-4, 4, width=16).map(np.float32)),
)
def test_at_least_half_of_the_best_masks_magnitude_is_kept(ratio: tuple[int, int], block: np.ndarray) -> None:
    n, m = ratio
    block = block[:m, :m]
    kept = float(np.abs(block.astype(np.float64))[mask_of(torch.from_numpy(block), n, m)].sum())
    best = best_block_sum(block, n)
    assert best / 2 <= kept <= best


def test_the_greedy_choice_can_fall_short_of_the_best() -> None:
    block = torch.tensor([[1.0, 0.9], [0.9, 0.0]])
    assert mask_of(block, 1, 2).tolist() == [[True, False], [False, True]]
    assert best_block_sum(block.numpy(), 1) == pytest.approx(1.8)
