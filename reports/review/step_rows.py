"""Tables of a step and its design as text: the design's values, the schedule, the work, the stalls, the energy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.dataflow.scheduler import ProductSchedule, Schedule, TileMapping
from heddle.dataflow.step_items import ProductPass
from heddle.reports.breakdown import cycles_by_engine, slowest, stall_cycles
from heddle.reports.review.chart_energy import uncertainty_text
from heddle.reports.review.content import EnergyLine
from heddle.reports.summary import pass_text, size_text
from heddle.reports.units import bytes_, count, engineering, factor, joules, percent, seconds
from heddle.sim.result import StepResult
from heddle.sim.stalls import stall_text

_AXES = {"cols": "columns only", "rows": "rows only", "both": "rows or columns"}
_DRAINS = {"chain": "down each column", "direct": "a wire for every PE (idealised)"}


@dataclass(frozen=True)
class Named:
    """A value of the design and what it is."""

    name: str
    value: str


@dataclass(frozen=True)
class ScheduleRow:
    """A product's mapping as text; ``instead`` is what the other dataflow would have taken."""

    layer: str
    pass_text: str
    size: str
    dataflow: str
    interleave: str
    order: str
    tile: str
    tiles: str
    cycles: str
    instead: str


@dataclass(frozen=True)
class PassRow:
    """A pass of the step as text."""

    layer: str
    pass_text: str
    size: str
    interleave: str
    time: str
    share: str
    utilisation: str
    dram: str
    energy: str


@dataclass(frozen=True)
class ShareRow:
    """A part of a whole: its name, its amount as text, its share (0 to 1), and the same of the dense step."""

    name: str
    value: str
    share: float
    dense: str = ""
    ratio: str = ""


@dataclass(frozen=True)
class EnergyText:
    """A part of a step's energy as text, with the uncertainty and the source of its model."""

    name: str
    value: str
    share: float
    uncertainty: str
    source: str


def design_rows(design: Design) -> tuple[Named, ...]:
    """Return a design's values in words, in its file's order."""
    array, lanes, buffers, memory = design.array, design.lanes, design.buffers, design.memory
    stages = f"{array.adder_stages} of the adder, {array.multiplier_stages} of the multiplier"
    channels = f"{memory.channels} × {memory.axi_bits} bit AXI"
    return tuple(
        Named(name, value)
        for name, value in (
            ("array", f"{array.rows} × {array.cols} = {count(array.processing_elements)} PEs"),
            ("clock", engineering(design.clock_hz, "Hz")),
            ("peak rate", engineering(2 * design.peak_macs_per_second, "FLOP/s")),
            ("sparsity", f"{design.sparsity.n}:{design.sparsity.m}"),
            ("dataflows", ", ".join(name.upper() for name in array.dataflows)),
            ("interleave", f"{array.interleave} outputs a PE over {_AXES[array.interleave_axes]}"),
            ("pipeline stages", stages),
            ("tiles overlap", "yes" if array.overlap_tiles else "no"),
            ("results leave", _DRAINS[array.drain]),
            ("numbers", f"{design.numbers.operand.upper()} operands, {design.numbers.accumulator.upper()} sums"),
            ("lanes", f"SORE {lanes.sore}, WUVE {lanes.wuve}, vector {lanes.vector}"),
            ("activation buffer", _kib(buffers.activation_bytes)),
            ("weight buffer", _kib(buffers.weight_bytes)),
            ("output buffer", _kib(buffers.output_bytes)),
            ("DRAM channels", "unlimited (idealised)" if memory.unlimited else channels),
        )
    )


def machine_text(design: Design, board: Board) -> str:
    """Return a machine and its board in one line."""
    array, channels = design.array, design.memory.channels
    size = f"{array.rows} × {array.cols} PEs at {engineering(design.clock_hz, 'Hz')}"
    return f"{design.name}: {size}, {channels} DRAM channel{'s' if channels > 1 else ''}, on {board.name}"


def schedule_rows(schedule: Schedule) -> tuple[ScheduleRow, ...]:
    """Return the mapping of every product, in the program's order."""
    return tuple(
        _schedule_row(item, entry)
        for item in schedule.step.items
        if isinstance(item, ProductPass)
        for entry in schedule.of(item)
    )


def pass_rows(result: StepResult) -> tuple[PassRow, ...]:
    """Return the step's passes, the slowest first."""
    clock_hz = result.design.clock_hz
    return tuple(
        PassRow(
            layer=item.layer,
            pass_text=pass_text(item),
            size=size_text(item),
            interleave=str(item.interleave) if item.on_array else "",
            time=seconds(item.cycles / clock_hz),
            share=percent(item.cycles / result.cycles) if result.cycles else percent(0.0),
            utilisation=percent(item.utilisation) if item.on_array else "",
            dram=bytes_(item.dram_bytes),
            energy=joules(item.energy_j),
        )
        for item in slowest(result, len(result.passes))
    )


def work_rows(result: StepResult, dense: StepResult | None) -> tuple[ShareRow, ...]:
    """Return the step's time by the kind of work, beside the dense step's where there is one."""
    clock_hz = result.design.clock_hz
    of_dense = cycles_by_engine(dense) if dense else {}
    rows = []
    for name, cycles in cycles_by_engine(result).items():
        other = of_dense.get(name, 0.0)
        rows.append(
            ShareRow(
                name=name,
                value=seconds(cycles / clock_hz),
                share=cycles / result.cycles,
                dense=seconds(other / clock_hz) if dense else "",
                ratio=factor(other / cycles) if dense else "",
            )
        )
    return tuple(rows)


def stall_rows(result: StepResult) -> tuple[ShareRow, ...]:
    """Return what the array waits for, most first, as shares of the step."""
    clock_hz = result.design.clock_hz
    return tuple(
        ShareRow(stall_text(cause), seconds(cycles / clock_hz), cycles / result.cycles)
        for cause, cycles in stall_cycles(result).items()
    )


def energy_texts(lines: Sequence[EnergyLine]) -> tuple[EnergyText, ...]:
    """Return the parts that take energy, the largest first."""
    whole_j = sum(line.energy_j for line in lines)
    ordered = sorted((line for line in lines if line.energy_j > 0), key=lambda line: (-line.energy_j, line.name))
    return tuple(
        EnergyText(
            name=line.name,
            value=joules(line.energy_j),
            share=line.energy_j / whole_j,
            uncertainty=uncertainty_text(line.uncertainty),
            source=line.source,
        )
        for line in ordered
    )


def _kib(value: int) -> str:
    return f"{value / 1024:,g} KiB"


def _schedule_row(item: ProductPass, entry: ProductSchedule) -> ScheduleRow:
    product, mapping = entry.product, entry.mapping
    times = f"{count(product.count)} × " if product.count > 1 else ""
    return ScheduleRow(
        layer=item.layer,
        pass_text=item.pass_name.upper(),
        size=f"{times}{product.m}×{product.k}×{product.n}",
        dataflow=mapping.dataflow.upper(),
        interleave=f"{mapping.interleave_rows}×{mapping.interleave_cols}",
        order=mapping.loop_order,
        tile=f"{mapping.tile_m}×{mapping.tile_k}×{mapping.tile_n}",
        tiles=f"{mapping.tiles_m}×{mapping.tiles_k}×{mapping.tiles_n}",
        cycles=engineering(mapping.cycles),
        instead=_instead(entry, mapping),
    )


def _instead(entry: ProductSchedule, chosen: TileMapping) -> str:
    others = [mapping for name, mapping in entry.best_by_dataflow.items() if name != chosen.dataflow]
    return f"{others[0].dataflow.upper()} {factor(others[0].cycles / chosen.cycles)}" if others else ""
