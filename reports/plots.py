"""All plots in one place. Importing this module loads matplotlib, so the command line does it on demand."""

from __future__ import annotations

from heddle.reports.accuracy_plot import plot_time_to_accuracy, plot_training
from heddle.reports.layer_plot import plot_layers
from heddle.reports.pareto_plot import plot_pareto
from heddle.reports.roofline_plot import plot_roofline

__all__ = ["plot_layers", "plot_pareto", "plot_roofline", "plot_time_to_accuracy", "plot_training"]
