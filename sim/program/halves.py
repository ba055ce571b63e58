"""The buffers between memory and array: what LOAD lays down, COMPUTE reads and adds to, and STORE takes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.arch.nm import index_bits
from heddle.sim.functional.formats import Bits, Float32


@dataclass(frozen=True)
class LeftHalf:
    """A half of the activation buffer: pixels [pixels, groups, M], of ``group_elements`` elements a group."""

    groups: Bits
    elements: int
    group_elements: int

    @property
    def nbytes(self) -> int:
        """Bytes that it takes: whole groups."""
        return int(self.groups.nbytes)


@dataclass(frozen=True)
class RightHalf:
    """A half of the weight buffer: slots of the tile's columns, [slots, cols], values and places in their groups."""

    values: Bits
    indices: npt.NDArray[np.int64]

    def nbytes(self, array_cols: int, group_m: int) -> int:
        """Bytes that it takes: whole words of the array's columns, each element with its index."""
        slots, cols = self.values.shape
        lane_bits = 8 * self.values.itemsize + index_bits(group_m)
        return slots * -(-cols // array_cols) * -(-array_cols * lane_bits // 8)


@dataclass(frozen=True)
class OutHalf:
    """A half of the output buffer: sums [rows, cols], and how they left the array."""

    sums: Float32
    ws: int
    interleave_cols: int

    def nbytes(self, array_cols: int) -> int:
        """Bytes that it takes: whole words of the array's columns."""
        rows, cols = self.sums.shape
        return rows * -(-cols // array_cols) * array_cols * self.sums.itemsize


@dataclass(frozen=True)
class HalfBytes:
    """Bytes of half of each buffer; None where the design's memory is unlimited."""

    activation: int | None
    weight: int | None
    output: int | None

    @classmethod
    def of(cls, design: Design) -> HalfBytes:
        """Return those of ``design``."""
        if design.memory.unlimited:
            return cls(None, None, None)
        buffers = design.buffers
        return cls(buffers.activation_bytes // 2, buffers.weight_bytes // 2, buffers.output_bytes // 2)


def check_fit(buffer: str, taken_bytes: int, half_bytes: int | None) -> None:
    """Raise HeddleError where a tile takes more than half of a buffer has."""
    if half_bytes is not None and taken_bytes > half_bytes:
        raise HeddleError(f"a tile of {taken_bytes} bytes in half the {buffer} buffer, which has {half_bytes}")


@dataclass
class Buffers:
    """Both halves of each buffer; a half that nothing was put into is None."""

    left: list[LeftHalf | None] = field(default_factory=lambda: [None, None])
    right: list[RightHalf | None] = field(default_factory=lambda: [None, None])
    out: list[OutHalf | None] = field(default_factory=lambda: [None, None])
