"""All plots in one place. Importing this module loads matplotlib, so the command line does it on demand."""

from __future__ import annotations

from heddle.reports.plots.accuracy import plot_time_to_accuracy, plot_training
from heddle.reports.plots.layers import plot_layers
from heddle.reports.plots.pareto import plot_pareto
from heddle.reports.plots.roofline import plot_roofline

__all__ = ["plot_layers", "plot_pareto", "plot_roofline", "plot_time_to_accuracy", "plot_training"]
