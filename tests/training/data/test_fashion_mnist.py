"""Fashion-MNIST from small files in its published form, and what is said of others."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from heddle.arch.errors import HeddleError
from heddle.training.data import load_data
from heddle.training.data.idx_files import read_idx

PARTS = {"train": 12, "t10k": 5}


def idx(values: npt.NDArray[np.uint8]) -> bytes:
    return struct.pack(f">HBB{values.ndim}I", 0, 8, values.ndim, *values.shape) + values.tobytes()


def write_parts(folder: Path, *, compressed: bool = True, side: int = 28) -> dict[str, npt.NDArray[np.uint8]]:
    """The four files with random images, which are returned."""
    generator = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    images = {}
    for part, count in PARTS.items():
        images[part] = generator.integers(0, 256, (count, side, side), dtype=np.uint8)
        labels = (np.arange(count) % 10).astype(np.uint8)
        for name, values in ((f"{part}-images-idx3-ubyte", images[part]), (f"{part}-labels-idx1-ubyte", labels)):
            content = idx(values)
            path = folder / (f"{name}.gz" if compressed else name)
            path.write_bytes(gzip.compress(content) if compressed else content)
    return images


@pytest.mark.parametrize("compressed", [True, False])
def test_it_is_read_as_published(compressed: bool, tmp_path: Path) -> None:
    images = write_parts(tmp_path, compressed=compressed)
    data = load_data("fashion-mnist", tmp_path)
    assert (data.classes, data.shape, len(data.train), len(data.test)) == (10, (1, 28, 28), 12, 5)
    found, labels = data.train.batch(np.arange(12))
    assert labels.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    expected = (images["train"] / 255 - 0.2860) / 0.3530
    np.testing.assert_allclose(found[:, 0].numpy(), expected, rtol=1e-3, atol=1e-3)


def test_fewer_training_samples_are_drawn_by_the_seed_and_all_others_are_left(tmp_path: Path) -> None:
    write_parts(tmp_path)
    few, other = (load_data("fashion-mnist", tmp_path, train_samples=4, seed=seed) for seed in (0, 1))
    assert (len(few.train), len(few.test)) == (4, 5)
    assert few.train.batch(np.arange(4))[1].tolist() != other.train.batch(np.arange(4))[1].tolist()


def test_missing_files_are_told_with_the_package_that_has_them(tmp_path: Path) -> None:
    package = "install Debian's package dataset-fashion-mnist, which has them in /usr/share/datasets/fashion-mnist"
    for folder, reason in (
        (None, f"it is read from files: {package}, and give their folder with --data-dir"),
        (tmp_path, f"{tmp_path} has no train-images-idx3-ubyte.gz; {package}"),
        (tmp_path / "none", f"there is no folder {tmp_path / 'none'}; {package}"),
    ):
        with pytest.raises(HeddleError) as error:
            load_data("fashion-mnist", folder)
        assert str(error.value) == f"fashion-mnist: {reason}"


def test_files_that_do_not_fit_each_other_are_refused(tmp_path: Path) -> None:
    write_parts(tmp_path / "small", side=8)
    with pytest.raises(HeddleError, match=r"^fashion-mnist: the images of .* are 8 x 8, not 28 x 28$"):
        load_data("fashion-mnist", tmp_path / "small")
    write_parts(tmp_path)
    labels = tmp_path / "train-labels-idx1-ubyte.gz"
    labels.write_bytes(gzip.compress(idx(np.zeros(11, np.uint8))))
    with pytest.raises(HeddleError, match=r"train-labels-idx1-ubyte.gz: has 11 labels for 12 images$"):
        load_data("fashion-mnist", tmp_path)
    labels.write_bytes(gzip.compress(idx(np.full(12, 10, np.uint8))))
    with pytest.raises(HeddleError, match=r"train-labels-idx1-ubyte.gz: has a label 10 \(valid: 0 to 9\)$"):
        load_data("fashion-mnist", tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is no idx file of bytes in 1 dimensions"),
        (b"\0\0\x08\x03" + bytes(12), "is no idx file of bytes in 1 dimensions"),
        (b"\0\0\x0d\x01\0\0\0\x01" + bytes(4), "is no idx file of bytes in 1 dimensions"),
        (b"\0\0\x08\x01\0\0\0\x05abc", "damaged: its header says 5 bytes, it holds only 3"),
        (b"\0\0\x08\x01\0\0\0\x02abc", "damaged: its header says 2 bytes, it holds more"),
        (b"\0\0\x08\x01\xff\xff\xff\xff", "damaged: its header says 4294967295 bytes"),
        (gzip.compress(b"\0\0\x08\x01\0\0\0\x05abcde", mtime=0)[:-9], "cannot be read: Compressed file ended before "),
        (b"\x1f\x8b\x08", "cannot be read: "),
    ],
)
def test_a_damaged_file_is_one_line(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(HeddleError) as error:
        read_idx(path, 1)
    assert str(error.value).startswith(f"{path}: {reason}")
    assert "\n" not in str(error.value)
