"""Progressive gradient flow: pruned weights that fade away (MDGF), or groups that narrow to N:M (SDGF)."""

from heddle.training.ramps import Fade, FadeLaw, FrameOrder, Frames
from heddle.training.recipe import BackwardWeights, TrainingRecipe, WeightPruning
from heddle.training.selections import TopN


def _setting_in(name: str, pruning: WeightPruning) -> TrainingRecipe:
    return TrainingRecipe(
        name,
        source="Bambhaniya et al. 2024, Progressive Gradient Flow for Robust N:M Sparsity Training in Transformers",
        machine=name,
        ff=pruning,
        bp=BackwardWeights.AS_FORWARD,
    )


_BY_MAGNITUDE = TopN("in")

MDGF_LINEAR = _setting_in("mdgf-linear", WeightPruning(_BY_MAGNITUDE, fade=Fade(FadeLaw.LINEAR)))
MDGF_EXPONENTIAL = _setting_in("mdgf-exponential", WeightPruning(_BY_MAGNITUDE, fade=Fade(FadeLaw.EXPONENTIAL)))
SDGF_STEPWISE = _setting_in("sdgf-stepwise", WeightPruning(_BY_MAGNITUDE, frames=Frames(FrameOrder.STEPWISE)))
SDGF_GEOMETRIC = _setting_in("sdgf-geometric", WeightPruning(_BY_MAGNITUDE, frames=Frames(FrameOrder.GEOMETRIC)))
