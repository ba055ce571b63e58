"""ASP: dense training, one mask by magnitude, and training again of what it keeps."""

from heddle.training.recipe import BackwardWeights, TrainingRecipe, WeightPruning
from heddle.training.selections import Held, TopN
from heddle.training.terms import OnlyKept

ASP = TrainingRecipe(
    "asp",
    source="Mishra et al. 2021, Accelerating Sparse Deep Neural Networks (NVIDIA's automatic sparsity)",
    machine="asp",
    ff=WeightPruning(Held(TopN("in")), begins=0.5),
    bp=BackwardWeights.AS_FORWARD,
    terms=(OnlyKept(),),
)
