"""From the cycles of every item to a StepResult: bytes, energy and utilisation, the same way at every level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.records import Rows
from heddle.dataflow.kernel_rows import TILE_MAPPING, machine_row
from heddle.dataflow.mapping_energy import ProductEnergy
from heddle.dataflow.scheduler import ProductSchedule, Schedule
from heddle.dataflow.step_items import ProductPass, UpdatePass, VectorPass
from heddle.sim.activity import step_activity
from heddle.sim.energy import energies_of, energy_row
from heddle.sim.levels import Level
from heddle.sim.result import PassResult, StepResult
from heddle.sim.step_table import UPDATE, VECTOR, StepTable

_PARTS = ProductEnergy._fields


@dataclass(frozen=True)
class ItemCycles:
    """What a level found for one item: its share of the step, its own time, the array's work, its stalls."""

    cycles: float
    busy_cycles: float
    compute_cycles: float = 0.0
    dram_bytes: float = 0.0
    stall_cycles: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class _Energies:
    """Joules of a step: of each product by part, of each item's stream, and per cycle whatever runs."""

    product_j: npt.NDArray[np.float64]
    item_j: npt.NDArray[np.float64]
    dram_byte_j: float
    idle_j_per_cycle: float


def chosen_mappings(schedule: Schedule, table: StepTable) -> Rows:
    """Return the TILE_MAPPING row of each distinct product of ``table``."""
    mappings = np.zeros(len(table.distinct), TILE_MAPPING)
    for index, product in enumerate(table.distinct):
        mappings[index] = schedule.by_product[product].row
    return mappings


def expose_updates(timing: list[ItemCycles], table: StepTable, exposed: float) -> list[ItemCycles]:
    """Add the cycles that outlast all other items to the last updates: they are what is still under way."""
    shown = list(timing)
    for index in reversed(np.flatnonzero(table.items["kind"] == UPDATE)):
        share = min(exposed, shown[index].busy_cycles)
        exposed -= share
        shown[index] = replace(shown[index], cycles=shown[index].cycles + share)
    return shown


def assemble(
    schedule: Schedule,
    table: StepTable,
    design: Design,
    board: Board,
    level: Level,
    timing: list[ItemCycles],
) -> StepResult:
    """Return the StepResult of a scheduled step whose items took ``timing``."""
    energies = _energies(schedule, table, design, board)
    passes = tuple(
        _pass_result(schedule, table, index, cycles, energies, design) for index, cycles in enumerate(timing)
    )
    total_cycles = sum(entry.cycles for entry in timing)
    step = table.step
    return StepResult(
        design=design,
        network=step.network,
        batch=step.batch,
        recipe=step.recipe,
        sparsity=step.sparsity,
        level=level,
        passes=passes,
        cycles=total_cycles,
        energy_by_part_j=_energy_by_part(table, energies, total_cycles),
        failures=schedule.failures,
        activity=step_activity(table, chosen_mappings(schedule, table), design, board, total_cycles),
    )


def _energies(schedule: Schedule, table: StepTable, design: Design, board: Board) -> _Energies:
    energy, machine = energy_row(design, board)[0], machine_row(design, board)[0]
    product_j, item_j = energies_of(table, chosen_mappings(schedule, table), machine, energy)
    return _Energies(product_j, item_j, float(energy["dram_byte_j"]), float(energy["idle_w"]) / design.clock_hz)


def _energy_by_part(table: StepTable, energies: _Energies, total_cycles: float) -> dict[str, float]:
    """Sum joules over the step: array, buffers, links, DRAM, SORE, vector unit, WUVE, and what flows with time."""
    uses = np.bincount(table.refs, minlength=len(table.distinct))
    parts = dict(zip(_PARTS, (uses @ energies.product_j).tolist(), strict=True))
    streams_dram_j = (table.items["read_bytes"] + table.items["write_bytes"]) * energies.dram_byte_j
    lanes_j = energies.item_j - streams_dram_j
    parts["dram_j"] += float(streams_dram_j.sum())
    parts["vector_j"] = float(lanes_j[table.items["kind"] == VECTOR].sum())
    parts["wuve_j"] = float(lanes_j[table.items["kind"] == UPDATE].sum())
    parts["idle_j"] = energies.idle_j_per_cycle * total_cycles
    return {name.removesuffix("_j"): joules for name, joules in parts.items()}


def _pass_result(
    schedule: Schedule,
    table: StepTable,
    index: int,
    cycles: ItemCycles,
    energies: _Energies,
    design: Design,
) -> PassResult:
    item, row = table.step.items[index], table.items[index]
    idle_j = energies.idle_j_per_cycle * cycles.cycles
    if isinstance(item, ProductPass):
        refs = table.refs[row["first_ref"] : row["end_ref"]]
        energy_j = idle_j + float(energies.product_j[refs].sum())
        return _array_pass(item, schedule.of(item), cycles, design, energy_j)
    return _stream_pass(item, cycles, idle_j + float(energies.item_j[index]))


def _array_pass(
    item: ProductPass,
    schedules: tuple[ProductSchedule, ...],
    cycles: ItemCycles,
    design: Design,
    energy_j: float,
) -> PassResult:
    first = max(schedules, key=lambda s: s.product.macs)
    macs = sum(s.product.macs for s in schedules)
    peak = cycles.cycles * design.array.processing_elements
    return PassResult(
        layer=item.layer,
        pass_name=item.pass_name,
        engine=first.mapping.dataflow,
        m=first.product.m,
        k=_total_k(schedules),
        n=first.product.n,
        count=min(s.product.count for s in schedules),
        interleave=first.mapping.interleave,
        cycles=cycles.cycles,
        busy_cycles=cycles.busy_cycles,
        compute_cycles=cycles.compute_cycles,
        dram_bytes=round(cycles.dram_bytes),
        macs=macs,
        dense_macs=sum(s.product.dense_macs for s in schedules),
        utilisation=macs / peak if peak else 0.0,
        energy_j=energy_j,
        stall_cycles=cycles.stall_cycles,
    )


def _total_k(schedules: tuple[ProductSchedule, ...]) -> int:
    """The reduction over all phases of a strided convolution's BP, which share m, n and the smallest count."""
    groups = min(s.product.count for s in schedules)
    return sum(s.product.k * (s.product.count // groups) for s in schedules)


def _stream_pass(item: VectorPass | UpdatePass, cycles: ItemCycles, energy_j: float) -> PassResult:
    """A vector or update pass; a depthwise convolution has outputs x taps multiply-adds, on the vector lanes."""
    macs, sizes = 0, (_elements(item), 0, 0)
    if isinstance(item, VectorPass) and item.taps:
        macs, sizes = item.macs, (item.macs // item.taps, item.taps, 1)
    return PassResult(
        layer=item.layer,
        pass_name=item.pass_name,
        engine="update" if isinstance(item, UpdatePass) else "vector",
        m=sizes[0],
        k=sizes[1],
        n=sizes[2],
        count=1,
        interleave=0,
        cycles=cycles.cycles,
        busy_cycles=cycles.busy_cycles,
        compute_cycles=0.0,
        dram_bytes=round(cycles.dram_bytes),
        macs=macs,
        dense_macs=macs,
        utilisation=0.0,
        energy_j=energy_j,
        stall_cycles=cycles.stall_cycles,
    )


def _elements(item: VectorPass | UpdatePass) -> int:
    if isinstance(item, UpdatePass):
        return item.weights
    return max(item.lane_elements, item.sore_elements)
