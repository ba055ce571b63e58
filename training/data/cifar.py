"""CIFAR-10 and CIFAR-100 (Krizhevsky 2009) from their published files, the Python or the binary version.

Images are 3 x 32 x 32, red, green and blue planes, normalised by the mean and standard deviation of each
channel over the 50,000 training images. Training batches are cropped and mirrored at random.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from heddle.arch.errors import HeddleError
from heddle.training.data.augmentation import crop_and_flip
from heddle.training.data.cifar_files import CIFAR_SHAPE, RawImages, read_binary, read_pickled
from heddle.training.data.samples import ArraySamples, DataRequest, DataSet, Normalisation, training_subset

_WHITE = 255.0


@dataclass(frozen=True)
class Version:
    """One published form of a data set: the folder that its archive unpacks to, its files and their reader."""

    archive: str
    folder: str
    train_files: tuple[str, ...]
    test_file: str
    read: Callable[[Path], RawImages]


@dataclass(frozen=True)
class Variant:
    """CIFAR-10 or CIFAR-100; ``mean`` and ``deviation`` are of pixels scaled to [0, 1]."""

    classes: int
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    versions: tuple[Version, ...]


# Statistics of the 50,000 training images. CIFAR-10: Stevens, Antiga and Viehmann, "Deep Learning with PyTorch",
# section 7.1.4 (the means there are 0.0001 to 0.0003 higher; these are the commonly used ones). CIFAR-100: the
# settings of the pytorch-cifar100 project.
_VARIANTS: Mapping[str, Variant] = {
    "cifar10": Variant(
        classes=10,
        mean=(0.4914, 0.4822, 0.4465),
        deviation=(0.2470, 0.2435, 0.2616),
        versions=(
            Version(
                "cifar-10-python.tar.gz",
                "cifar-10-batches-py",
                tuple(f"data_batch_{number}" for number in range(1, 6)),
                "test_batch",
                partial(read_pickled, label_key="labels", classes=10),
            ),
            Version(
                "cifar-10-binary.tar.gz",
                "cifar-10-batches-bin",
                tuple(f"data_batch_{number}.bin" for number in range(1, 6)),
                "test_batch.bin",
                partial(read_binary, label_bytes=1, classes=10),
            ),
        ),
    ),
    "cifar100": Variant(
        classes=100,
        mean=(0.5071, 0.4865, 0.4409),
        deviation=(0.2673, 0.2564, 0.2762),
        versions=(
            Version(
                "cifar-100-python.tar.gz",
                "cifar-100-python",
                ("train",),
                "test",
                partial(read_pickled, label_key="fine_labels", classes=100),
            ),
            Version(
                "cifar-100-binary.tar.gz",
                "cifar-100-binary",
                ("train.bin",),
                "test.bin",
                # A coarse label of 20 superclasses, then the fine one.
                partial(read_binary, label_bytes=2, classes=100),
            ),
        ),
    ),
}


def load_cifar10(request: DataRequest) -> DataSet:
    """Read CIFAR-10 from ``request.folder``: the unpacked folder, or the one it lies in.

    Raises HeddleError where the files are missing (it says what to put where), damaged or of another kind.
    """
    return _load("cifar10", request)


def load_cifar100(request: DataRequest) -> DataSet:
    """Read CIFAR-100 as ``load_cifar10`` reads CIFAR-10; raises HeddleError as it does."""
    return _load("cifar100", request)


def _load(name: str, request: DataRequest) -> DataSet:
    variant = _VARIANTS[name]
    version, folder = _locate(name, variant, request.folder)
    train = _joined([version.read(_existing(name, folder / file)) for file in version.train_files])
    test = version.read(_existing(name, folder / version.test_file))
    chosen = training_subset(name, len(train.labels), request)
    return DataSet(
        name,
        variant.classes,
        CIFAR_SHAPE,
        _samples(variant, RawImages(train.pixels[chosen], train.labels[chosen])),
        _samples(variant, test),
    )


def _locate(name: str, variant: Variant, folder: Path | None) -> tuple[Version, Path]:
    first = variant.versions[0]
    expected = f"download {first.archive} and unpack it so that {{}}/{first.folder}/{first.train_files[0]} exists"
    if folder is None:
        raise HeddleError(f"{name}: it is read from files: give their folder with --data-dir; {expected.format('DIR')}")
    for version in variant.versions:
        for place in (folder / version.folder, folder):
            if (place / version.train_files[0]).is_file():
                return version, place
    missing = "no data set in" if folder.is_dir() else "there is no folder"
    raise HeddleError(f"{name}: {missing} {folder}; {expected.format(folder)}")


def _existing(name: str, path: Path) -> Path:
    if not path.is_file():
        raise HeddleError(f"{name}: {path} is missing beside the other files; unpack the whole archive")
    return path


def _joined(parts: list[RawImages]) -> RawImages:
    return RawImages(np.concatenate([part.pixels for part in parts]), np.concatenate([part.labels for part in parts]))


def _samples(variant: Variant, images: RawImages) -> ArraySamples:
    normalisation = Normalisation(
        mean=tuple(_WHITE * value for value in variant.mean),
        deviation=tuple(_WHITE * value for value in variant.deviation),
    )
    return ArraySamples(images.pixels, images.labels, normalisation, crop_and_flip)
