"""Names of the data sets and the reader behind each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from heddle.arch.errors import HeddleError, unknown
from heddle.training.data.cifar import load_cifar
from heddle.training.data.digits import load_digits
from heddle.training.data.image_folder import load_image_folder
from heddle.training.data.samples import DataRequest, DataSet

_IMAGE_FOLDER = "imagefolder"
_READERS: Mapping[str, Callable[[DataRequest], DataSet]] = {
    "digits": load_digits,
    "cifar10": partial(load_cifar, "cifar10"),
    "cifar100": partial(load_cifar, "cifar100"),
    _IMAGE_FOLDER: load_image_folder,
}


def data_names() -> tuple[str, ...]:
    """The data sets that can be loaded; the first needs no files."""
    return tuple(_READERS)


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
    if name not in _READERS:
        raise unknown("data set", name, data_names())
    if image_size is not None and name != _IMAGE_FOLDER:
        raise HeddleError(f"{name}: its images have one size; image_size is for {_IMAGE_FOLDER}")
    return _READERS[name](DataRequest(folder, seed, train_samples, image_size))
