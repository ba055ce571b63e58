"""What a data set is to the trainer: training and test samples, drawn by index as batches of tensors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from heddle.arch.errors import HeddleError

Pixels = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]
# Random changes of a batch of raw images [b, c, h, w], drawn from the generator.
Augmentation = Callable[[Pixels, np.random.Generator], Pixels]


class Samples(Protocol):
    """Labelled images, reached by index."""

    def __len__(self) -> int:
        """Number of samples."""
        ...

    def batch(
        self, indices: npt.NDArray[np.int64], augment: np.random.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return images [b, c, h, w], float32 and normalised, and labels [b], int64.

        With a generator the images are changed at random in the way that the data set is usually trained with;
        the same generator state gives the same bytes.
        """
        ...


@dataclass(frozen=True)
class DataSet:
    """Training and test samples of one shape: channels, height, width. Labels run from 0 to classes - 1."""

    name: str
    classes: int
    shape: tuple[int, int, int]
    train: Samples
    test: Samples


@dataclass(frozen=True)
class DataRequest:
    """What the user asks of a data set.

    ``folder`` is where its files are, ``seed`` draws the training samples where ``train_samples`` asks for
    fewer than there are (None: all), ``image_size`` is the side in pixels that image files are brought to.
    """

    folder: Path | None = None
    seed: int = 0
    train_samples: int | None = None
    image_size: int | None = None


@dataclass(frozen=True)
class Normalisation:
    """Mean and standard deviation of each channel, in the raw images' own unit."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    def apply(self, pixels: Pixels) -> Tensor:
        """Return ``(pixels - mean) / deviation`` of [b, c, h, w] in float32."""
        mean = torch.tensor(self.mean, dtype=torch.float32).view(-1, 1, 1)
        deviation = torch.tensor(self.deviation, dtype=torch.float32).view(-1, 1, 1)
        return (torch.from_numpy(np.ascontiguousarray(pixels)).float() - mean) / deviation


@dataclass(frozen=True)
class ArraySamples:
    """Samples held in memory: raw images [n, c, h, w] and labels [n]."""

    pixels: Pixels
    labels: Labels
    normalisation: Normalisation
    augmentation: Augmentation

    def __len__(self) -> int:
        return len(self.labels)

    def batch(
        self, indices: npt.NDArray[np.int64], augment: np.random.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the normalised images and the labels at ``indices``; see ``Samples``."""
        pixels = self.pixels[indices]
        if augment is not None:
            pixels = self.augmentation(pixels, augment)
        return self.normalisation.apply(pixels), torch.from_numpy(self.labels[indices])


def training_subset(name: str, available: int, request: DataRequest) -> npt.NDArray[np.int64]:
    """Return the indices of the training samples that the request asks for, sorted.

    Of one seed a smaller subset is part of a larger one. Raises HeddleError where there are not so many.
    """
    wanted = available if request.train_samples is None else request.train_samples
    check_train_samples(name, wanted, available)
    return np.sort(np.random.default_rng(request.seed).permutation(available)[:wanted])


def check_train_samples(name: str, wanted: int, most: int) -> None:
    """Raise HeddleError unless 1 to ``most`` training samples are asked for."""
    if not 1 <= wanted <= most:
        raise HeddleError(f"{name}: train_samples is {wanted} (valid: 1 to {most})")
