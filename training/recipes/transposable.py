"""Transposable masks: one mask that is N:M for FF and for BP, chosen anew every 40 steps."""

from heddle.training.recipe import BackwardWeights, TrainingRecipe, WeightPruning
from heddle.training.selections import Held, Transposable

TRANSPOSABLE = TrainingRecipe(
    "transposable",
    source="Hubara et al. 2021, Accelerated Sparse Neural Training",
    machine="transposable",
    ff=WeightPruning(Held(Transposable(), refresh_steps=40)),
    bp=BackwardWeights.AS_FORWARD,
)
