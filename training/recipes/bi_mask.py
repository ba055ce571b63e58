"""Bi-Mask: FF as in SR-STE; BP prunes what FF left once more, along output channels in a searched order."""

from heddle.training.recipe import TrainingRecipe, WeightPruning
from heddle.training.selections import PermutedTopN, TopN
from heddle.training.terms import DecayOfPruned

BI_MASK = TrainingRecipe(
    "bi-mask",
    source="Zhang et al. 2023, Bi-directional Masks for Efficient N:M Sparse Training",
    machine="bi-mask",
    ff=WeightPruning(TopN("in")),
    bp=WeightPruning(PermutedTopN("out", refresh_steps=100), after_forward=True),
    terms=(DecayOfPruned(2e-4),),
)
