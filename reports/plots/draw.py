"""All plots in one place, as figures and as files. Importing this module loads matplotlib, so do it on demand."""

from __future__ import annotations

from heddle.reports.plots.accuracy import (
    plot_time_to_accuracy,
    plot_training,
    time_to_accuracy_figures,
    training_figure,
)
from heddle.reports.plots.layers import layers_figure, plot_layers
from heddle.reports.plots.pareto import pareto_figures, plot_pareto
from heddle.reports.plots.roofline import plot_roofline, roofline_figure

__all__ = [
    "layers_figure",
    "pareto_figures",
    "plot_layers",
    "plot_pareto",
    "plot_roofline",
    "plot_time_to_accuracy",
    "plot_training",
    "roofline_figure",
    "time_to_accuracy_figures",
    "training_figure",
]
