"""Files of the idx format, in which MNIST and the sets in its place are published, plain or compressed by gzip.

A file begins with two zero bytes, the type of its elements (8: unsigned bytes) and the number of dimensions; then come
the dimensions as 32-bit numbers, most significant byte first, and the elements.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from heddle.arch.errors import HeddleError

_UNSIGNED_BYTES = 8
_GZIP_MAGIC = b"\x1f\x8b"
#: MNIST's training images are 47 million bytes; a header that promises much more is not one of these sets.
_MOST_ELEMENTS = 1 << 30


def read_idx(path: Path, dimensions: int) -> npt.NDArray[np.uint8]:
    """Return the bytes of the file at ``path`` in an array of so many ``dimensions``.

    Raises HeddleError where it cannot be read, is no such file, or is shorter or longer than it says.
    """
    try:
        with path.open("rb") as raw:
            compressed = raw.read(2) == _GZIP_MAGIC
        with gzip.open(path) if compressed else path.open("rb") as file:
            header = file.read(4 + 4 * dimensions)
            shape = _shape(path, header, dimensions)
            elements = math.prod(shape)
            content = file.read(elements + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise HeddleError(f"{path}: cannot be read: {error}") from None
    if len(content) != elements:
        held = f"only {len(content)}" if len(content) < elements else "more"
        raise HeddleError(f"{path}: damaged: its header says {elements} bytes, it holds {held}")
    return np.frombuffer(content, np.uint8).reshape(shape)


def _shape(path: Path, header: bytes, dimensions: int) -> tuple[int, ...]:
    if len(header) < 4 + 4 * dimensions or header[:4] != bytes((0, 0, _UNSIGNED_BYTES, dimensions)):
        raise HeddleError(f"{path}: is no idx file of bytes in {dimensions} dimensions")
    shape = struct.unpack(f">{dimensions}I", header[4:])
    if math.prod(shape) > _MOST_ELEMENTS:
        raise HeddleError(f"{path}: damaged: its header says {' x '.join(map(str, shape))} bytes")
    return shape
