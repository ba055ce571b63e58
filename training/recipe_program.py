"""Recipes from a user's own Python file, which is run."""

from __future__ import annotations

import importlib.util
import sys
from contextlib import redirect_stdout
from pathlib import Path

from heddle.arch.errors import HeddleError
from heddle.dataflow.recipes import recipe_named
from heddle.training.recipe import TrainingRecipe
from heddle.training.recipes import training_recipe, training_recipe_names

_MODULE = "heddle_recipe_file"


def run_recipe_program(path: Path) -> TrainingRecipe:
    """Run the Python file at ``path`` and return the recipe that it defines.

    Raises HeddleError for a file that cannot be run, that holds not just one TrainingRecipe of its own, or whose recipe
    has the name of a built-in one or an unknown ``machine``.
    """
    if not path.is_file():
        raise HeddleError(f"{path}: there is no such recipe file")
    spec = importlib.util.spec_from_file_location(f"{_MODULE}.{path.stem}", path)
    assert spec is not None  # the name ends in .py
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses of the file look their annotations up
    try:
        with redirect_stdout(sys.stderr):
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise HeddleError(f"{path}: cannot be run: {type(error).__name__}: {error}".partition("\n")[0]) from None
    own = {id(value): value for value in vars(module).values() if isinstance(value, TrainingRecipe)}
    builtin = {id(training_recipe(name)) for name in training_recipe_names()}
    found = [recipe for key, recipe in own.items() if key not in builtin]
    if len(found) != 1:
        names = ", ".join(recipe.name for recipe in found) or "none"
        raise HeddleError(f"{path}: must define one TrainingRecipe, but has {len(found)} ({names})")
    recipe = found[0]
    if recipe.name.casefold() in training_recipe_names():
        raise HeddleError(f"{path}: its recipe is called {recipe.name!r} as a built-in one; give it another name")
    try:
        recipe_named(recipe.machine)
    except HeddleError as error:
        raise HeddleError(f"{path}: machine of recipe {recipe.name!r}: {error}") from None
    return recipe
