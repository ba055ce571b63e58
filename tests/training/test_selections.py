"""Which weights a mask keeps, what is held between steps, and along which axis the mask is N:M."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from naive_masks import permuted_mask, top_n_mask, transposable_mask
from torch import Tensor

from heddle.arch.design import SparsityConfig
from heddle.training.selections import NEVER, Held, PermutedTopN, RandomN, Selection, TopN, Transposable

RATIO = SparsityConfig(n=2, m=4)
SELECTIONS: list[Selection] = [
    TopN("in"),
    TopN("out"),
    Transposable(),
    Held(TopN("in")),
    Held(Transposable(), refresh_steps=40),
    RandomN("in"),
    RandomN("out"),
    PermutedTopN("out"),
    PermutedTopN("in"),
]
EVERY_SELECTION = pytest.mark.parametrize("selection", SELECTIONS, ids=str)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def weight_of(seed: int) -> Tensor:
    return torch.randn(8, 12, 2, 3, generator=generator(seed))


def mask_of(selection: Selection, weight: Tensor) -> Tensor:
    return selection.mask(weight, RATIO, selection.hold(weight, RATIO, generator()))


@EVERY_SELECTION
def test_half_of_all_weights_are_kept_or_fewer_and_n_of_m_along_the_axes_it_names(selection: Selection) -> None:
    mask = mask_of(selection, weight_of(1))
    assert mask.sum() == 8 * 12 * 6 // 2 or isinstance(selection, Transposable) or selection == SELECTIONS[4]
    assert mask.sum() <= 8 * 12 * 6 // 2
    for axis, groups in (("in", mask.reshape(8, 3, 4, -1).sum(2)), ("out", mask.reshape(2, 4, 12, -1).sum(1))):
        if selection.is_along(axis):  # type: ignore[arg-type]
            assert groups.max() <= 2


@EVERY_SELECTION
def test_only_what_is_said_to_hold_something_does(selection: Selection) -> None:
    held = selection.hold(weight_of(1), RATIO, generator())
    assert (held is None) == (selection.refresh_steps is None)


@pytest.mark.parametrize(("axis", "dimension"), [("in", 1), ("out", 0)])
def test_magnitude_follows_the_weights_along_its_axis(axis: str, dimension: int) -> None:
    for seed in (1, 2):
        weight = weight_of(seed)
        expected = top_n_mask(weight.numpy(), 2, 4, dimension)
        np.testing.assert_array_equal(mask_of(TopN(axis), weight).numpy(), expected)  # type: ignore[arg-type]


def test_a_held_mask_is_that_of_the_weights_it_was_held_at() -> None:
    before, after = weight_of(1), weight_of(2)
    for inner, expected in (
        (TopN("in"), top_n_mask(before.numpy(), 2, 4, 1)),
        (Transposable(), transposable_mask(before.numpy(), 2, 4)),
    ):
        selection = Held(inner)
        held = selection.hold(before, RATIO, generator())
        np.testing.assert_array_equal(selection.mask(after, RATIO, held).numpy(), expected)
        assert selection.refresh_steps == NEVER


def test_a_random_mask_depends_on_the_draw_and_not_on_the_weights() -> None:
    selection = RandomN("in")
    first = selection.hold(weight_of(1), RATIO, generator(3))
    assert first is not None
    assert torch.equal(first, selection.mask(weight_of(2), RATIO, first))
    again, other = (selection.hold(weight_of(2), RATIO, generator(seed)) for seed in (3, 4))
    assert again is not None
    assert other is not None
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_every_place_of_a_group_is_as_likely_in_a_random_mask() -> None:
    mask = RandomN("in").hold(torch.empty(4000, 4), RATIO, generator())
    assert mask is not None
    deviation = (mask.double().mean(0) - 0.5).abs()
    assert torch.all(deviation <= 5 * 0.5 / 4000**0.5)


@pytest.mark.parametrize(("axis", "dimension"), [("out", 0), ("in", 1)])
def test_a_permuted_mask_groups_channels_in_the_held_order(axis: str, dimension: int) -> None:
    selection = PermutedTopN(axis)  # type: ignore[arg-type]
    held = selection.hold(weight_of(1), RATIO, generator())
    assert held is not None
    weight = weight_of(2)
    expected = permuted_mask(weight.movedim(dimension, 0).numpy(), held.tolist(), 2, 4)
    mask = selection.mask(weight, RATIO, held)
    np.testing.assert_array_equal(mask.movedim(dimension, 0).numpy(), expected)


def test_the_order_held_keeps_the_most_of_all_that_were_drawn_and_of_the_present_one() -> None:
    weight = weight_of(1) * TopN("in").mask(weight_of(1), RATIO, None)
    draws = generator(5)
    orders = [torch.arange(8)] + [torch.randperm(8, generator=draws) for _ in range(6)]
    kept = [np.count_nonzero(weight.numpy()[permuted_mask(weight.numpy(), o.tolist(), 2, 4)]) for o in orders]
    assert len(set(kept)) > 1
    held = PermutedTopN("out", candidates=6).hold(weight, RATIO, generator(5))
    assert held is not None
    assert torch.equal(held, orders[int(np.argmax(kept))])


@pytest.mark.parametrize("selection", [Held(TopN("in")), RandomN("in"), PermutedTopN("out")], ids=str)
def test_a_mask_without_what_is_held_is_a_mistake_of_the_caller(selection: Selection) -> None:
    with pytest.raises(ValueError, match="keeps a tensor between steps; call hold first"):
        selection.mask(weight_of(1), RATIO, None)
