"""One file of CIFAR, of the binary or the Python version, checked record by record.

A Python file is a pickle, and a pickle can run code as it is read. Here it cannot: the few names that CIFAR's
pickles refer to stand for harmless records of this module, and every other name is refused.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from heddle.arch.errors import HeddleError
from heddle.dataflow.files import read_bytes
from heddle.training.data.samples import Labels, Pixels

CIFAR_SHAPE = (3, 32, 32)
_IMAGE_BYTES = 3 * 32 * 32
_UINT8 = ("u1", "B", "uint8")


@dataclass(frozen=True)
class RawImages:
    """Images [n, 3, 32, 32] as bytes and labels [n]."""

    pixels: Pixels
    labels: Labels


def read_binary(path: Path, label_bytes: int, classes: int) -> RawImages:
    """Read records of ``label_bytes`` labels, of which the last counts, and 3,072 bytes of image.

    Raises HeddleError for a file that is no whole number of records, and for a label outside the classes.
    """
    record = label_bytes + _IMAGE_BYTES
    content = read_bytes(path)
    if not content or len(content) % record:
        raise HeddleError(f"{path}: {len(content)} bytes are no whole number of records of {record} bytes: truncated?")
    table = np.frombuffer(content, np.uint8).reshape(-1, record)
    return _checked(path, table[:, label_bytes:], table[:, label_bytes - 1].astype(np.int64), classes)


def read_pickled(path: Path, label_key: str, classes: int) -> RawImages:
    """Read a pickled dictionary: ``data``, bytes [n, 3072], and the list of n labels under ``label_key``.

    Raises HeddleError for a damaged pickle, one that refers to anything else than numpy arrays, and one whose
    contents are not as said; a label outside the classes too.
    """
    batch = _unpickled(path)
    if not isinstance(batch, dict):
        raise _foreign(path, f"it holds a {type(batch).__name__} (expected: a dictionary)")
    # Python 2 wrote the keys as bytes, Python 3 writes text.
    found = {key.decode("latin1") if isinstance(key, bytes) else key: value for key, value in batch.items()}
    for key in ("data", label_key):
        if key not in found:
            raise _foreign(path, f"it has no {key!r}")
    return _checked(path, _image_rows(path, found["data"]), _label_list(path, found[label_key]), classes)


def _checked(path: Path, rows: Pixels, labels: Labels, classes: int) -> RawImages:
    if len(rows) != len(labels):
        raise _foreign(path, f"{len(rows)} images and {len(labels)} labels")
    if labels.min() < 0 or labels.max() >= classes:
        raise _foreign(path, f"labels from {labels.min()} to {labels.max()} (expected: 0 to {classes - 1})")
    return RawImages(rows.reshape(-1, *CIFAR_SHAPE), labels)


def _image_rows(path: Path, data: object) -> Pixels:
    if not isinstance(data, _ArrayRecord):
        raise _foreign(path, f"'data' is a {type(data).__name__} (expected: a numpy array)")
    match data.state:
        case (_, (int(rows), int(columns)), _DtypeRecord(name=name), fortran, bytes(content)):
            pass
        case _:
            raise _foreign(path, "'data' is no plain two-dimensional array")
    if name not in _UINT8 or columns != _IMAGE_BYTES or rows < 1 or len(content) != rows * columns:
        raise _foreign(
            path,
            f"'data' is {name} of {rows} x {columns}, {len(content)} bytes (expected: uint8 of n x {_IMAGE_BYTES})",
        )
    return np.frombuffer(content, np.uint8).reshape(rows, columns, order="F" if fortran else "C")


def _label_list(path: Path, labels: object) -> Labels:
    if not isinstance(labels, list) or not labels or not all(type(label) is int for label in labels):
        raise _foreign(path, "the labels are no list of whole numbers")
    try:
        return np.array(labels, np.int64)
    except OverflowError:
        raise _foreign(path, "a label is no class") from None


def _foreign(path: Path, problem: str) -> HeddleError:
    return HeddleError(f"{path}: no batch of CIFAR's Python version: {problem}")


class _ArrayRecord:
    """What a pickle says about an array, without building it."""

    state: object = None

    def __setstate__(self, state: object) -> None:
        self.state = state


class _DtypeRecord:
    """What a pickle says about a number format."""

    __match_args__ = ("name",)

    def __init__(self, name: object, *_: object) -> None:
        self.name = name.decode("latin1") if isinstance(name, bytes) else name

    def __setstate__(self, state: object) -> None:
        """Byte order and the like, which single bytes do not have."""


def _reconstruct(*_: object) -> _ArrayRecord:
    return _ArrayRecord()


def _encode(text: str, _: str) -> bytes:
    """Bytes, as Python 3 writes them in the pickle protocols that Python 2 can read."""
    return text.encode("latin1")


_KNOWN_NAMES: Mapping[tuple[str, str], Callable[..., object]] = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy", "ndarray"): _ArrayRecord,
    ("numpy", "dtype"): _DtypeRecord,
    ("_codecs", "encode"): _encode,
}


class _RefusedNameError(Exception):
    """A pickle refers to something that no batch of CIFAR has."""


class _CifarUnpickler(pickle.Unpickler):
    """An unpickler that looks nothing up outside the table above, so that no code of the file's choice runs."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _KNOWN_NAMES:
            raise _RefusedNameError(f"{module}.{name}")
        return _KNOWN_NAMES[module, name]

    def persistent_load(self, _: object) -> NoReturn:
        raise _RefusedNameError("an object outside the file")


def _unpickled(path: Path) -> object:
    content = read_bytes(path)
    try:
        return _CifarUnpickler(io.BytesIO(content), encoding="bytes").load()
    except _RefusedNameError as refused:
        raise _foreign(path, f"it refers to {refused}, which is refused") from None
    except Exception as error:  # damaged bytes raise nearly anything
        raise _foreign(path, f"a damaged or truncated pickle ({type(error).__name__})") from None
