"""Image files as samples: decoded by Pillow when a batch is drawn, cut to a square and normalised."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from heddle.arch.errors import HeddleError
from heddle.training.data.augmentation import Box, CropDraws, central_square, draw_crops
from heddle.training.data.samples import Labels, Normalisation, Pixels

_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".webp"})
# By content, as ImageNet has files whose names lie; no format whose reader starts another program.
_FORMATS = ("BMP", "JPEG", "PNG", "WEBP")
# Mean and deviation of ImageNet's training images, as torchvision's documentation gives them for its models,
# here of pixels from 0 to 255.
_NORMALISATION = Normalisation(
    mean=(255 * 0.485, 255 * 0.456, 255 * 0.406), deviation=(255 * 0.229, 255 * 0.224, 255 * 0.225)
)


def require_pillow() -> None:
    """Raise HeddleError where Pillow is not installed."""
    if find_spec("PIL") is None:
        raise HeddleError("imagefolder: Pillow is not installed: pip install 'heddle-npu[train]'")


def is_image(path: Path) -> bool:
    """True for a file that its name says is an image."""
    return path.suffix.lower() in _SUFFIXES and not path.name.startswith(".")


@dataclass(frozen=True)
class ImageFiles:
    """Images by path, labels [n], and the side in pixels of the square that each becomes.

    Without augmentation that is the central square, resized (short side to ``size``, then a central crop); with
    it, a random part of the image, mirrored or not (``CropDraws``).
    """

    paths: tuple[Path, ...]
    labels: Labels
    size: int

    def __len__(self) -> int:
        return len(self.paths)

    def batch(
        self, indices: npt.NDArray[np.int64], augment: np.random.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the normalised images and the labels at ``indices``; see ``Samples``.

        Files are decoded by as many threads as PyTorch has; all random numbers are drawn before. Raises HeddleError
        for a file that is no image or a damaged one.
        """
        paths = [self.paths[index] for index in indices]
        crops: Sequence[CropDraws | None] = [None] * len(paths)
        if augment is not None:
            crops = draw_crops(len(paths), augment)
        with ThreadPoolExecutor(torch.get_num_threads()) as pool:
            images = list(pool.map(self._read, paths, crops))
        return _NORMALISATION.apply(np.stack(images)), torch.from_numpy(self.labels[indices])

    def _read(self, path: Path, crop: CropDraws | None) -> Pixels:
        """Decode a file to [3, size, size]."""
        from PIL import Image

        try:
            with Image.open(path, formats=_FORMATS) as opened:
                image = opened.convert("RGB")
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise HeddleError(f"{path}: the image cannot be read: {error}") from None
        box = crop.box(*image.size) if crop else central_square(*image.size)
        square = image.resize((self.size, self.size), Image.Resampling.BILINEAR, _corners(box))
        pixels = np.asarray(square).transpose(2, 0, 1)
        return pixels[..., ::-1] if box.mirrored else pixels


def _corners(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.top, box.left + box.width, box.top + box.height
