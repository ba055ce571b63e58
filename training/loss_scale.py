"""Loss scaling beside what a recipe adds to gradients.

Scaling multiplies the loss, so every gradient of the backward pass, by a power of two, and the optimiser divides it
out again. A term that adds to the gradient (the decay of SR-STE) has to be added in the gradient's own unit, or it
would be divided as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import Tensor

from heddle.training.recipe import GradientTerm, TrainingRecipe


class LossScale:
    """The factor of the loss in the step that runs now."""

    def __init__(self) -> None:
        self.value = 1.0


def under_loss_scale(recipe: TrainingRecipe, scale: LossScale) -> TrainingRecipe:
    """Return ``recipe`` with terms that act on the gradient as it is without ``scale``."""
    return replace(recipe, terms=tuple(_Unscaled(term, scale) for term in recipe.terms))


@dataclass(frozen=True)
class _Unscaled:
    """A term between a division and a multiplication by the scale, which are exact."""

    term: GradientTerm
    scale: LossScale

    def __call__(self, gradient: Tensor, weight: Tensor, mask: Tensor) -> Tensor:
        return self.term(gradient / self.scale.value, weight, mask) * self.scale.value
