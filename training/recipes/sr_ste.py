"""SR-STE: weights pruned in FF at every step, and the pruned ones held small."""

from heddle.training.recipe import BackwardWeights, TrainingRecipe, WeightPruning
from heddle.training.selections import TopN
from heddle.training.terms import DecayOfPruned

SR_STE = TrainingRecipe(
    "sr-ste",
    source="Zhou et al. 2021, Learning N:M Fine-grained Structured Sparse Neural Networks From Scratch",
    machine="sr-ste",
    ff=WeightPruning(TopN("in")),
    bp=BackwardWeights.AS_FORWARD,
    terms=(DecayOfPruned(2e-4),),
)
