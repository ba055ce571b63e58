"""The recipes by name. A new one is a short file here and a row of ``heddle.training.catalogue``."""

from __future__ import annotations

from heddle.arch.errors import unknown
from heddle.training.catalogue import TRAINING_RECIPES, object_at
from heddle.training.recipe import TrainingRecipe


def training_recipe(name: str) -> TrainingRecipe:
    """Return the recipe of that name (case folded); raises HeddleError with the nearest valid name."""
    place = TRAINING_RECIPES.get(name.casefold())
    if place is None:
        raise unknown("training recipe", name, TRAINING_RECIPES)
    recipe: TrainingRecipe = object_at(place)
    return recipe


def training_recipe_names() -> tuple[str, ...]:
    """The recipes' names, dense first."""
    return tuple(TRAINING_RECIPES)
