"""Images in folders by class, as ImageNet and Tiny ImageNet come.

ImageNet's layout is ``train/CLASS/*.JPEG`` and ``val/CLASS/*.JPEG``. Tiny ImageNet's is
``train/CLASS/images/*.JPEG``, ``val/images/*.JPEG`` and ``val/val_annotations.txt``, whose lines give an image,
a tab and its class. The classes are the folders of ``train`` in alphabetical order.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from heddle.arch.errors import HeddleError, nearest
from heddle.dataflow.files import read_bytes
from heddle.training.data.image_files import ImageFiles, is_image, require_pillow
from heddle.training.data.samples import DataRequest, DataSet, training_subset

_IMAGE_SIZE = 224
_TINY_IMAGE_SIZE = 64
_LARGEST_IMAGE_SIZE = 1024
_ANNOTATIONS = "val_annotations.txt"
_EXPECTED = "train/CLASS/*.jpeg and val/CLASS/*.jpeg, or Tiny ImageNet's train/CLASS/images, val/images and " + (
    f"val/{_ANNOTATIONS}"
)


@dataclass(frozen=True)
class Listing:
    """Image files and the class of each."""

    paths: tuple[Path, ...]
    labels: tuple[int, ...]


def load_image_folder(request: DataRequest) -> DataSet:
    """List the images under ``request.folder``; they are read when a batch is drawn.

    Images come out as squares of ``request.image_size`` pixels, by default 64 for Tiny ImageNet's layout and
    224 for the other. Raises HeddleError where folders are missing or empty and where ``val`` has a class that
    ``train`` has not.
    """
    require_pillow()
    root = _root(request.folder)
    classes = _class_names(root / "train")
    train = _by_folder(root / "train", classes)
    test = _test_listing(root / "val", classes)
    size = _image_size(request.image_size, is_tiny=(root / "train" / classes[0] / "images").is_dir())
    chosen = training_subset("imagefolder", len(train.paths), request)
    return DataSet(
        "imagefolder",
        len(classes),
        (3, size, size),
        _files(Listing(tuple(train.paths[i] for i in chosen), tuple(train.labels[i] for i in chosen)), size),
        _files(test, size),
    )


def _root(folder: Path | None) -> Path:
    if folder is None:
        raise HeddleError(
            f"imagefolder: it is read from files: give their folder with --data-dir; it holds {_EXPECTED}"
        )
    for part in ("train", "val"):
        if not (folder / part).is_dir():
            raise HeddleError(f"imagefolder: there is no folder {folder / part}; {folder} is to hold {_EXPECTED}")
    return folder


def _image_size(wanted: int | None, *, is_tiny: bool) -> int:
    if wanted is None:
        return _TINY_IMAGE_SIZE if is_tiny else _IMAGE_SIZE
    if not 1 <= wanted <= _LARGEST_IMAGE_SIZE:
        raise HeddleError(f"imagefolder: image_size is {wanted} (valid: 1 to {_LARGEST_IMAGE_SIZE})")
    return wanted


def _class_names(folder: Path) -> tuple[str, ...]:
    names = sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    if not names:
        raise HeddleError(f"imagefolder: {folder} holds no class folders")
    return tuple(names)


def _by_folder(folder: Path, classes: tuple[str, ...]) -> Listing:
    """List the images of the class folders in ``folder``; raises where one is empty or of no known class."""
    label_of = {name: label for label, name in enumerate(classes)}
    paths: list[Path] = []
    labels: list[int] = []
    for name in _class_names(folder):
        if name not in label_of:
            raise _unknown_class(str(folder / name), name, classes)
        images = _images(folder / name)
        paths += images
        labels += [label_of[name]] * len(images)
    return Listing(tuple(paths), tuple(labels))


def _images(class_folder: Path) -> list[Path]:
    inner = class_folder / "images"
    folder = inner if inner.is_dir() else class_folder
    images = sorted(entry for entry in folder.iterdir() if is_image(entry))
    if not images:
        raise HeddleError(f"imagefolder: {folder} holds no images")
    return images


def _test_listing(folder: Path, classes: tuple[str, ...]) -> Listing:
    annotations = folder / _ANNOTATIONS
    if annotations.is_file():
        return _annotated(annotations, classes)
    if any(is_image(entry) for entry in folder.iterdir()):
        raise HeddleError(f"imagefolder: {folder} holds images that are in no class folder; it is to hold CLASS/*.jpeg")
    return _by_folder(folder, classes)


def _annotated(annotations: Path, classes: tuple[str, ...]) -> Listing:
    """List Tiny ImageNet's test images; raises where a line, its image or its class is not as expected."""
    label_of = {name: label for label, name in enumerate(classes)}
    folder = annotations.parent / "images"
    present = {entry.name for entry in folder.iterdir()} if folder.is_dir() else set()
    paths: list[Path] = []
    labels: list[int] = []
    for number, line in enumerate(read_bytes(annotations).decode("utf-8", "replace").splitlines(), start=1):
        where = f"{annotations}, line {number}"
        image, tab, rest = line.partition("\t")
        name = rest.partition("\t")[0]
        if not tab:
            raise HeddleError(f"imagefolder: {where}: no tab between image and class")
        if image not in present:
            raise HeddleError(f"imagefolder: {where}: there is no image {image!r} in {folder}")
        if name not in label_of:
            raise _unknown_class(where, name, classes)
        paths.append(folder / image)
        labels.append(label_of[name])
    if not paths:
        raise HeddleError(f"imagefolder: {annotations} lists no images")
    return Listing(tuple(paths), tuple(labels))


def _unknown_class(where: str, name: str, classes: tuple[str, ...]) -> HeddleError:
    close = nearest(name, classes)
    guess = f"; did you mean {close!r}?" if close else ""
    return HeddleError(f"imagefolder: {where}: class {name!r} is not among the {len(classes)} of train{guess}")


def _files(listing: Listing, size: int) -> ImageFiles:
    return ImageFiles(listing.paths, np.array(listing.labels, np.int64), size)
