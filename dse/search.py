"""The mappings of a group of structures: searched once for each machine, chosen once for each rate.

Structures of a group share their array and buffers. What is left of a mapping's work depends on the pipeline and,
in OS, on the interleave; a structure that supports both dataflows has the mappings of both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from heddle.arch.boards import Board
from heddle.arch.records import Rows
from heddle.dataflow.kernel_rows import axes_bits, dataflow_bits, machine_row
from heddle.dataflow.mapping_frontier import MAX_ARRAYS
from heddle.dataflow.mapping_space import kept_of
from heddle.dse.kernels import CHOICE, Chosen, Frontiers, choose_mappings, frontiers_of, join_choices, search_mappings
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


class TileAxes(NamedTuple):
    """What the tiles of a group's structure depend on, in one dataflow."""

    dataflow: str
    interleave: int
    interleave_axes: str


class Machine(NamedTuple):
    """What the mappings of a group's structure depend on, in one dataflow, beside the channels of its memory."""

    tiles: TileAxes
    adder_stages: int
    multiplier_stages: int
    group_ports: int


def machines_of(structure: Mapping[str, Any]) -> dict[str, Machine]:
    """Return the machine behind each dataflow that a structure supports."""
    return {name: _machine(structure, name) for name in structure["dataflows"].split("+")}


def _machine(structure: Mapping[str, Any], dataflow: str) -> Machine:
    """WS keeps no outputs in rotation, so that its mappings are the same whatever the interleave."""
    interleave, axes = (1, "both") if dataflow == "ws" else (structure["interleave"], structure["interleave_axes"])
    stages = structure["adder_stages"], structure["multiplier_stages"]
    return Machine(TileAxes(dataflow, interleave, axes), *stages, structure["group_ports"])


class GroupSearch:
    """The mappings of one group's machines, for all numbers of channels.

    Machines of the same tiles are searched together when one of them is first asked for: they move the same.
    """

    def __init__(
        self,
        step: SparseStep,
        values: Mapping[str, Any],
        channels: Sequence[int],
        board: Board,
        machines: Iterable[Machine],
    ) -> None:
        """``values`` hold the axes of one of the group's points but for ``channels``, whose memory is of ``board``.

        ``machines`` are all that will be asked for.
        """
        self._step, self._channels = step, channels
        self._found: dict[tuple[Machine, int], Frontiers] = {}
        # Arrays with the same ports stand together: they wait alike, and one after another they are timed once.
        self._machines = tuple(sorted(set(machines), key=lambda machine: (machine.group_ports, machine)))
        designs = [make_design(dict(values) | {"channels": count}, "searched", board.name) for count in channels]
        self._ports = np.concatenate([machine_row(design, board) for design in designs])
        self._kept = kept_of(len(channels), len(step.table.products))

    def frontiers(self, machine: Machine, channels: int) -> Frontiers:
        """Return the mappings of a machine of the group."""
        if (machine, channels) not in self._found:
            alike = [other for other in self._machines if other.tiles == machine.tiles]
            first = alike.index(machine) // MAX_ARRAYS * MAX_ARRAYS
            self._search(machine.tiles, alike[first : first + MAX_ARRAYS])
        return self._found[machine, channels]

    def _search(self, tiles: TileAxes, machines: Sequence[Machine]) -> None:
        products, ports = self._step.table.products, self._ports.copy()
        ports["dataflows"], ports["axes"] = dataflow_bits((tiles.dataflow,)), axes_bits(tiles.interleave_axes)
        ports["interleave"] = tiles.interleave
        arrays = np.repeat(ports[:1], len(machines))
        for name in ("adder_stages", "multiplier_stages", "group_ports"):
            arrays[name] = [getattr(machine, name) for machine in machines]
        ends = np.zeros((len(ports), len(products)), np.int64)
        search_mappings(products, arrays, ports, self._step.energy[0], self._kept, ends)
        for port, channels in enumerate(self._channels):
            for array, machine in enumerate(machines):
                self._found[machine, channels] = frontiers_of(self._kept.pools[port], ends[port], array)


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
