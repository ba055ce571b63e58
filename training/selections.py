"""Which weights a mask keeps: by magnitude along an axis, in blocks both ways, at random, or under a permutation.

A selection may hold something between steps (a mask, a permutation). ``hold`` makes it; ``mask`` makes the mask from
the weights of the step and what is held. Weights are [out, in, *taps]; ``in`` is FF's reduction, ``out`` is BP's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from torch import Tensor

from heddle.training.blocks import transposable_mask
from heddle.training.masks import KeepRatio, top_n_mask

Axis = Literal["in", "out"]
DIMENSION: dict[Axis, int] = {"out": 0, "in": 1}

#: ``refresh_steps`` of what is made once and then kept.
NEVER = 0


class Selection(Protocol):
    """How a weight's mask is chosen.

    ``refresh_steps``: steps after which what is held is made anew, ``NEVER`` for once; None when nothing is held.
    """

    @property
    def refresh_steps(self) -> int | None:
        """Steps between two calls of ``hold``."""

    def hold(self, weight: Tensor, ratio: KeepRatio, generator: torch.Generator) -> Tensor | None:
        """Return what is held from now on, a tensor that depends in its shape on the weight's alone."""

    def mask(self, weight: Tensor, ratio: KeepRatio, held: Tensor | None) -> Tensor:
        """Return the boolean mask of ``weight``."""

    def is_along(self, axis: Axis) -> bool:
        """True when every group of M along ``axis`` keeps at most N."""


@dataclass(frozen=True)
class TopN:
    """The N largest of every M along ``axis``, chosen at every step."""

    axis: Axis
    refresh_steps: int | None = None

    def hold(self, weight: Tensor, ratio: KeepRatio, generator: torch.Generator) -> Tensor | None:
        """Hold nothing."""
        return None

    def mask(self, weight: Tensor, ratio: KeepRatio, held: Tensor | None) -> Tensor:
        """Choose by the weights as they are."""
        return top_n_mask(weight, ratio, DIMENSION[self.axis])

    def is_along(self, axis: Axis) -> bool:
        """Along its own axis alone."""
        return axis == self.axis


@dataclass(frozen=True)
class Transposable:
    """At most N of M along both axes, chosen at every step: one mask for FF and BP."""

    refresh_steps: int | None = None

    def hold(self, weight: Tensor, ratio: KeepRatio, generator: torch.Generator) -> Tensor | None:
        """Hold nothing."""
        return None

    def mask(self, weight: Tensor, ratio: KeepRatio, held: Tensor | None) -> Tensor:
        """Choose by the weights as they are."""
        return transposable_mask(weight, ratio)

    def is_along(self, axis: Axis) -> bool:
        """Along both."""
        return True


@dataclass(frozen=True)
class Held:
    """The mask of another selection, kept for ``refresh_steps`` steps, or for good with ``NEVER``."""

    selection: Selection
    refresh_steps: int | None = NEVER

    def hold(self, weight: Tensor, ratio: KeepRatio, generator: torch.Generator) -> Tensor | None:
        """Hold the mask."""
        return self.selection.mask(weight, ratio, self.selection.hold(weight, ratio, generator))

    def mask(self, weight: Tensor, ratio: KeepRatio, held: Tensor | None) -> Tensor:
        """Return the held mask."""
        return _present(held)

    def is_along(self, axis: Axis) -> bool:
        """As the mask that is held."""
        return self.selection.is_along(axis)


@dataclass(frozen=True)
class RandomN:
    """N of every M along ``axis`` at random: to be held, as it would be another mask at every step."""

    axis: Axis
    refresh_steps: int | None = NEVER

    def hold(self, weight: Tensor, ratio: KeepRatio, generator: torch.Generator) -> Tensor | None:
        """Draw numbers and keep the largest N of every M."""
        drawn = torch.rand(weight.shape, generator=generator)
        return top_n_mask(drawn, ratio, DIMENSION[self.axis]).to(weight.device)

    def mask(self, weight: Tensor, ratio: KeepRatio, held: Tensor | None) -> Tensor:
        """Return what was drawn."""
        return _present(held)

    def is_along(self, axis: Axis) -> bool:
        """Along its own axis alone."""
        return axis == self.axis


@dataclass(frozen=True)
class PermutedTopN:
    """The N largest of every M along ``axis`` once its channels are put in another order.

    Of ``candidates`` drawn orders (and the present one) the one whose mask keeps the most of the weights that are not
    zero is held for ``refresh_steps`` steps (Zhang et al. 2023, "Bi-directional Masks for Efficient N:M Sparse
    Training", and its code). It is for weights that FF has pruned: of dense ones every order keeps the same number.
    The groups are of permuted channels: the machine then needs its channels stored in that order.
    """

    axis: Axis
    candidates: int = 16
    refresh_steps: int | None = 100

    def hold(self, weight: Tensor, ratio: KeepRatio, generator: torch.Generator) -> Tensor | None:
        """Hold the best order found, as indices of channels."""
        channels = weight.shape[DIMENSION[self.axis]]
        orders = [torch.arange(channels)]
        orders += [torch.randperm(channels, generator=generator) for _ in range(self.candidates)]
        masks = (self.mask(weight, ratio, order.to(weight.device)) for order in orders)
        kept = torch.stack([torch.count_nonzero(weight * mask) for mask in masks]).tolist()
        return orders[kept.index(max(kept))].to(weight.device)

    def mask(self, weight: Tensor, ratio: KeepRatio, held: Tensor | None) -> Tensor:
        """Choose by the weights as they are, in the held order."""
        order, dimension = _present(held), DIMENSION[self.axis]
        mask = top_n_mask(weight.index_select(dimension, order), ratio, dimension)
        return mask.index_select(dimension, torch.argsort(order))

    def is_along(self, axis: Axis) -> bool:
        """Along neither: its groups are of permuted channels, which cannot be packed in the channels' own order."""
        return False


def _present(held: Tensor | None) -> Tensor:
    if held is None:
        raise ValueError("this selection keeps a tensor between steps; call hold first")
    return held
