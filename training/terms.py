"""What recipes do to a weight's gradient beside the straight-through estimate."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from heddle.training.masks import masked


@dataclass(frozen=True)
class DecayOfPruned:
    """Add ``strength`` x the weights that FF pruned: they shrink, and masks change less (Zhou et al. 2021, SR-STE)."""

    strength: float = 2e-4

    def __call__(self, gradient: Tensor, weight: Tensor, mask: Tensor) -> Tensor:
        """Return gradient + strength x (1 - mask) x weight."""
        return gradient + self.strength * masked(weight, ~mask)


@dataclass(frozen=True)
class OnlyKept:
    """Take the gradient of pruned weights away: only weight decay and momentum still move them."""

    def __call__(self, gradient: Tensor, weight: Tensor, mask: Tensor) -> Tensor:
        """Return mask x gradient."""
        return masked(gradient, mask)
