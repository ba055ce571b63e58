"""What networks learn under N:M: recipes in PyTorch, data, models, and the machine's arithmetic in the loop.

The names of ``__all__`` are loaded when they are first used: ``heddle.training.catalogue`` needs no PyTorch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from heddle.training.errors import needs_torch

if TYPE_CHECKING:
    from heddle.training.densifying import densify
    from heddle.training.policy import Policy
    from heddle.training.recipe import TrainingRecipe
    from heddle.training.recipes import training_recipe, training_recipe_names
    from heddle.training.sparsifying import sparsified_layers, sparsify

__all__ = [
    "Policy",
    "TrainingRecipe",
    "densify",
    "sparsified_layers",
    "sparsify",
    "training_recipe",
    "training_recipe_names",
]

_HOMES = {
    "Policy": "policy",
    "densify": "densifying",
    "TrainingRecipe": "recipe",
    "sparsified_layers": "sparsifying",
    "sparsify": "sparsifying",
    "training_recipe": "recipes",
    "training_recipe_names": "recipes",
}


def __getattr__(name: str) -> Any:
    """Return a name from its module; raises HeddleError where PyTorch is not installed."""
    if name not in _HOMES:
        raise AttributeError(f"module 'heddle.training' has no attribute {name!r}")
    needs_torch()
    return getattr(import_module(f"heddle.training.{_HOMES[name]}"), name)
