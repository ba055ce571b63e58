"""The recipes by name. A new one is a short file here and a name in ``_RECIPES``."""

from __future__ import annotations

from heddle.arch.errors import unknown
from heddle.training.recipe import TrainingRecipe
from heddle.training.recipes.asp import ASP
from heddle.training.recipes.bdwp import BDWP
from heddle.training.recipes.bdwp_wu import BDWP_WU, BDWP_WU_MEASURED, BDWP_WU_SAMPLED, BDWP_WU_X, BDWP_WU_X_SAMPLED
from heddle.training.recipes.bi_mask import BI_MASK
from heddle.training.recipes.dense import DENSE
from heddle.training.recipes.gradient_flow import MDGF_EXPONENTIAL, MDGF_LINEAR, SDGF_GEOMETRIC, SDGF_STEPWISE
from heddle.training.recipes.random_mask import RANDOM
from heddle.training.recipes.sdgp import SDGP, SDGP_RESCALED
from heddle.training.recipes.sdwp import SDWP
from heddle.training.recipes.sr_ste import SR_STE
from heddle.training.recipes.transposable import TRANSPOSABLE

_RECIPES = {
    recipe.name: recipe
    for recipe in (
        DENSE,
        SR_STE,
        ASP,
        RANDOM,
        SDGP,
        SDGP_RESCALED,
        SDWP,
        BDWP,
        BI_MASK,
        TRANSPOSABLE,
        MDGF_LINEAR,
        MDGF_EXPONENTIAL,
        SDGF_STEPWISE,
        SDGF_GEOMETRIC,
        BDWP_WU,
        BDWP_WU_X,
        BDWP_WU_SAMPLED,
        BDWP_WU_X_SAMPLED,
        BDWP_WU_MEASURED,
    )
}


def training_recipe(name: str) -> TrainingRecipe:
    """Return the recipe of that name (case folded); raises HeddleError with the nearest valid name."""
    recipe = _RECIPES.get(name.casefold())
    if recipe is None:
        raise unknown("training recipe", name, _RECIPES)
    return recipe


def training_recipe_names() -> tuple[str, ...]:
    """The recipes' names, dense first."""
    return tuple(_RECIPES)
