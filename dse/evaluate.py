"""Blocks of points: which designs fit the board, and the time, energy and resources of those that do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from heddle.arch.clock import clock_is_plausible
from heddle.arch.design import Design, SparsityConfig
from heddle.arch.fit import fits
from heddle.arch.resource_inputs import ResourceInputs
from heddle.arch.resource_model import resource_table
from heddle.dataflow.kernel_rows import rates_rows
from heddle.dataflow.mapping_energy import idle_watts
from heddle.dse.grid import Grid
from heddle.dse.kernels import step_costs
from heddle.dse.points import RESOURCES, Points, concatenate
from heddle.dse.request import ExploreRequest
from heddle.dse.search import ChunkChoices, GroupSearch, RateChunk, SparseStep, machines_of, rate_chunks
from heddle.dse.space import AXI_BITS
from heddle.sim.energy import energy_row, item_energy_j
from heddle.sim.step_table import ARRAY, step_table

Structures = Sequence[Mapping[str, Any]]
Grid2D = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


class Evaluator:
    """Evaluates blocks of a request's grid. Nothing of it changes once it is made: blocks run in any thread."""

    def __init__(self, request: ExploreRequest, grid: Grid) -> None:
        self.grid = grid
        self._board = request.board
        self._steps = {sparsity: _sparse_step(request, sparsity, grid) for sparsity in grid.space.sparsities}
        prunes_on_load = any(step.table.products["prune_on_load"].any() for step in self._steps.values())
        rates = rates_rows(grid.rate_columns, AXI_BITS, request.board)
        self._chunks = tuple(rate_chunks(rates, grid.rate_columns.channels, prunes_on_load))

    def block(self, block: int) -> Points:
        """Return the evaluated points of a block, in their order, and how many were skipped and why."""
        return concatenate([self._group(group) for group in self.grid.groups_of(block)])

    def _group(self, group: int) -> Points:
        numbers = self.grid.structures_of(group)
        structures = [self.grid.structure_values(index) for index in numbers]
        step = self._steps[structures[0]["sparsities"]]
        clock_hz = self.grid.rate_columns.clock_hz
        shape = len(structures), self.grid.rates
        inputs = self._inputs(self.grid.design(numbers.start * self.grid.rates, self._board.name), structures)
        need = resource_table(inputs)
        distinct = np.broadcast_to(self._is_first_of_its_kind(structures), shape)
        on_board = np.broadcast_to(fits(need, self.grid.rate_columns.channels, self._board), shape)
        in_time = clock_is_plausible(clock_hz, inputs)
        wanted = distinct & on_board & in_time
        lost = ~distinct, distinct & ~on_board, distinct & on_board & ~in_time
        cycles, products_j = self._costs(structures, step, wanted)
        mapped = wanted & np.isfinite(cycles)
        structure, rate = np.nonzero(mapped)
        time_s = cycles[mapped] / clock_hz[rate]
        resources = {name: np.broadcast_to(getattr(need, name), shape)[mapped] for name in RESOURCES}
        idle_j = idle_watts(resources["ff"].astype(np.float64), clock_hz[rate]) * time_s
        return Points(
            point=(numbers.start + structure) * self.grid.rates + rate,
            time_s=time_s,
            energy_j=products_j[mapped] + step.streams_j + idle_j,
            **resources,
            skipped=tuple(int(np.count_nonzero(mask)) for mask in (*lost, wanted & ~mapped)),
        )

    def _is_first_of_its_kind(self, structures: Structures) -> Mask:
        """False [structures, 1] where an interleave is varied that the machine, having no OS, does not use."""
        space = self.grid.space
        first = space.interleave[0], space.interleave_axes[0]
        return _flags(
            ["os" in s["dataflows"] or (s["interleave"], s["interleave_axes"]) == first for s in structures]
        ).astype(np.bool_)

    def _inputs(self, design: Design, structures: Structures) -> ResourceInputs:
        """What resources and clock limits follow from, [structures, rates] of a group; ``design`` is a point of it."""
        rates = self.grid.rate_columns
        dataflows = [structure["dataflows"].split("+") for structure in structures]
        return replace(
            ResourceInputs.of(design, self._board),
            interleave=_column(structures, "interleave"),
            interleave_cols_only=_flags([s["interleave_axes"] == "cols" for s in structures]),
            adder_stages=_column(structures, "adder_stages"),
            multiplier_stages=_column(structures, "multiplier_stages"),
            group_ports=_column(structures, "group_ports"),
            has_os=_flags(["os" in names for names in dataflows]),
            has_ws=_flags(["ws" in names for names in dataflows]),
            sore_lanes=rates.sore_lanes,
            wuve_lanes=rates.wuve_lanes,
            vector_lanes=rates.vector_lanes,
            channels=rates.channels,
        )

    def _costs(self, structures: Structures, step: SparseStep, wanted: Mask) -> tuple[Grid2D, Grid2D]:
        """Cycles of the step and joules of its products, [structures, rates]; infinite where none is wanted."""
        cycles, products_j = np.full(wanted.shape, np.inf), np.zeros(wanted.shape)
        values = dict(structures[0]) | self.grid.rate_values(0)
        ran = [structure for structure, rates in zip(structures, wanted, strict=True) if rates.any()]
        machines = (machine for structure in ran for machine in machines_of(structure).values())
        search = GroupSearch(step, values, self.grid.space.channels, self._board, machines)
        for chunk in self._chunks:
            part, of_chunk = (slice(None), chunk.places), np.take(wanted, chunk.places, axis=1)
            cycles[part], products_j[part] = _chunk_costs(structures, step, search, chunk, of_chunk)
        return cycles, products_j


def _chunk_costs(
    structures: Structures, step: SparseStep, search: GroupSearch, chunk: RateChunk, wanted: Mask
) -> tuple[Grid2D, Grid2D]:
    """Cycles of the step and joules of its products, [structures, rates of the chunk]."""
    cycles, products_j = np.full(wanted.shape, np.inf), np.zeros(wanted.shape)
    choices = ChunkChoices(search, step.table.products, chunk)
    for index, structure in enumerate(structures):
        if wanted[index].any():
            step_costs(
                step.table.items,
                step.table.refs,
                step.table.uses,
                choices.of(structure),
                chunk.choice_of,
                chunk.rates,
                wanted[index],
                cycles[index],
                products_j[index],
            )
    return cycles, products_j


def _sparse_step(request: ExploreRequest, sparsity: SparsityConfig, grid: Grid) -> SparseStep:
    # Any design of the space has these formats and joules; only the watts that flow with time depend on the design,
    # and no row is used for them.
    design = grid.design(0, request.board.name)
    table = step_table(request.step(sparsity, design.numbers.operand))
    energy = energy_row(design, request.board)
    streams = table.items[table.items["kind"] != ARRAY]
    return SparseStep(table, float(sum(item_energy_j(item, energy[0]) for item in streams)), energy)


def _column(structures: Structures, name: str) -> npt.NDArray[np.int64]:
    """One axis of the structures, standing upright to broadcast against rates."""
    return np.array([[structure[name]] for structure in structures], np.int64)


def _flags(values: Sequence[bool]) -> npt.NDArray[np.int64]:
    return np.array(values, np.int64)[:, None]
