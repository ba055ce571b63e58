"""What stores result tiles: rows as pixels into a map, or tiles of a weight gradient."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from heddle.arch.formats import FP32
from heddle.arch.instruction_words import Column
from heddle.dataflow.program.cuts import Ints
from heddle.dataflow.program.place_columns import row_places, run_places
from heddle.dataflow.program.tensors import GradientTile, SubMap, TiledGradient
from heddle.dataflow.program.tile_plan import Steps, TilePlan


class Stores(Protocol):
    """What makes the stores of steps' result tiles."""

    def of(self, steps: Steps) -> dict[str, Column]:
        """Return the fields of the stores, without half and tokens."""


@dataclass(frozen=True)
class MapStores:
    """Stores into a map, in the operand format."""

    plan: TilePlan
    out: SubMap
    address: int

    def of(self, steps: Steps) -> dict[str, Column]:
        """Return the fields of the stores, without half and tokens."""
        return {**_order(self.plan), **row_places(self.plan, steps, self.out, self.address)}


@dataclass(frozen=True)
class GradientStores:
    """Stores of a weight gradient in FP32, tile by tile."""

    plan: TilePlan
    gradient: TiledGradient
    address: int

    def of(self, steps: Steps) -> dict[str, Column]:
        """Return the fields of the stores, without half and tokens."""
        tile = steps.row * len(self.plan.cols) + steps.col
        elements, cols = self.plan.spread_columns.elements[steps.spread], self.plan.cols.lengths[steps.col]
        places = run_places(self.address + self._offsets[tile], elements, cols, FP32.width_bytes)
        return {"wide": 1, **_order(self.plan), **places}

    @cached_property
    def _offsets(self) -> Ints:
        return np.array([tile.offset for tile in self.gradient.tiles])


def tiled_gradient(plan: TilePlan, name: str) -> TiledGradient:
    """Return the result of a weight gradient's ``plan`` as its tiles lie in memory."""
    return TiledGradient(name, tuple(_gradient_tiles(plan)), FP32.width_bytes)


def _gradient_tiles(plan: TilePlan) -> Iterator[GradientTile]:
    offset = 0
    for spread in plan.spreads:
        for cols in plan.cols.ranges():
            yield GradientTile(spread, cols, offset)
            offset += spread.elements * len(cols) * FP32.width_bytes


def _order(plan: TilePlan) -> dict[str, Column]:
    """The order in which the array gives results."""
    if plan.mapping.dataflow == "ws":
        return {"ws": 1}
    return {"interleave_cols": plan.mapping.interleave_cols}
