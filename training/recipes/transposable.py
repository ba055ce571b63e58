"""Transposable masks: one mask that is N:M for FF and for BP, chosen anew every 40 steps of a long training.

The source trains for about 450,000 steps (ImageNet, 90 epochs, batch 256), so 40 of them are a ten-thousandth. In a
training of a few hundred steps 40 would be a quarter of it; there the mask is chosen anew at every step.
"""

from heddle.training.recipe import BackwardWeights, TrainingRecipe, WeightPruning
from heddle.training.selections import Held, Transposable

TRANSPOSABLE = TrainingRecipe(
    "transposable",
    source="Hubara et al. 2021, Accelerated Sparse Neural Training",
    machine="transposable",
    ff=WeightPruning(Held(Transposable(), refresh_steps=40), refresh_share=1e-4),
    bp=BackwardWeights.AS_FORWARD,
)
