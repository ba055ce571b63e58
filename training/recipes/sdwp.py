"""SDWP: weights pruned along output channels, in BP alone."""

from heddle.training.recipe import TrainingRecipe, WeightPruning
from heddle.training.selections import TopN

SDWP = TrainingRecipe(
    "sdwp",
    source="Fang et al. 2023, Efficient N:M Sparse DNN Training",
    machine="sdwp",
    bp=WeightPruning(TopN("out")),
)
