"""Fashion-MNIST (Xiao, Rasul and Vollgraf 2017): 70,000 grey images of clothes, 28 x 28 pixels, 10 classes.

Debian and Ubuntu have it as a package, in the published files. Pixels are normalised by the mean and standard deviation
of the 60,000 training images; there is no augmentation.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from heddle.arch.errors import HeddleError
from heddle.training.catalogue import FASHION_MNIST
from heddle.training.data.augmentation import as_they_are
from heddle.training.data.idx_files import read_idx
from heddle.training.data.samples import (
    ArraySamples,
    DataRequest,
    DataSet,
    Labels,
    Normalisation,
    Pixels,
    training_subset,
)

PACKAGE = "dataset-fashion-mnist"
PACKAGE_FOLDER = Path("/usr/share/datasets/fashion-mnist")
_SIDE = 28
_CLASSES = 10
# Over all pixels of the training images; they are 0.2860 and 0.3530 of white.
_NORMALISATION = Normalisation(mean=(72.9404,), deviation=(90.0212,))
_INSTALL = f"install Debian's package {PACKAGE}, which has them in {PACKAGE_FOLDER}"


def load_fashion_mnist(request: DataRequest) -> DataSet:
    """Read the four files in ``request.folder``, plain or ``.gz``.

    Raises HeddleError where they are missing (it names the package that has them), damaged or of another kind.
    """
    train_pixels, train_labels = _read(request.folder, "train")
    test_pixels, test_labels = _read(request.folder, "t10k")
    chosen = training_subset(FASHION_MNIST, len(train_labels), request)
    return DataSet(
        FASHION_MNIST,
        _CLASSES,
        (1, _SIDE, _SIDE),
        ArraySamples(train_pixels[chosen], train_labels[chosen], _NORMALISATION, as_they_are),
        ArraySamples(test_pixels, test_labels, _NORMALISATION, as_they_are),
    )


def _read(folder: Path | None, part: str) -> tuple[Pixels, Labels]:
    images = read_idx(_located(folder, f"{part}-images-idx3-ubyte"), 3)
    path = _located(folder, f"{part}-labels-idx1-ubyte")
    labels = read_idx(path, 1)
    if images.shape[1:] != (_SIDE, _SIDE):
        _, rows, columns = images.shape
        raise HeddleError(f"{FASHION_MNIST}: the images of {path.parent} are {rows} x {columns}, not 28 x 28")
    if len(images) != len(labels) or not len(labels):
        raise HeddleError(f"{path}: has {len(labels)} labels for {len(images)} images")
    if labels.max() >= _CLASSES:
        raise HeddleError(f"{path}: has a label {labels.max()} (valid: 0 to {_CLASSES - 1})")
    return images[:, None], labels.astype(np.int64)


def _located(folder: Path | None, name: str) -> Path:
    if folder is None:
        raise HeddleError(f"{FASHION_MNIST}: it is read from files: {_INSTALL}, and give their folder with --data-dir")
    for path in (folder / f"{name}.gz", folder / name):
        if path.is_file():
            return path
    missing = f"{folder} has no {name}.gz" if folder.is_dir() else f"there is no folder {folder}"
    raise HeddleError(f"{FASHION_MNIST}: {missing}; {_INSTALL}")
