"""What brings a step's operands: loads of pixels that windows touch, of weights, and of pixels on the right."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from heddle.arch.instructions import NO_TOKENS, Load, Opcode, Places
from heddle.dataflow.program.memory_map import Placed
from heddle.dataflow.program.tensors import SubMap, TiledWeights, WeightTile, run_of, slot_index_bytes
from heddle.dataflow.program.tile_plan import Step, TilePlan


class Loads(Protocol):
    """What makes the load of one operand of a step."""

    def of(self, step: Step, half: int) -> Load:
        """Return the load into ``half`` of the operand's buffer."""


@dataclass(frozen=True)
class LeftLoads:
    """Loads of the pixels that a step's windows touch."""

    plan: TilePlan
    address: int

    def of(self, step: Step, half: int) -> Load:
        """Return the load."""
        plan, left = self.plan, self.plan.product.left
        _, spread = plan.pixels_and_spread(step)
        places = _at(self.address, left.places(plan.stored(step), spread.channels))
        return _load(0, half, places, plan.group_elements(spread))


@dataclass(frozen=True)
class PixelsOnTheRight:
    """Loads of the pixels of a map that is the right operand: its pixels are the reduction."""

    plan: TilePlan
    right: SubMap
    address: int

    def of(self, step: Step, half: int) -> Load:
        """Return the load."""
        pixels, spread = self.plan.pixels_and_spread(step)
        places = self.right.places(pixels, self.plan.cols[step.col])
        return _load(1, half, _at(self.address, places), self.plan.group_slots(spread))


@dataclass(frozen=True)
class WeightsOnTheRight:
    """Loads of a layer's weights, a tile each."""

    plan: TilePlan
    placed: Placed
    weights: TiledWeights

    def of(self, step: Step, half: int) -> Load:
        """Return the load."""
        tile = self.weights.tiles[step.col * self.plan.parts + step.part]
        address = self.placed.address + tile.value_offset
        places = run_of(address, tile.slots, len(tile.cols), self.weights.element_bytes)
        load = _load(1, half, places, tile.group_slots)
        if not self.weights.is_packed:
            return load
        return replace(load, packed=1, index_address=self.placed.index_address + tile.index_offset)


def tiled_weights(plan: TilePlan, name: str, element_bytes: int) -> TiledWeights:
    """Return the right operand of ``plan`` as its tiles lie in memory: column tile by column tile, part by part."""
    product, group_m = plan.product.product, plan.group_m
    keep_n = group_m if product.is_dense else product.keep_n
    tiles: list[WeightTile] = []
    value_offset = index_offset = 0
    for cols in plan.cols:
        for spread in plan.spreads:
            slots = plan.weight_slots(spread)
            tiles.append(WeightTile(spread, cols, slots, plan.group_slots(spread), value_offset, index_offset))
            value_offset += slots * len(cols) * element_bytes
            index_offset += slots * slot_index_bytes(len(cols), group_m)
    return TiledWeights(name, tuple(tiles), element_bytes, keep_n, group_m)


def _at(address: int, places: Places) -> Places:
    return replace(places, address=address + places.address)


def _load(weight: int, half: int, places: Places, group_elements: int) -> Load:
    return Load(
        opcode=Opcode.LOAD,
        tokens=NO_TOKENS,
        weight=weight,
        half=half,
        packed=0,
        places=places,
        index_address=0,
        group_elements=group_elements,
    )
