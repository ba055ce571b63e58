"""What networks learn under N:M: recipes in PyTorch, data, models, and the machine's arithmetic in the loop."""

from heddle.training.errors import needs_torch

needs_torch()  # before the imports that need it

from heddle.training.policy import Policy  # noqa: E402
from heddle.training.recipe import TrainingRecipe  # noqa: E402
from heddle.training.recipes import training_recipe, training_recipe_names  # noqa: E402
from heddle.training.sparsify import sparsified_layers, sparsify  # noqa: E402

__all__ = ["Policy", "TrainingRecipe", "sparsified_layers", "sparsify", "training_recipe", "training_recipe_names"]
