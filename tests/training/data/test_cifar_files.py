"""Files of CIFAR: what is read, what is refused, and that a pickle runs no code."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cifar_files import Images, binary_records, images_and_labels, python2_pickle
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from mutation import mutated_bytes

from heddle.arch.errors import HeddleError
from heddle.training.data.cifar_files import read_binary, read_pickled

Writer = Callable[[object], Path]


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """Write an object, pickled unless it is bytes already, and return the file's path."""

    def write(content: object) -> Path:
        path = tmp_path / "batch"
        path.write_bytes(content if isinstance(content, bytes) else pickle.dumps(content))
        return path

    return write


def batch(count: int = 3) -> dict[str, object]:
    pixels, labels = images_and_labels(count, 10, seed=0)
    return {"data": pixels, "labels": labels}


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4])
def test_a_batch_that_python_3_pickled_is_read_too(protocol: int, tmp_path: Path) -> None:
    pixels, labels = images_and_labels(3, 10, seed=0)
    path = tmp_path / "batch"
    path.write_bytes(pickle.dumps({"data": pixels, "labels": labels}, protocol))
    read = read_pickled(path, "labels", 10)
    assert np.array_equal(read.pixels.reshape(3, -1), pixels)
    assert read.labels.tolist() == labels


def test_an_array_in_column_order_is_read_as_it_was_meant(write: Writer) -> None:
    pixels, labels = images_and_labels(3, 10, seed=0)
    read = read_pickled(write({"data": np.asfortranarray(pixels), "labels": labels}), "labels", 10)
    assert np.array_equal(read.pixels.reshape(3, -1), pixels)


@settings(max_examples=20)
@given(st.data())
def test_every_byte_of_a_binary_file_arrives(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 4))
    pixels: Images = data.draw(arrays(np.uint8, (count, 3072)))
    labels = data.draw(st.lists(st.integers(0, 9), min_size=count, max_size=count))
    path = tmp_path_factory.mktemp("binary") / "batch.bin"
    path.write_bytes(binary_records(pixels, labels))
    read = read_binary(path, 1, 10)
    assert read.pixels.tobytes() == pixels.tobytes()
    assert read.labels.tolist() == labels


def test_a_planes_order_is_red_green_blue(write: Writer) -> None:
    pixels = np.repeat(np.array([[1, 2, 3]], np.uint8), 1024, axis=1)
    read = read_pickled(write(python2_pickle(pixels, [0], "labels")), "labels", 10)
    assert [int(plane.min()) for plane in read.pixels[0]] == [1, 2, 3]
    assert [int(plane.max()) for plane in read.pixels[0]] == [1, 2, 3]


class Runs:
    """Runs a function where an ordinary unpickler reads it."""

    def __init__(self, function: Callable[..., object], *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self.call


def test_a_pickle_runs_no_code(write: Writer, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    path = write({"data": Runs(Path.touch, witness), "labels": []})
    with pytest.raises(
        HeddleError,
        match=r"batch: no batch of CIFAR's .*: it refers to (pathlib\.Path\.touch|builtins\.getattr), which is refused",
    ):
        read_pickled(path, "labels", 10)
    path = write(Runs(eval, f"open({str(witness)!r}, 'w')"))
    with pytest.raises(HeddleError, match=r"it refers to builtins\.eval, which is refused"):
        read_pickled(path, "labels", 10)
    assert not witness.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": None}, "'data' is a NoneType"),
        ({"data": np.zeros((3, 3072), np.float32)}, "'data' is f4 of 3 x 3072, 36864 bytes"),
        ({"data": np.zeros((3, 100), np.uint8)}, "'data' is u1 of 3 x 100, 300 bytes"),
        ({"data": np.zeros(3072, np.uint8)}, "no plain two-dimensional array"),
        ({"data": np.zeros((0, 3072), np.uint8)}, "'data' is u1 of 0 x 3072"),
        ({"data": np.array([[None]])}, "no plain two-dimensional array"),
        ({"labels": [1, 2]}, "3 images and 2 labels"),
        ({"labels": [1, 2, 10]}, "labels from 1 to 10 .expected: 0 to 9."),
        ({"labels": [1, -2, 9]}, "labels from -2 to 9"),
        ({"labels": [1, 2, 1 << 70]}, "a label is no class"),
        ({"labels": [1, 2.0, 3]}, "no list of whole numbers"),
        ({"labels": []}, "no list of whole numbers"),
        ({"labels": "abc"}, "no list of whole numbers"),
    ],
)
def test_contents_that_are_no_batch_are_told(change: dict[str, object], message: str, write: Writer) -> None:
    path = write(batch() | change)
    with pytest.raises(HeddleError, match=f"{path}: no batch of CIFAR's Python version: .*{message}"):
        read_pickled(path, "labels", 10)


def test_a_file_of_the_other_data_set_is_told_by_its_labels(write: Writer) -> None:
    with pytest.raises(HeddleError, match="no batch of CIFAR's Python version: it has no 'fine_labels'"):
        read_pickled(write(batch()), "fine_labels", 100)
    with pytest.raises(HeddleError, match=r"it holds a list \(expected: a dictionary\)"):
        read_pickled(write([1, 2]), "labels", 10)


@pytest.mark.parametrize("content", [b"", b"\x80", b"\xff\xd8\xff\xe0 a photograph", b"PK\x03\x04"])
def test_a_file_that_is_no_pickle_is_told(content: bytes, write: Writer) -> None:
    with pytest.raises(HeddleError, match=r"batch: no batch of CIFAR's Python version: a damaged or truncated pickle"):
        read_pickled(write(content), "labels", 10)


@pytest.mark.parametrize("size", [0, 1, 3072, 3074, 2 * 3073 - 1])
def test_a_binary_file_is_a_whole_number_of_records(size: int, write: Writer) -> None:
    with pytest.raises(
        HeddleError, match=f"batch: {size} bytes are no whole number of records of 3073 bytes: truncated"
    ):
        read_binary(write(bytes(size)), 1, 10)


def test_a_binary_file_of_the_other_data_set_has_records_of_another_size(write: Writer) -> None:
    with pytest.raises(HeddleError, match="batch: 9219 bytes are no whole number of records of 3074 bytes"):
        read_binary(write(bytes(3 * 3073)), 2, 100)


def refusals(path: Path) -> list[str]:
    try:
        read_pickled(path, "labels", 10)
    except HeddleError as error:
        return [str(error)]
    return []


def test_a_damaged_pickle_is_read_or_refused_in_one_line(tmp_path: Path) -> None:
    pixels, labels = images_and_labels(1, 10, seed=0)
    head, pixel_bytes, tail = python2_pickle(pixels, labels, "labels").partition(pixels.tobytes())
    source, path = random.Random(0), tmp_path / "batch"
    refused = []
    for _ in range(100):
        path.write_bytes(mutated_bytes(source, head, (b"c", b"R", b"\x80\x05")) + pixel_bytes + tail)
        refused += refusals(path)
    assert len(refused) > 30
    assert not any("\n" in line for line in refused)
