"""Random N:M: a mask drawn before training that never changes."""

from heddle.training.recipe import BackwardWeights, TrainingRecipe, WeightPruning
from heddle.training.selections import RandomN
from heddle.training.terms import OnlyKept

RANDOM = TrainingRecipe(
    "random",
    source="Liu et al. 2022, The Unreasonable Effectiveness of Random Pruning",
    machine="random",
    ff=WeightPruning(RandomN("in")),
    bp=BackwardWeights.AS_FORWARD,
    terms=(OnlyKept(),),
)
