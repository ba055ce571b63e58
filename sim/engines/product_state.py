"""What the engines hold: the machine that runs everything, a product to run, and room for the product under way."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.memory_clocks import MemoryClocks
from heddle.arch.records import Rows
from heddle.dataflow.kernel_rows import MachineRow, ProductRow, RatesRow, TileMappingRow, machine_row, rates_row
from heddle.sim.engines.dram_rows import Dram, dram_of
from heddle.sim.engines.events import Events, event_log
from heddle.sim.engines.laps import Laps, no_laps
from heddle.sim.engines.passed_over import PassedOver, passed_over
from heddle.sim.engines.pipe import HALVES, PIPE, HalvesRow, PipeRow
from heddle.sim.engines.streams import Background, Times, background
from heddle.sim.engines.tile_costs import TILE_COST
from heddle.sim.engines.tiles import TILE_KINDS
from heddle.sim.machine.shape import MachineShape, machine_shape


class Engines(NamedTuple):
    """The machine that runs everything, with the updates that wait for its DRAM and the log of what it did.

    ``passed`` are accesses that were passed over, none while the DRAM itself is at work.
    """

    machine: MachineRow
    rates: RatesRow
    dram: Dram
    passed: PassedOver
    way: MachineShape
    updates: Background
    events: Events


def engines_of(design: Design, board: Board, updates: int = 0, event_capacity: int = 0) -> Engines:
    """Return the engines of ``design`` at time 0, with room for so many updates and events."""
    return engines_with(dram_of(design, board), design, board, updates, event_capacity)


def engines_with(dram: Dram, design: Design, board: Board, updates: int = 0, event_capacity: int = 0) -> Engines:
    """Return the engines of ``design`` on the memory ``dram``."""
    return Engines(
        machine=machine_row(design, board)[0],
        rates=rates_row(design, board)[0],
        dram=dram,
        passed=passed_over(dram),
        way=machine_shape(design, MemoryClocks()),
        updates=background(updates),
        events=event_log(event_capacity),
    )


class Job(NamedTuple):
    """A product to run; ``stalls`` takes idle cycles by the causes of ``heddle.sim.stalls``, ``item`` names events."""

    product: ProductRow
    mapping: TileMappingRow
    stalls: Times
    item: int


class ProductState(NamedTuple):
    """Room for the product under way: its progress, halves of the buffers, tiles' costs by kind (TILE_COST), laps."""

    pipe: PipeRow
    halves: HalvesRow
    costs: Rows
    laps: Laps


def product_state() -> ProductState:
    """Return room for a product's state."""
    return ProductState(np.zeros(1, PIPE)[0], np.zeros(1, HALVES)[0], np.zeros(TILE_KINDS, TILE_COST), no_laps())
