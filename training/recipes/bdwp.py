"""BDWP: weights pruned in FF along input channels and in BP along output channels, each for itself."""

from heddle.training.recipe import TrainingRecipe, WeightPruning
from heddle.training.selections import TopN

BDWP = TrainingRecipe(
    "bdwp",
    source="Fang et al. 2023, Efficient N:M Sparse DNN Training",
    machine="bdwp",
    ff=WeightPruning(TopN("in")),
    bp=WeightPruning(TopN("out")),
)
