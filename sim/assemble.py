"""From the cycles of every item to a StepResult: bytes, energy and utilisation, the same way at every level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from arch.boards import Board
from arch.design import Design
from dataflow.products import ProductPass, UpdatePass, VectorPass
from dataflow.scheduler import ProductSchedule, Schedule
from dataflow.tables import machine_row, product_rows
from sim.energy import energy_row, item_energy_j, product_energy
from sim.result import Level, PassResult, StepResult
from sim.step_table import UPDATE, StepTable


@dataclass(frozen=True)
class ItemCycles:
    """What a level found for one item: its share of the step, its own time, the array's work, its stalls."""

    cycles: float
    busy_cycles: float
    compute_cycles: float = 0.0
    dram_bytes: float = 0.0
    stall_cycles: Mapping[str, float] = field(default_factory=dict)


@dataclass
class _EnergySum:
    """Joules by part, added up item by item."""

    parts: dict[str, float]

    def add(self, part: str, joules: float) -> float:
        self.parts[part] = self.parts.get(part, 0.0) + float(joules)
        return float(joules)


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
    machine, energy = machine_row(design)[0], energy_row(design, board)[0]
    parts = _EnergySum({})
    passes = []
    for item, row, cycles in zip(table.step.items, table.items, timing, strict=True):
        idle_j = parts.add("idle", energy["idle_w"] * cycles.cycles / design.clock_hz)
        if isinstance(item, ProductPass):
            schedules = schedule.of(item)
            joules = sum(_product_joules(s, machine, energy, parts) for s in schedules)
            passes.append(_array_pass(item, schedules, cycles, design, idle_j + joules))
        else:
            part = "wuve" if isinstance(item, UpdatePass) else "vector"
            dram_j = parts.add("dram", (row["read_bytes"] + row["write_bytes"]) * energy["dram_byte_j"])
            lanes_j = parts.add(part, item_energy_j(row, energy) - dram_j)
            passes.append(_stream_pass(item, cycles, idle_j + dram_j + lanes_j))
    step = table.step
    return StepResult(
        design=design,
        network=step.network,
        batch=step.batch,
        recipe=step.recipe,
        sparsity=step.sparsity,
        level=level,
        passes=tuple(passes),
        cycles=sum(entry.cycles for entry in timing),
        energy_by_part_j=parts.parts,
        failures=schedule.failures,
    )


def _product_joules(
    schedule: ProductSchedule, machine: np.void, energy: np.void, parts: _EnergySum
) -> float:
    row = product_rows([schedule.product])[0]
    spent = product_energy(row, machine, schedule.row, energy)
    names = ("array", "buffers", "links", "dram", "sore")
    return sum(parts.add(name, joules) for name, joules in zip(names, spent, strict=True))


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
    elements = item.weights if isinstance(item, UpdatePass) else max(item.lane_elements, item.sore_elements)
    return PassResult(
        layer=item.layer,
        pass_name=item.pass_name,
        engine="update" if isinstance(item, UpdatePass) else "vector",
        m=elements,
        k=0,
        n=0,
        count=1,
        interleave=0,
        cycles=cycles.cycles,
        busy_cycles=cycles.busy_cycles,
        compute_cycles=0.0,
        dram_bytes=round(cycles.dram_bytes),
        macs=0,
        dense_macs=0,
        utilisation=0.0,
        energy_j=energy_j,
        stall_cycles=cycles.stall_cycles,
    )
