"""What brings operands: loads of pixels that windows touch, of weights, and of pixels on the right."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from heddle.arch.instruction_words import Column
from heddle.dataflow.program.cuts import Ints
from heddle.dataflow.program.memory_map import Placed
from heddle.dataflow.program.place_columns import map_places, run_places, slot_places
from heddle.dataflow.program.tensors import SubMap, TiledWeights, WeightTile, tile_index_bytes
from heddle.dataflow.program.tile_plan import Steps, TilePlan


class Loads(Protocol):
    """What makes the loads of one operand of steps."""

    def of(self, steps: Steps) -> dict[str, Column]:
        """Return the fields of the loads, without half and tokens."""


@dataclass(frozen=True)
class LeftLoads:
    """Loads of the pixels that a step's windows touch."""

    plan: TilePlan
    address: int

    def of(self, steps: Steps) -> dict[str, Column]:
        """Return the fields of the loads, without half and tokens."""
        plan, spread = self.plan, self.plan.spread_columns
        return {
            "group_elements": spread.group_elements[steps.spread],
            **map_places(
                plan.product.left,
                self.address,
                plan.pixels_before(steps, plan.product.left) + plan.touched.starts[steps.pixels],
                plan.touched.lengths[steps.pixels],
                spread.first_channel[steps.spread],
                spread.channels[steps.spread],
            ),
        }


@dataclass(frozen=True)
class PixelsOnTheRight:
    """Loads of the pixels of a map that is the right operand: its pixels are the reduction."""

    plan: TilePlan
    right: SubMap
    address: int

    def of(self, steps: Steps) -> dict[str, Column]:
        """Return the fields of the loads, without half and tokens."""
        return {
            "weight": 1,
            "group_elements": self.plan.spread_columns.group_slots[steps.spread],
            **slot_places(self.plan, steps, self.right, self.address),
        }


@dataclass(frozen=True)
class WeightsOnTheRight:
    """Loads of a layer's weights, a tile each."""

    plan: TilePlan
    placed: Placed
    weights: TiledWeights

    def of(self, steps: Steps) -> dict[str, Column]:
        """Return the fields of the loads, without half and tokens."""
        tile = steps.col * self.plan.parts + steps.part
        value_offset, index_offset = self._offsets
        spread = self.plan.spread_columns
        fields: dict[str, Column] = {
            "weight": 1,
            "group_elements": spread.group_slots[steps.spread],
            **run_places(
                self.placed.address + value_offset[tile],
                spread.slots[steps.spread],
                self.plan.cols.lengths[steps.col],
                self.weights.element_bytes,
            ),
        }
        if self.weights.is_packed:
            fields |= {"packed": 1, "index_address": self.placed.index_address + index_offset[tile]}
        return fields

    @cached_property
    def _offsets(self) -> tuple[Ints, Ints]:
        """Of each tile those of its values and of its indices."""
        tiles = self.weights.tiles
        return np.array([tile.value_offset for tile in tiles]), np.array([tile.index_offset for tile in tiles])


def tiled_weights(plan: TilePlan, name: str, element_bytes: int) -> TiledWeights:
    """Return the right operand of ``plan`` as its tiles lie in memory: column tile by column tile, part by part."""
    product, group_m = plan.product.product, plan.group_m
    keep_n = group_m if product.is_dense else product.keep_n
    tiles: list[WeightTile] = []
    value_offset = index_offset = 0
    for cols in plan.cols.ranges():
        for spread in plan.spreads:
            slots = plan.slots_of(spread)
            tiles.append(WeightTile(spread, cols, slots, plan.group_slots(spread), value_offset, index_offset))
            value_offset += slots * len(cols) * element_bytes
            index_offset += tile_index_bytes(slots, len(cols), group_m)
    return TiledWeights(name, tuple(tiles), element_bytes, keep_n, group_m)
