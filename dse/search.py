"""The mappings of a group of structures: searched once for each machine, chosen once for each rate.

Structures of a group share their array and buffers. What is left of a mapping's work depends on the pipeline and,
in OS, on the interleave; a structure that supports both dataflows has the mappings of both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from heddle.arch.boards import Board
from heddle.arch.records import Rows
from heddle.dataflow.kernel_rows import TILE_MAPPING, machine_row
from heddle.dataflow.mapping_space import MAX_MAPPINGS
from heddle.dse.kernels import CHOICE, Chosen, Frontiers, choose_mappings, join_choices, search_mappings
from heddle.dse.space import make_design
from heddle.sim.step_table import StepTable

#: Rates that are costed together: bounds the memory of the choices, whatever the space.
RATES_TOGETHER = 512


@dataclass(frozen=True)
class SparseStep:
    """A training step at one sparsity.

    ``streams_j`` are the joules of its vector and update items, the share that flows with time left out, and ``energy``
    the ENERGY row behind them.
    """

    table: StepTable
    streams_j: float
    energy: Rows


@dataclass(frozen=True)
class RateChunk:
    """Rates at ``places``, all of ``channels``: ``rates`` (RATES rows), and the fewer that a mapping's choice sees.

    Rate i of the chunk has the choices of row ``choice_of[i]``: lanes that work apart from the array play no part
    in them.
    """

    places: npt.NDArray[np.int64]
    channels: int
    rates: Rows
    choice_rates: Rows
    choice_of: npt.NDArray[np.int64]


def rate_chunks(rates: Rows, channels: npt.NDArray[np.int64], prunes_on_load: bool) -> Iterator[RateChunk]:
    """Cut RATES rows into chunks of at most ``RATES_TOGETHER`` that have the same ``channels`` [rates] of memory.

    The machine's port is as wide as all channels together, so mappings depend on them.

    ``prunes_on_load``: SORE works beside the array in some product, so that its lanes play a part in the choices.
    """
    idle_lanes = ("wuve_lanes",) if prunes_on_load else ("wuve_lanes", "sore_lanes")
    for places in _places_by_channels(channels):
        chunk = rates[places]
        alike = chunk.copy()
        for name in idle_lanes:
            alike[name] = 0
        _, first, choice_of = np.unique(alike, return_index=True, return_inverse=True)
        yield RateChunk(places, int(channels[places[0]]), chunk, chunk[first], choice_of.astype(np.int64))


def _places_by_channels(channels: npt.NDArray[np.int64]) -> Iterator[npt.NDArray[np.int64]]:
    for count in np.unique(channels):
        places = np.flatnonzero(channels == count)
        for start in range(0, len(places), RATES_TOGETHER):
            yield places[start : start + RATES_TOGETHER]


class Machine(NamedTuple):
    """What the mappings of a group's structure depend on, in one dataflow, on a memory of so many channels."""

    dataflow: str
    adder_stages: int
    multiplier_stages: int
    interleave: int
    interleave_axes: str
    group_ports: int
    channels: int


def machines_of(structure: Mapping[str, Any], channels: int) -> dict[str, Machine]:
    """Return the machine behind each dataflow that a structure supports."""
    return {name: _machine(structure, name, channels) for name in structure["dataflows"].split("+")}


def _machine(structure: Mapping[str, Any], dataflow: str, channels: int) -> Machine:
    """WS keeps no outputs in rotation, so that its mappings are the same whatever the interleave."""
    interleave, axes = (1, "both") if dataflow == "ws" else (structure["interleave"], structure["interleave_axes"])
    stages = structure["adder_stages"], structure["multiplier_stages"]
    return Machine(dataflow, *stages, interleave, axes, structure["group_ports"], channels)


class GroupSearch:
    """The mappings of one group, searched when they are first asked for."""

    def __init__(self, step: SparseStep, values: Mapping[str, Any], board: Board) -> None:
        """``values`` hold every axis of one of the group's points, whose memory is that of ``board``."""
        self._step, self._values, self._board = step, values, board
        self._found: dict[Machine, Frontiers] = {}
        products = len(step.table.products)
        self._scratch = np.zeros(MAX_MAPPINGS, TILE_MAPPING)
        # Memory is only taken where frontiers are written, a few rows a product.
        self._space = np.empty(products * MAX_MAPPINGS, TILE_MAPPING)

    def frontiers(self, machine: Machine) -> Frontiers:
        """Return the mappings of a machine of the group."""
        if machine not in self._found:
            self._found[machine] = self._search(machine)
        return self._found[machine]

    def _search(self, machine: Machine) -> Frontiers:
        values = dict(self._values) | machine._asdict() | {"dataflows": machine.dataflow}
        row = machine_row(make_design(values, "searched", self._board.name), self._board)[0]
        products = self._step.table.products
        ends = np.zeros(len(products), np.int64)
        count = search_mappings(products, row, self._step.energy[0], self._scratch, self._space, ends)
        return Frontiers(self._space[:count].copy(), ends)


class ChunkChoices:
    """What the structures of a group run with under a chunk of rates; each dataflow's own choices are made once."""

    def __init__(self, search: GroupSearch, products: Rows, chunk: RateChunk) -> None:
        """``products`` are PRODUCT rows, those that ``search`` has mappings of."""
        self._search, self._products, self._chunk = search, products, chunk
        self._chosen: dict[Machine, Chosen] = {}

    def of(self, structure: Mapping[str, Any]) -> Rows:
        """Return the mappings that a structure runs with, as CHOICE rows [choice rates, products]."""
        own = [self._of_machine(machine) for machine in machines_of(structure, self._chunk.channels).values()]
        if len(own) == 1:
            return own[0].choices
        in_os, in_ws = own
        joined = self._no_choices()
        join_choices(self._products, in_os, in_ws, self._chunk.choice_rates, joined)
        return joined

    def _of_machine(self, machine: Machine) -> Chosen:
        if machine not in self._chosen:
            frontiers, choices = self._search.frontiers(machine), self._no_choices()
            choose_mappings(self._products, frontiers, self._chunk.choice_rates, choices)
            self._chosen[machine] = Chosen(frontiers, choices)
        return self._chosen[machine]

    def _no_choices(self) -> Rows:
        return np.zeros((len(self._chunk.choice_rates), len(self._products)), CHOICE)
