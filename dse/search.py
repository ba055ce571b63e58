"""The mappings of a group of structures: searched once for each machine, chosen once for each rate.

Structures of a group share their array and buffers. What is left of a mapping's work depends on the pipeline and,
in OS, on the interleave; a structure that supports both dataflows has the mappings of both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from heddle.arch.boards import Board
from heddle.arch.records import Rows
from heddle.dataflow.kernel_rows import TILE_MAPPING, axes_bits, dataflow_bits, machine_row
from heddle.dataflow.mapping_frontier import MAX_MAPPINGS
from heddle.dataflow.mapping_space import kept_of
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
    """What the mappings of a group's structure depend on, in one dataflow, beside the channels of its memory."""

    dataflow: str
    adder_stages: int
    multiplier_stages: int
    interleave: int
    interleave_axes: str
    group_ports: int


def machines_of(structure: Mapping[str, Any]) -> dict[str, Machine]:
    """Return the machine behind each dataflow that a structure supports."""
    return {name: _machine(structure, name) for name in structure["dataflows"].split("+")}


def _machine(structure: Mapping[str, Any], dataflow: str) -> Machine:
    """WS keeps no outputs in rotation, so that its mappings are the same whatever the interleave."""
    interleave, axes = (1, "both") if dataflow == "ws" else (structure["interleave"], structure["interleave_axes"])
    stages = structure["adder_stages"], structure["multiplier_stages"]
    return Machine(dataflow, *stages, interleave, axes, structure["group_ports"])


class GroupSearch:
    """The mappings of one group, searched when they are first asked for, for all numbers of channels at once."""

    def __init__(self, step: SparseStep, values: Mapping[str, Any], channels: Sequence[int], board: Board) -> None:
        """``values`` hold the axes of one of the group's points but for ``channels``, whose memory is of ``board``."""
        self._step, self._channels = step, channels
        self._found: dict[Machine, tuple[Frontiers, ...]] = {}
        designs = [make_design(dict(values) | {"channels": count}, "searched", board.name) for count in channels]
        self._machines = np.concatenate([machine_row(design, board) for design in designs])
        self._kept = kept_of(len(channels))
        # Memory is only taken where frontiers are written, a few rows a product.
        self._space = np.empty((len(channels), len(step.table.products) * MAX_MAPPINGS), TILE_MAPPING)

    def frontiers(self, machine: Machine, channels: int) -> Frontiers:
        """Return the mappings of a machine of the group."""
        if machine not in self._found:
            self._found[machine] = self._search(machine)
        return self._found[machine][self._channels.index(channels)]

    def _search(self, machine: Machine) -> tuple[Frontiers, ...]:
        products, rows = self._step.table.products, self._machines.copy()
        rows["dataflows"], rows["axes"] = dataflow_bits((machine.dataflow,)), axes_bits(machine.interleave_axes)
        for name in ("adder_stages", "multiplier_stages", "interleave", "group_ports"):
            rows[name] = getattr(machine, name)
        ends = np.zeros((len(rows), len(products)), np.int64)
        search_mappings(products, rows, self._step.energy[0], self._kept, self._space, ends)
        return tuple(Frontiers(space[: end[-1]].copy(), end) for space, end in zip(self._space, ends, strict=True))


class ChunkChoices:
    """What the structures of a group run with under a chunk of rates; each dataflow's own choices are made once."""

    def __init__(self, search: GroupSearch, products: Rows, chunk: RateChunk) -> None:
        """``products`` are PRODUCT rows, those that ``search`` has mappings of."""
        self._search, self._products, self._chunk = search, products, chunk
        self._chosen: dict[Machine, Chosen] = {}

    def of(self, structure: Mapping[str, Any]) -> Rows:
        """Return the mappings that a structure runs with, as CHOICE rows [choice rates, products]."""
        own = [self._of_machine(machine) for machine in machines_of(structure).values()]
        if len(own) == 1:
            return own[0].choices
        in_os, in_ws = own
        joined = self._no_choices()
        join_choices(self._products, in_os, in_ws, self._chunk.choice_rates, joined)
        return joined

    def _of_machine(self, machine: Machine) -> Chosen:
        if machine not in self._chosen:
            frontiers, choices = self._search.frontiers(machine, self._chunk.channels), self._no_choices()
            choose_mappings(self._products, frontiers, self._chunk.choice_rates, choices)
            self._chosen[machine] = Chosen(frontiers, choices)
        return self._chosen[machine]

    def _no_choices(self) -> Rows:
        return np.zeros((len(self._chunk.choice_rates), len(self._products)), CHOICE)
