"""Small files in CIFAR's formats, written byte by byte as Python 2 and the binary version wrote them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt

CIFAR10_PYTHON_FILES = [*(f"data_batch_{n}" for n in range(1, 6)), "test_batch"]
Images = npt.NDArray[np.uint8]


def images_and_labels(count: int, classes: int, seed: int) -> tuple[Images, list[int]]:
    generator = np.random.default_rng(seed)
    pixels = generator.integers(0, 256, (count, 3072), dtype=np.uint8)
    return pixels, [int(label) for label in generator.integers(0, classes, count)]


def python2_pickle(pixels: Images, labels: list[int], label_key: str) -> bytes:
    """A protocol 2 pickle of {"data": array, label_key: labels, "batch_label": text}, as Python 2's cPickle writes."""
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01bt R".replace(b" ", b"")
        + b"(K\x01"
        + _int(pixels.shape[0])
        + _int(pixels.shape[1])
        + b"\x86cnumpy\ndtype\n(U\x02u1K\x00K\x01tR"
        + b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        + b"\x89"
        + _text(pixels.tobytes())
        + b"tb"
    )
    listed = b"](" + b"".join(_int(label) for label in labels) + b"e"
    items = (
        _text(b"batch_label") + _text(b"training batch") + _text(label_key.encode()) + listed + _text(b"data") + array
    )
    return b"\x80\x02}(" + items + b"u."


def binary_records(pixels: Images, *labels: list[int]) -> bytes:
    columns = [np.array(column, np.uint8)[:, None] for column in labels]
    return np.concatenate([*columns, pixels], axis=1).tobytes()


def write_cifar10_python(folder: Path, images_a_file: int = 4) -> list[tuple[Images, list[int]]]:
    folder.mkdir(parents=True)
    parts = []
    for seed, name in enumerate(CIFAR10_PYTHON_FILES):
        pixels, labels = images_and_labels(images_a_file, 10, seed)
        (folder / name).write_bytes(python2_pickle(pixels, labels, "labels"))
        parts.append((pixels, labels))
    return parts


def _int(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def _text(content: bytes) -> bytes:
    return b"T" + struct.pack("<i", len(content)) + content
