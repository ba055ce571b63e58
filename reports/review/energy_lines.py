"""The energy of a step line by line: how many joules, how sure, and from where.

Without a power report every line is the model's: counted acts (``heddle.sim.activity``) times coefficients with sources
(``heddle.arch.energy``). With one, Vivado's watts over the step's time stand in for everything on chip; the DRAM,
which Vivado does not see, stays the model's (``heddle.reports.energy_source``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import hypot

from heddle.arch.boards import Board
from heddle.arch.coefficients import Coefficient
from heddle.arch.energy import energy_table
from heddle.reports.energy_source import DRAM, MODEL_SOURCE, power_source, with_power
from heddle.reports.review.content import EnergyLine
from heddle.reports.summary import VIVADO_PARTS, part_name
from heddle.sim.result import StepResult
from heddle.synth.vivado.reports import PowerReport

_IDLE = "idle"

#: For each part of the model's energy what is counted, and the coefficient that it is multiplied by.
_COUNTED: Mapping[str, tuple[str, str]] = {
    "array": ("multiply-adds", "mac_j"),
    "buffers": ("bytes", "bram_byte_j"),
    "links": ("bytes x hops", "link_byte_hop_j"),
    DRAM: ("bytes", "dram_byte_j"),
    "sore": ("comparisons", "sore_compare_j"),
    "vector": ("elements", "vector_element_j"),
    "wuve": ("weights", "wuve_weight_j"),
}


def energy_lines(result: StepResult, power: PowerReport | None, board: Board | None = None) -> tuple[EnergyLine, ...]:
    """Return the step's energy by part, the largest first; parts without energy are left out.

    ``power`` is a power report of the step's design: what it says replaces the model on chip where it says enough
    (``heddle.reports.energy_source.on_chip_watts``). ``board`` is the step's, to which the report's device is compared.
    """
    priced = result if power is None else with_power(result, power)
    report = "" if power is None else power_source(power, board)
    lines = (_line(part, energy_j, priced, report) for part, energy_j in priced.energy_by_part_j.items())
    return tuple(sorted((line for line in lines if line.energy_j > 0), key=lambda line: (-line.energy_j, line.name)))


def total_energy_j(lines: Sequence[EnergyLine]) -> float:
    """Return the joules of all lines."""
    return sum(line.energy_j for line in lines)


def _line(part: str, energy_j: float, result: StepResult, report: str) -> EnergyLine:
    name = part_name(part)
    if part in VIVADO_PARTS:
        return EnergyLine(name, energy_j, None, report)
    if part == _IDLE:
        return _idle_line(name, energy_j, result.time_s)
    if part not in _COUNTED:
        return EnergyLine(name, energy_j, None, MODEL_SOURCE)
    counted, coefficient = _COUNTED[part]
    entry = _coefficients()[coefficient]
    return EnergyLine(
        name, energy_j, entry.uncertainty, f"{_model(entry)}: {counted} x {coefficient}; {coefficient} = {entry.source}"
    )


def _idle_line(name: str, energy_j: float, time_s: float) -> EnergyLine:
    """Leakage over the time and the clock tree's cycles, whose errors are independent."""
    leakage, clock = _coefficients()["device_static_w"], _coefficients()["ff_cycle_j"]
    leakage_j = min(leakage.value * time_s, energy_j)
    error_j = hypot(leakage_j * leakage.uncertainty, (energy_j - leakage_j) * clock.uncertainty)
    source = (
        f"{_model(leakage)}: seconds x device_static_w + flip-flops x cycles x ff_cycle_j; "
        f"device_static_w = {leakage.source}; ff_cycle_j = {clock.source}"
    )
    return EnergyLine(name, energy_j, error_j / energy_j if energy_j else 0.0, source)


def _model(entry: Coefficient) -> str:
    return "calibrated model" if entry.calibrated else MODEL_SOURCE


def _coefficients() -> dict[str, Coefficient]:
    return {entry.name: entry for entry in energy_table()}
