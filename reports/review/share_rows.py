"""Tables of a step and its design as text: the design's values, the work, the stalls, the energy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.reports.breakdown import cycles_by_engine, stall_cycles
from heddle.reports.review.chart_energy import uncertainty_text
from heddle.reports.review.content import EnergyLine
from heddle.reports.units import count, engineering, factor, joules, seconds
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
            ("activation buffer", f"{_kib(buffers.activation_bytes)}, {_groups(buffers.group_ports)} a read"),
            ("weight buffer", _kib(buffers.weight_bytes)),
            ("output buffer", _kib(buffers.output_bytes)),
            ("DRAM channels", "unlimited (idealised)" if memory.unlimited else channels),
        )
    )


def _groups(number: int) -> str:
    return f"{number} group{'s' if number > 1 else ''}"


def machine_text(design: Design, board: Board) -> str:
    """Return a machine and its board in one line."""
    array, channels = design.array, design.memory.channels
    size = f"{array.rows} × {array.cols} PEs at {engineering(design.clock_hz, 'Hz')}"
    return f"{design.name}: {size}, {channels} DRAM channel{'s' if channels > 1 else ''}, on {board.name}"


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
