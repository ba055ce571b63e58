"""From the cycles of every item to a StepResult: bytes, energy and utilisation, the same way at every level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from heddle.arch.boards import Board
from heddle.arch.design import Dataflow, Design
from heddle.arch.named_rows import Places, sum_in_order
from heddle.arch.records import Rows
from heddle.dataflow.kernel_rows import TILE_MAPPING, machine_row
from heddle.dataflow.mapping_energy import ProductEnergy
from heddle.dataflow.scheduler import ProductSchedule, Schedule
from heddle.dataflow.step_items import Product, ProductPass, UpdatePass, VectorPass
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
class StepCycles:
    """What a level found for the items of a step.

    Item i took ``found[which[i]]``; that is of an item of the table's kind ``kinds[which[i]]``.
    """

    found: list[ItemCycles]
    kinds: Places
    which: Places

    @classmethod
    def by_kind(cls, found: list[ItemCycles], table: StepTable) -> Self:
        """Return the cycles of a step in which equal items take the same, ``found`` being those of the kinds."""
        return cls(found, np.arange(len(found), dtype=np.int32), table.order)

    @classmethod
    def by_item(cls, found: list[ItemCycles], table: StepTable) -> Self:
        """Return the cycles of a step in which each item takes its own."""
        return cls(found, table.order, np.arange(len(found), dtype=np.int32))

    @property
    def total_cycles(self) -> float:
        """Cycles of the step."""
        return sum_in_order(np.array([entry.cycles for entry in self.found], np.float64)[self.which])


@dataclass(frozen=True)
class _Energies:
    """Joules of a step: of each product by part, of the stream of each kind of item, and per cycle whatever runs."""

    product_j: npt.NDArray[np.float64]
    kind_j: npt.NDArray[np.float64]
    dram_byte_j: float
    idle_j_per_cycle: float


def chosen_mappings(schedule: Schedule, table: StepTable) -> Rows:
    """Return the TILE_MAPPING row of each distinct product of ``table``."""
    mappings = np.zeros(len(table.distinct), TILE_MAPPING)
    for index, product in enumerate(table.distinct):
        mappings[index] = schedule.by_product[product].row
    return mappings


def expose_updates(timing: StepCycles, table: StepTable, exposed: float) -> StepCycles:
    """Add the cycles that outlast all other items to the last updates: they are what is still under way."""
    found, kinds, which = list(timing.found), timing.kinds.tolist(), timing.which.copy()
    shown: dict[tuple[int, float], int] = {}
    for index in np.flatnonzero((table.kinds["kind"] == UPDATE)[table.order])[::-1].tolist():
        if exposed == 0:
            break
        before = int(which[index])
        share = min(exposed, found[before].busy_cycles)
        exposed -= share
        place = shown.setdefault((before, share), len(found))
        if place == len(found):
            found.append(replace(found[before], cycles=found[before].cycles + share))
            kinds.append(kinds[before])
        which[index] = place
    return StepCycles(found, np.array(kinds, np.int32), which)


def assemble(
    schedule: Schedule,
    table: StepTable,
    design: Design,
    board: Board,
    level: Level,
    timing: StepCycles,
) -> StepResult:
    """Return the StepResult of a scheduled step whose items took ``timing``."""
    energies = _energies(schedule, table, design, board)
    found = list(_pass_results(schedule, table, energies, design, timing))
    total_cycles = timing.total_cycles
    step = table.step
    return StepResult(
        design=design,
        network=step.network,
        batch=step.batch,
        recipe=step.recipe,
        sparsity=step.sparsity,
        level=level,
        passes=step.rows.taking(found, timing.which),
        cycles=total_cycles,
        energy_by_part_j=_energy_by_part(table, energies, total_cycles),
        failures=schedule.failures,
        activity=step_activity(table, chosen_mappings(schedule, table), design, board, total_cycles),
    )


def _energies(schedule: Schedule, table: StepTable, design: Design, board: Board) -> _Energies:
    energy, machine = energy_row(design, board)[0], machine_row(design, board)[0]
    product_j, kind_j = energies_of(table, chosen_mappings(schedule, table), machine, energy)
    return _Energies(product_j, kind_j, float(energy["dram_byte_j"]), float(energy["idle_w"]) / design.clock_hz)


def _energy_by_part(table: StepTable, energies: _Energies, total_cycles: float) -> dict[str, float]:
    """Sum joules over the step: array, buffers, links, DRAM, SORE, vector unit, WUVE, and what flows with time."""
    parts = dict(zip(_PARTS, (table.uses @ energies.product_j).tolist(), strict=True))
    streams_dram_j = (table.kinds["read_bytes"] + table.kinds["write_bytes"]) * energies.dram_byte_j
    lanes_j, engines = energies.kind_j - streams_dram_j, table.kinds["kind"]
    parts["dram_j"] += float(streams_dram_j[table.order].sum())
    parts["vector_j"] = float(lanes_j[table.order[engines[table.order] == VECTOR]].sum())
    parts["wuve_j"] = float(lanes_j[table.order[engines[table.order] == UPDATE]].sum())
    parts["idle_j"] = energies.idle_j_per_cycle * total_cycles
    return {name.removesuffix("_j"): joules for name, joules in parts.items()}


@dataclass(frozen=True)
class _ArrayWork:
    """What a pass of these products has in it whenever it runs: sizes, mapping, multiply-adds, joules of its own."""

    engine: Dataflow
    m: int
    k: int
    n: int
    count: int
    interleave: int
    macs: int
    dense_macs: int
    products_j: float

    @classmethod
    def of(cls, schedules: tuple[ProductSchedule, ...], products_j: float) -> Self:
        """Return the work of ``schedules``, the products of one pass."""
        first = max(schedules, key=lambda s: s.product.macs)
        return cls(
            engine=first.mapping.dataflow,
            m=first.product.m,
            k=_total_k(schedules),
            n=first.product.n,
            count=min(s.product.count for s in schedules),
            interleave=first.mapping.interleave,
            macs=sum(s.product.macs for s in schedules),
            dense_macs=sum(s.product.dense_macs for s in schedules),
            products_j=products_j,
        )


def _pass_results(
    schedule: Schedule, table: StepTable, energies: _Energies, design: Design, timing: StepCycles
) -> Iterator[PassResult]:
    """Yield the result of everything that was found; passes of the same products are looked into once."""
    works: dict[tuple[Product, ...], _ArrayWork] = {}
    spans, items = table.kinds[["first_ref", "end_ref"]].tolist(), table.step.rows.distinct
    for cycles, kind in zip(timing.found, timing.kinds.tolist(), strict=True):
        item, idle_j = items[kind], energies.idle_j_per_cycle * cycles.cycles
        if not isinstance(item, ProductPass):
            yield _stream_pass(item, cycles, idle_j + float(energies.kind_j[kind]))
            continue
        work = works.get(item.products)
        if work is None:
            products_j = float(energies.product_j[table.refs[slice(*spans[kind])]].sum())
            work = works[item.products] = _ArrayWork.of(schedule.of(item), products_j)
        yield _array_pass(item, work, cycles, design.array.processing_elements, idle_j + work.products_j)


def _array_pass(
    item: ProductPass, work: _ArrayWork, cycles: ItemCycles, processing_elements: int, energy_j: float
) -> PassResult:
    peak = cycles.cycles * processing_elements
    return PassResult(
        layer=item.layer,
        pass_name=item.pass_name,
        engine=work.engine,
        m=work.m,
        k=work.k,
        n=work.n,
        count=work.count,
        interleave=work.interleave,
        cycles=cycles.cycles,
        busy_cycles=cycles.busy_cycles,
        compute_cycles=cycles.compute_cycles,
        dram_bytes=round(cycles.dram_bytes),
        macs=work.macs,
        dense_macs=work.dense_macs,
        utilisation=work.macs / peak if peak else 0.0,
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
