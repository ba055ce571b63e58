"""Dense training: what every recipe is compared with."""

from heddle.training.recipe import TrainingRecipe

DENSE = TrainingRecipe("dense", source="no pruning", machine="dense")
