"""SDGP: the output's gradient pruned along output channels, for the input's gradient alone."""

from dataclasses import replace

from heddle.training.recipe import Choice, TrainingRecipe

SDGP = TrainingRecipe(
    "sdgp",
    source="McDanel et al. 2022, Accelerating DNN Training with Structured Data Gradient Pruning",
    machine="sdgp",
    bp_gradient=Choice.MAGNITUDE,
)
SDGP_RESCALED = replace(SDGP, name="sdgp-rescaled", bp_gradient=Choice.RESCALED)
