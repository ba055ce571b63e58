"""The recipes by name. A new one is a short file here and a name in ``_RECIPES``."""

from __future__ import annotations

from arch.errors import unknown
from training.recipe import TrainingRecipe
from training.recipes.asp import ASP
from training.recipes.bdwp import BDWP
from training.recipes.bdwp_wu import BDWP_WU, BDWP_WU_MEASURED, BDWP_WU_SAMPLED, BDWP_WU_X, BDWP_WU_X_SAMPLED
from training.recipes.bi_mask import BI_MASK
from training.recipes.dense import DENSE
from training.recipes.gradient_flow import MDGF_EXPONENTIAL, MDGF_LINEAR, SDGF_GEOMETRIC, SDGF_STEPWISE
from training.recipes.random_mask import RANDOM
from training.recipes.sdgp import SDGP, SDGP_RESCALED
from training.recipes.sdwp import SDWP
from training.recipes.sr_ste import SR_STE
from training.recipes.transposable import TRANSPOSABLE

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
