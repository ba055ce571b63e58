"""The roofline's arithmetic: what each pass achieves, and what array and DRAM allow at its operational intensity."""

from __future__ import annotations

from dataclasses import dataclass

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.dram import channel_bytes_per_s
from heddle.reports.summary import pass_text
from heddle.sim.result import PassResult, StepResult

_FLOP_PER_MAC = 2.0


@dataclass(frozen=True)
class Roof:
    """What bounds a pass: the array's peak (FLOP/s), and DRAM (bytes/s; None where the design has no limit)."""

    peak_flop_per_s: float
    dram_bytes_per_s: float | None

    def at(self, intensity: float) -> float:
        """Return the bound at ``intensity`` FLOP per DRAM byte."""
        if self.dram_bytes_per_s is None:
            return self.peak_flop_per_s
        return min(self.peak_flop_per_s, self.dram_bytes_per_s * intensity)


@dataclass(frozen=True)
class RooflinePoint:
    """A pass on the roofline: executed FLOP a DRAM byte, achieved FLOP/s, and its share of the step's time."""

    item: PassResult
    intensity: float
    flop_per_s: float
    share: float


def roof(design: Design, board: Board) -> Roof:
    """Return the design's roof on ``board``: all PEs busy; all channels at the lesser of AXI port and DRAM."""
    memory = design.memory
    channel = channel_bytes_per_s(board.memory.timing, memory.axi_bits, design.clock_hz)
    bandwidth = None if memory.unlimited else memory.channels * channel
    return Roof(_FLOP_PER_MAC * design.peak_macs_per_second, bandwidth)


def roofline_points(result: StepResult) -> tuple[RooflinePoint, ...]:
    """Return the array passes that move data and take time, in program order."""
    clock_hz = result.design.clock_hz
    return tuple(
        RooflinePoint(
            item=item,
            intensity=_FLOP_PER_MAC * item.macs / item.dram_bytes,
            flop_per_s=_FLOP_PER_MAC * item.macs * clock_hz / item.cycles,
            share=item.cycles / result.cycles,
        )
        for item in result.passes
        if item.on_array and item.dram_bytes and item.cycles and item.macs
    )


def places(points: tuple[RooflinePoint, ...]) -> list[list[RooflinePoint]]:
    """Return the points grouped by pass and place (to two digits), the groups of most time first."""
    groups: dict[tuple[str, str, str], list[RooflinePoint]] = {}
    for point in points:
        key = (pass_text(point.item), f"{point.intensity:.1e}", f"{point.flop_per_s:.1e}")
        groups.setdefault(key, []).append(point)
    return sorted(groups.values(), key=lambda group: -sum(point.share for point in group))
