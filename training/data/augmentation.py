"""Random changes of training images. All draws come from the generator given, in a fixed order."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from heddle.training.data.samples import Pixels

_CROP_PADDING = 4
_FLIP_PROBABILITY = 0.5
# Random resized crop as in Szegedy et al. 2014 ("Going deeper with convolutions", section 6), with the bounds
# and the number of tries that torchvision's RandomResizedCrop has as defaults.
_LEAST_AREA = 0.08
_LARGEST_RATIO = 4 / 3
_TRIES = 10
_DRAWS_A_TRY = 4


def as_they_are(pixels: Pixels, generator: np.random.Generator) -> Pixels:
    """Return the images unchanged: digits are neither mirrored nor moved."""
    return pixels


def crop_and_flip(pixels: Pixels, generator: np.random.Generator) -> Pixels:
    """Pad each image of [b, c, h, w] by 4 black pixels, crop it at random to its size, mirror it in half of the cases.

    This is CIFAR's usual augmentation (He et al. 2015, section 4.2).
    """
    count, _, height, width = pixels.shape
    border = (_CROP_PADDING, _CROP_PADDING)
    windows = sliding_window_view(np.pad(pixels, ((0, 0), (0, 0), border, border)), (height, width), axis=(2, 3))
    tops, lefts = generator.integers(0, 2 * _CROP_PADDING + 1, size=(2, count))
    cropped = windows[np.arange(count), :, tops, lefts]
    flipped = np.less(generator.random(count), _FLIP_PROBABILITY)
    return np.where(flipped[:, None, None, None], cropped[..., ::-1], cropped)


@dataclass(frozen=True)
class Box:
    """A rectangle of an image in pixels, and whether it is mirrored."""

    left: float
    top: float
    width: float
    height: float
    mirrored: bool = False


def central_square(width: int, height: int, *, mirrored: bool = False) -> Box:
    """Return the largest square in the middle of an image."""
    side = min(width, height)
    return Box((width - side) / 2, (height - side) / 2, side, side, mirrored)


@dataclass(frozen=True)
class CropDraws:
    """One image's random numbers in [0, 1), drawn before its size is known.

    ``tries`` [10, 4] holds area, ratio, top and left of each try; ``mirrored`` is one draw more.
    """

    tries: npt.NDArray[np.float64]
    mirrored: bool

    def box(self, width: int, height: int) -> Box:
        """Return a random part of an image, of 8 % to 100 % of its area and a ratio of 3:4 to 4:3.

        The first try that fits is taken, the central square where none does.
        """
        for area_draw, ratio_draw, top_draw, left_draw in self.tries:
            area = width * height * (_LEAST_AREA + (1 - _LEAST_AREA) * area_draw)
            ratio = math.exp((2 * ratio_draw - 1) * math.log(_LARGEST_RATIO))
            part_width, part_height = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
            if 0 < part_width <= width and 0 < part_height <= height:
                top = int(top_draw * (height - part_height + 1))
                left = int(left_draw * (width - part_width + 1))
                return Box(left, top, part_width, part_height, self.mirrored)
        return central_square(width, height, mirrored=self.mirrored)


def draw_crops(count: int, generator: np.random.Generator) -> list[CropDraws]:
    """Draw the random numbers of ``count`` crops."""
    tries = generator.random((count, _TRIES, _DRAWS_A_TRY))
    mirrored = np.less(generator.random(count), _FLIP_PROBABILITY)
    return [CropDraws(tries[i], bool(mirrored[i])) for i in range(count)]
