"""A range that is cut into tiles of one size, the last of which may be smaller."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Cuts:
    """``total`` elements in tiles of ``tile``; as a sequence, how many tiles there are."""

    total: int
    tile: int

    def __len__(self) -> int:
        return -(-self.total // self.tile)

    @cached_property
    def starts(self) -> Ints:
        """The first element of each tile."""
        return np.arange(0, self.total, self.tile, dtype=np.int64)

    @cached_property
    def lengths(self) -> Ints:
        """How many elements each tile has."""
        return np.minimum(self.tile, self.total - self.starts)

    @property
    def longest(self) -> int:
        """How many elements the largest tile has."""
        return min(self.tile, self.total)

    def ranges(self) -> list[range]:
        """Return the elements of each tile."""
        return [
            range(start, start + length)
            for start, length in zip(self.starts.tolist(), self.lengths.tolist(), strict=True)
        ]
