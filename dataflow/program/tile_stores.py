"""What stores a step's result tile: rows of pixels into a map, or a tile of a weight gradient."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from heddle.arch.formats import FP32
from heddle.arch.instructions import NO_TOKENS, Opcode, Places, Store
from heddle.dataflow.program.tensors import GradientTile, SubMap, TiledGradient, run_of
from heddle.dataflow.program.tile_plan import Step, TilePlan


class Stores(Protocol):
    """What makes the store of a step's result tile."""

    def of(self, step: Step, half: int) -> Store:
        """Return the store from ``half`` of the output buffer."""


@dataclass(frozen=True)
class MapStores:
    """Stores into a map, in the operand format."""

    plan: TilePlan
    out: SubMap
    address: int

    def of(self, step: Step, half: int) -> Store:
        """Return the store."""
        pixels, _ = self.plan.pixels_and_spread(step)
        places = self.out.places(pixels, self.plan.cols[step.col])
        return _store(self.plan, half, replace(places, address=self.address + places.address), wide=0)


@dataclass(frozen=True)
class GradientStores:
    """Stores of a weight gradient in FP32, tile by tile."""

    plan: TilePlan
    gradient: TiledGradient
    address: int

    def of(self, step: Step, half: int) -> Store:
        """Return the store."""
        tile = self.gradient.tiles[step.row * len(self.plan.cols) + step.col]
        places = run_of(self.address + tile.offset, tile.spread.elements, len(tile.cols), FP32.width_bytes)
        return _store(self.plan, half, places, wide=1)


def tiled_gradient(plan: TilePlan, name: str) -> TiledGradient:
    """Return the result of a weight gradient's ``plan`` as its tiles lie in memory."""
    return TiledGradient(name, tuple(_gradient_tiles(plan)), FP32.width_bytes)


def zero_store(empty: SubMap, address: int) -> Store:
    """Return the store of zeros to all pixels of ``empty``, whose tensor stands at ``address``."""
    places = empty.places(range(empty.pixels), range(len(empty.channels)))
    return Store(
        opcode=Opcode.STORE,
        tokens=NO_TOKENS,
        half=0,
        wide=0,
        zeros=1,
        ws=0,
        interleave_cols=0,
        places=replace(places, address=address + places.address),
    )


def _gradient_tiles(plan: TilePlan) -> Iterator[GradientTile]:
    offset = 0
    for spread in plan.spreads:
        for cols in plan.cols:
            yield GradientTile(spread, cols, offset)
            offset += spread.elements * len(cols) * FP32.width_bytes


def _store(plan: TilePlan, half: int, places: Places, wide: int) -> Store:
    in_ws = plan.mapping.dataflow == "ws"
    return Store(
        opcode=Opcode.STORE,
        tokens=NO_TOKENS,
        half=half,
        wide=wide,
        zeros=0,
        ws=int(in_ws),
        interleave_cols=0 if in_ws else plan.mapping.interleave_cols,
        places=places,
    )
