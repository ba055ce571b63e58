"""What recipes do to a weight's gradient beside the straight-through estimate."""

from __future__ import annotations

import pytest
import torch

from heddle.training.terms import DecayOfPruned, OnlyKept

GRADIENT = torch.tensor([1.0, 2.0, float("inf"), 4.0])
WEIGHT = torch.tensor([10.0, -20.0, 30.0, 40.0])
MASK = torch.tensor([True, False, False, True])


def test_decay_adds_to_the_pruned_alone() -> None:
    assert DecayOfPruned(0.5)(GRADIENT, WEIGHT, MASK).tolist() == [1.0, -8.0, float("inf"), 4.0]


def test_decay_is_as_strong_as_published_unless_said_otherwise() -> None:
    assert DecayOfPruned()(torch.zeros(4), WEIGHT, MASK).tolist() == pytest.approx([0, -4e-3, 6e-3, 0])


def test_only_the_kept_have_a_gradient() -> None:
    assert OnlyKept()(GRADIENT, WEIGHT, MASK).tolist() == [1.0, 0.0, 0.0, 4.0]
