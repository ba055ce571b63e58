"""Points by number: a space as a grid of structures and rates, cut into groups and blocks.

Point p has structure p // R and rate p % R, of R rates. Structures that differ only in pipeline, interleave and
dataflows follow one another and form a group; a block is a run of whole groups, the unit of work and of resume.
Neither depends on who evaluates it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from heddle.arch.design import Design
from heddle.dataflow.kernel_rows import RateColumns
from heddle.dse.space import AXI_BITS, GROUP_AXES, RATE_AXES, STRUCTURE_AXES, Space, make_design

#: Points of a block, unless a single group has more: about a tenth of a second of work.
BLOCK_POINTS = 1 << 16

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Grid:
    """The numbering of a space's points."""

    space: Space
    block_points: int = BLOCK_POINTS

    @property
    def points(self) -> int:
        """All combinations, whether they fit a board or not."""
        return self.structures * self.rates

    @cached_property
    def structures(self) -> int:
        """Combinations of the structural axes."""
        return math.prod(self.space.lengths(STRUCTURE_AXES))

    @cached_property
    def rates(self) -> int:
        """Combinations of the rate axes."""
        return math.prod(self.space.lengths(RATE_AXES))

    @cached_property
    def groups(self) -> int:
        """Groups: combinations of the group axes."""
        return math.prod(self.space.lengths(GROUP_AXES))

    @property
    def group_structures(self) -> int:
        """Structures of one group."""
        return self.structures // self.groups

    @property
    def block_groups(self) -> int:
        """Groups of a full block."""
        return max(1, self.block_points // (self.group_structures * self.rates))

    @property
    def blocks(self) -> int:
        """Blocks of the whole space."""
        return -(-self.groups // self.block_groups)

    def groups_of(self, block: int) -> range:
        """Return the groups of a block."""
        first = block * self.block_groups
        return range(first, min(first + self.block_groups, self.groups))

    def structures_of(self, group: int) -> range:
        """Return the structures of a group."""
        return range(group * self.group_structures, (group + 1) * self.group_structures)

    def points_of(self, block: int) -> int:
        """Return how many points a block has."""
        return len(self.groups_of(block)) * self.group_structures * self.rates

    def span_of(self, block: int) -> range:
        """Return the numbers of a block's points, which follow one another."""
        first = block * self.block_groups * self.group_structures * self.rates
        return range(first, first + self.points_of(block))

    def structure_values(self, structure: int) -> dict[str, Any]:
        """Return the value of each structural axis."""
        return self._values(STRUCTURE_AXES, structure)

    def rate_values(self, rate: int) -> dict[str, Any]:
        """Return the value of each rate axis."""
        return self._values(RATE_AXES, rate)

    def _values(self, axes: tuple[str, ...], index: int) -> dict[str, Any]:
        positions = np.unravel_index(index, self.space.lengths(axes))
        return {name: self.space.axis(name)[p] for name, p in zip(axes, positions, strict=True)}

    def design(self, point: int, board: str) -> Design:
        """Return the design of a point, named after the space and the point."""
        structure, rate = divmod(point, self.rates)
        values = self.structure_values(structure) | self.rate_values(rate)
        return make_design(values, f"{self.space.name}-{point}", board)

    @cached_property
    def rate_columns(self) -> RateColumns:
        """What RATES rows are made of, for all rates in their order."""
        return RateColumns(**self._axis_columns(RATE_AXES, np.arange(self.rates)))

    def sparsity_positions(self, points: Indices) -> Indices:
        """Return the position of each point's sparsity on the axis ``sparsities``."""
        positions = np.unravel_index(points // self.rates, self.space.lengths(STRUCTURE_AXES))
        return positions[STRUCTURE_AXES.index("sparsities")].astype(np.int64)

    def columns(self, points: Indices) -> dict[str, npt.NDArray[Any]]:
        """Return the design of each of ``points`` as columns named like the parts of a Design."""
        structure, rate = np.divmod(points, self.rates)
        axes = self._axis_columns(STRUCTURE_AXES, structure) | self._axis_columns(RATE_AXES, rate)
        sparsity, buffers = axes.pop("sparsities"), axes.pop("buffers")
        return {
            "rows": axes["rows"],
            "cols": axes["cols"],
            "n": sparsity[:, 0],
            "m": sparsity[:, 1],
            "dataflows": axes["dataflows"],
            "interleave": axes["interleave"],
            "interleave_axes": axes["interleave_axes"],
            "adder_stages": axes["adder_stages"],
            "multiplier_stages": axes["multiplier_stages"],
            "sore_lanes": axes["sore_lanes"],
            "wuve_lanes": axes["wuve_lanes"],
            "vector_lanes": axes["vector_lanes"],
            "activation_bytes": buffers[:, 0],
            "weight_bytes": buffers[:, 1],
            "output_bytes": buffers[:, 2],
            "group_ports": axes["group_ports"],
            "clock_hz": axes["clock_hz"],
            "channels": axes["channels"],
            "axi_bits": np.full(len(points), AXI_BITS, np.int64),
        }

    def _axis_columns(self, axes: tuple[str, ...], index: Indices) -> dict[str, npt.NDArray[Any]]:
        positions = np.unravel_index(index, self.space.lengths(axes))
        return {name: self._axis_array(name)[p] for name, p in zip(axes, positions, strict=True)}

    def _axis_array(self, name: str) -> npt.NDArray[Any]:
        values = self.space.axis(name)
        if name == "sparsities":
            return np.array([(sparsity.n, sparsity.m) for sparsity in values], np.int64)
        if name == "clock_hz":
            return np.array(values, np.float64)
        return np.array(values, object if isinstance(values[0], str) else np.int64)
