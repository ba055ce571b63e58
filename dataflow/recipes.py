"""Training recipes as the machine sees them: which operand of which pass is N:M sparse.

The group axis is always the reduction axis of the product that uses the operand: input channels in FF, output
channels in BP, batch x pixels in WU. How a recipe picks its masks while training is not the machine's matter;
a mask along another axis than the reduction's gives the hardware nothing, so such a pass stands here as dense.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from heddle.arch.errors import unknown

SparseOperand = Literal["weight", "dy", "x"]


@dataclass(frozen=True)
class Recipe:
    """Sparse operand of each pass, None where the pass is dense. ``source`` names who proposed it."""

    name: str
    ff: SparseOperand | None
    bp: SparseOperand | None
    wu: SparseOperand | None
    source: str


_FADED = "Bambhaniya et al. 2024, once its pruned weights have faded: as in sr-ste"
_LAST_FRAME = "Bambhaniya et al. 2024, in its last frame: as in sr-ste"

DENSE = Recipe("dense", None, None, None, "no pruning")

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        DENSE,
        Recipe("sr-ste", "weight", None, None, "Zhou et al. 2021: FF only, the mask lies across BP's reduction"),
        Recipe("asp", "weight", None, None, "NVIDIA's ASP, once pruned: FF only, as in sr-ste"),
        Recipe("random", "weight", None, None, "Random fixed masks: FF only, as in sr-ste"),
        Recipe("mdgf-linear", "weight", None, None, _FADED),
        Recipe("mdgf-exponential", "weight", None, None, _FADED),
        Recipe("sdgf-stepwise", "weight", None, None, _LAST_FRAME),
        Recipe("sdgf-geometric", "weight", None, None, _LAST_FRAME),
        Recipe("sdgp", None, "dy", None, "McDanel et al. 2022: output gradients along output channels, in BP"),
        Recipe("sdwp", None, "weight", None, "Fang et al. 2023: weights along output channels, in BP"),
        Recipe(
            "bdwp",
            "weight",
            "weight",
            None,
            "Fang et al. 2023: weights in FF and BP, each along its own axis",
        ),
        Recipe("transposable", "weight", "weight", None, "Hubara et al. 2021: one mask that is N:M along both axes"),
        Recipe(
            "bi-mask",
            "weight",
            "weight",
            None,
            "Zhang et al. 2023: BP's groups are of permuted output channels; the permutation is taken to be free",
        ),
        Recipe("bdwp-wu", "weight", "weight", "dy", "Heddle: BDWP, and dY along batch x pixels in WU"),
        Recipe("bdwp-wu-x", "weight", "weight", "x", "Heddle: BDWP, and X along batch x pixels in WU"),
    )
}


def recipe_named(name: str) -> Recipe:
    """Return the recipe of that name (case folded); raises HeddleError with the nearest valid name.

    >>> heddle.recipe_named("bdwp").wu is None  # the weight gradient stays dense
    True
    """
    recipe = RECIPES.get(name.casefold())
    if recipe is None:
        raise unknown("recipe", name, RECIPES)
    return recipe
