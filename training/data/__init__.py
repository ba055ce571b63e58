"""Data sets by name, as batches of normalised images: one embedded, the others read from the user's files.

Nothing here downloads. ``heddle.training.data.registry`` maps names to readers.
"""

from heddle.training.data.registry import data_names, load_data
from heddle.training.data.samples import DataSet, Samples

__all__ = ["DataSet", "Samples", "data_names", "load_data"]
