"""The reader behind each data set of the catalogue."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from heddle.arch.errors import HeddleError, unknown
from heddle.training.catalogue import DATA_SETS, IMAGE_FOLDER, function_at
from heddle.training.data.samples import DataRequest, DataSet

DataReader = Callable[[DataRequest], DataSet]


def data_names() -> tuple[str, ...]:
    """The data sets that can be loaded; the first needs no files."""
    return tuple(DATA_SETS)


def load_data(
    name: str,
    folder: Path | None = None,
    *,
    seed: int = 0,
    train_samples: int | None = None,
    image_size: int | None = None,
) -> DataSet:
    """Load a data set by name.

    ``folder`` holds its files (``digits`` needs none and ignores it). ``train_samples`` asks for that many of
    the training samples, drawn by ``seed``; of ``digits`` the others then test, elsewhere the test samples are
    those of the files. ``image_size`` is for ``imagefolder``: the side in pixels of the square that every image
    becomes. Raises HeddleError for an unknown name, missing or damaged files, and sizes that are not to be had.
    """
    if name not in DATA_SETS:
        raise unknown("data set", name, data_names())
    if image_size is not None and name != IMAGE_FOLDER:
        raise HeddleError(f"{name}: its images have one size; image_size is for {IMAGE_FOLDER}")
    reader: DataReader = function_at(DATA_SETS[name])
    return reader(DataRequest(folder, seed, train_samples, image_size))
