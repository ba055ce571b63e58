"""Progressive gradient flow: pruned weights that fade away (MDGF), or groups that narrow to N:M (SDGF)."""

from dataclasses import replace

from training.ramps import Fade, FadeLaw, FrameOrder, Frames
from training.recipe import BackwardWeights, TrainingRecipe, WeightPruning
from training.selections import TopN

_ALONG_INPUTS = TopN("in")

MDGF_LINEAR = TrainingRecipe(
    "mdgf-linear",
    source="Bambhaniya et al. 2024, Progressive Gradient Flow for Robust N:M Sparsity Training in Transformers",
    machine="mdgf",
    ff=WeightPruning(_ALONG_INPUTS, fade=Fade(FadeLaw.LINEAR)),
    bp=BackwardWeights.AS_FORWARD,
)
MDGF_EXPONENTIAL = replace(
    MDGF_LINEAR, name="mdgf-exponential", ff=WeightPruning(_ALONG_INPUTS, fade=Fade(FadeLaw.EXPONENTIAL))
)
SDGF_STEPWISE = replace(
    MDGF_LINEAR,
    name="sdgf-stepwise",
    machine="sdgf",
    ff=WeightPruning(_ALONG_INPUTS, frames=Frames(FrameOrder.STEPWISE)),
)
SDGF_GEOMETRIC = replace(
    SDGF_STEPWISE, name="sdgf-geometric", ff=WeightPruning(_ALONG_INPUTS, frames=Frames(FrameOrder.GEOMETRIC))
)
