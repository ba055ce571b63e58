"""The buffers between memory and array: what LOAD lays down, COMPUTE reads and adds to, and STORE takes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from heddle.sim.functional.formats import Bits, Float32


@dataclass(frozen=True)
class LeftHalf:
    """A half of the activation buffer: pixels [pixels, groups, M], of ``group_elements`` elements a group."""

    groups: Bits
    elements: int
    group_elements: int


@dataclass(frozen=True)
class RightHalf:
    """A half of the weight buffer: slots of the tile's columns, [slots, cols], values and places in their groups."""

    values: Bits
    indices: npt.NDArray[np.int64]


@dataclass(frozen=True)
class OutHalf:
    """A half of the output buffer: sums [rows, cols], and how they left the array."""

    sums: Float32
    ws: int
    interleave_cols: int


@dataclass
class Buffers:
    """Both halves of each buffer; a half that nothing was put into is None."""

    left: list[LeftHalf | None] = field(default_factory=lambda: [None, None])
    right: list[RightHalf | None] = field(default_factory=lambda: [None, None])
    out: list[OutHalf | None] = field(default_factory=lambda: [None, None])
