"""BDWP-WU: BDWP, and an operand of the weight gradient pruned too, so that all three products are sparse."""

from dataclasses import replace

from heddle.training.recipe import Choice, WeightGradientPruning
from heddle.training.recipes.bdwp import BDWP

_SOURCE = "Heddle: BDWP, and one operand of WU along batch x pixels"

BDWP_WU = replace(BDWP, name="bdwp-wu", source=_SOURCE, machine="bdwp-wu", wu=WeightGradientPruning("dy"))
BDWP_WU_X = replace(BDWP_WU, name="bdwp-wu-x", machine="bdwp-wu-x", wu=WeightGradientPruning("x"))
BDWP_WU_SAMPLED = replace(BDWP_WU, name="bdwp-wu-sampled", wu=WeightGradientPruning("dy", Choice.UNBIASED))
BDWP_WU_X_SAMPLED = replace(BDWP_WU_X, name="bdwp-wu-x-sampled", wu=WeightGradientPruning("x", Choice.UNBIASED))
BDWP_WU_MEASURED = replace(BDWP_WU, name="bdwp-wu-measured", wu=WeightGradientPruning("measured"))
