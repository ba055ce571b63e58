"""A step's headline figures as text, with those of the dense step beside them: what tables and page both show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from heddle.reports.units import bytes_, count, engineering, factor, joules, percent, seconds
from heddle.sim.result import PassResult, StepResult

ENERGY_PARTS = {
    "idle": "leakage and clock tree",
    "array": "multiply-adds",
    "buffers": "on-chip buffers",
    "links": "links between PEs",
    "dram": "DRAM",
    "sore": "SORE (pruning)",
    "vector": "vector unit",
    "wuve": "WUVE (weight update)",
}

#: What the watts of a Vivado power report put in place of the parts on chip.
VIVADO_PARTS = {
    "vivado_dynamic": "on chip, dynamic (Vivado)",
    "vivado_static": "on chip, static (Vivado)",
    "vivado": "on chip (Vivado)",
    "vivado_core": "array core, dynamic (Vivado)",
    "vivado_whole_core": "array, lanes and buffers, dynamic (Vivado)",
}


@dataclass(frozen=True)
class SummaryRow:
    """One figure of a step as text; ``dense`` and ``ratio`` (dense over this) are empty without a dense step."""

    name: str
    value: str
    dense: str = ""
    ratio: str = ""


@dataclass(frozen=True)
class EnergyRow:
    """One part of a step's energy: what it is, joules as text, and its share of the whole (0 to 1)."""

    name: str
    value: str
    share: float


def speedup_over(result: StepResult, dense: StepResult) -> float:
    """Return how many times faster ``result`` is than ``dense``; NaN for a step of no cycles."""
    return dense.time_s / result.time_s if result.time_s else float("nan")


def headline(result: StepResult) -> str:
    """Return what was run, in one line."""
    return (
        f"{result.network}, batch {result.batch}, {result.recipe} {result.sparsity} "
        f"on {result.design.name} ({result.level})"
    )


def machine_line(result: StepResult) -> str:
    """Return the design's size in one line."""
    array = result.design.array
    clock = engineering(result.design.clock_hz, "Hz")
    channels = result.design.memory.channels
    plural = "s" if channels > 1 else ""
    return f"{array.rows} × {array.cols} PEs at {clock}, {channels} DRAM channel{plural}"


def pass_text(item: PassResult) -> str:
    """Return a pass and what runs it: "FF OS", "BP vector", "update"."""
    if item.engine == "update":
        return "update"
    engine = item.engine.upper() if item.on_array else item.engine
    return f"{item.pass_name.upper()} {engine}"


def size_text(item: PassResult) -> str:
    """Return a pass's size: M × K × N of its product (with its count), or the elements that it streams."""
    if not item.on_array:
        return f"{engineering(item.m)} elem." if item.m else ""
    times = f"{count(item.count)} × " if item.count > 1 else ""
    return f"{times}{item.m}×{item.k}×{item.n}"


def summary_rows(result: StepResult, dense: StepResult | None) -> tuple[SummaryRow, ...]:
    """Return the headline figures, compared with ``dense`` (the same step, nothing pruned) where it is given."""
    return tuple(_row(name, text, figure, result, dense) for name, text, figure in _FIGURES)


def part_name(part: str) -> str:
    """Return what a part of a step's energy is called."""
    return {**ENERGY_PARTS, **VIVADO_PARTS}.get(part, part)


def energy_rows(result: StepResult) -> tuple[EnergyRow, ...]:
    """Return the step's energy by part, largest first; parts without energy are left out."""
    total = result.energy_j
    ordered = sorted(result.energy_by_part_j.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(EnergyRow(part_name(part), joules(value), value / total) for part, value in ordered if value > 0)


Figure = Callable[[StepResult], float]


def _per_second(figure: Figure) -> Figure:
    return lambda step: figure(step) / step.time_s if step.time_s else float("nan")


def _bytes_per_second(value: float) -> str:
    return engineering(value, "B/s")


def _flop_per_second(value: float) -> str:
    return engineering(value, "FLOP/s")


def _macs(value: float) -> str:
    return engineering(value, "MAC")


_FIGURES: tuple[tuple[str, Callable[[float], str], Figure], ...] = (
    ("time of a step", seconds, lambda step: step.time_s),
    ("cycles", count, lambda step: step.cycles),
    ("multiply-adds executed", _macs, lambda step: step.macs),
    ("array utilisation", percent, lambda step: step.utilisation),
    ("achieved rate", _flop_per_second, _per_second(lambda step: 2.0 * step.macs)),
    ("DRAM traffic", bytes_, lambda step: step.dram_bytes),
    ("mean DRAM rate", _bytes_per_second, _per_second(lambda step: step.dram_bytes)),
    ("energy of a step", joules, lambda step: step.energy_j),
)

#: Figures of which less is better, so that dense over this reads as a gain.
_COSTS = frozenset({"time of a step", "cycles", "multiply-adds executed", "DRAM traffic", "energy of a step"})


def _row(
    name: str, text: Callable[[float], str], figure: Figure, result: StepResult, dense: StepResult | None
) -> SummaryRow:
    value = figure(result)
    if dense is None:
        return SummaryRow(name, text(value))
    dense_value = figure(dense)
    ratio = factor(dense_value / value) if name in _COSTS and value else ""
    return SummaryRow(name, text(value), text(dense_value), ratio)
