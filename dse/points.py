"""Evaluated points as columns, the form in which blocks, parts and results hold them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

#: Why a point of the grid has no result, in the order in which they are checked.
NOT_ON_BOARD = "does not fit the board"
TOO_FAST = "clock above the limit of its slowest block"
UNMAPPABLE = "smallest tile exceeds a buffer"
REPEATED = "repeats another point (interleave without OS)"
SKIP_REASONS = (REPEATED, NOT_ON_BOARD, TOO_FAST, UNMAPPABLE)

Counts = npt.NDArray[np.int64]
Amounts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Points:
    """Evaluated points, all columns [points]: their number in the grid, seconds, joules and resources.

    ``skipped`` counts the points without a result by reason, in the order of ``SKIP_REASONS``.
    """

    skipped: tuple[int, ...]
    point: Counts
    time_s: Amounts
    energy_j: Amounts
    lut: Counts
    ff: Counts
    dsp: Counts
    bram36: Counts
    uram: Counts

    def __len__(self) -> int:
        return len(self.point)

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """Return the columns by name."""
        return {name: getattr(self, name) for name in COLUMNS}

    def take(self, rows: npt.NDArray[Any]) -> Points:
        """Return some rows, chosen by position or by mask, without the counts of skipped points."""
        return Points((0,) * len(SKIP_REASONS), *(getattr(self, name)[rows] for name in COLUMNS))


COLUMNS = tuple(field.name for field in fields(Points) if field.name != "skipped")
METRICS = COLUMNS[1:]
#: The metrics that are counts of the device's resources.
RESOURCES = ("lut", "ff", "dsp", "bram36", "uram")


def concatenate(tables: Sequence[Points]) -> Points:
    """Return several tables, at least one, as one; skipped points add up."""
    columns = (np.concatenate([getattr(table, name) for table in tables]) for name in COLUMNS)
    skipped = tuple(int(count) for count in np.sum([table.skipped for table in tables], axis=0))
    return Points(skipped, *columns)
