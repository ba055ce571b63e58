"""Where a step's energy comes from: the model, or on chip the watts of a Vivado power report.

The run that ``heddle synth`` writes is of the array's core alone: a report of it replaces what the model has for the
array and its links, and no more. A report of a whole design replaces everything on chip.

A report's watts hold for the whole step and each pass of it, as long as it takes. They are taken as the report has them
and never scaled to another clock, part or activity; what is not known of the report is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from heddle.arch.boards import Board
from heddle.arch.energy import energy_coefficients
from heddle.hls.names import ARRAY_MODULE
from heddle.sim.result import PassResult, StepResult
from heddle.synth.vivado.reports import PowerReport

#: What the model's energies are called, where no power report stands in.
MODEL_SOURCE = "uncalibrated model"

#: Parts of a step's energy: the model's that a power report does not replace, and those that it brings.
DRAM = "dram"
DYNAMIC, STATIC, ON_CHIP = "vivado_dynamic", "vivado_static", "vivado"
#: What a report of the core alone brings, and the model's parts that it replaces.
CORE_DYNAMIC, CORE_PARTS = "vivado_core", ("array", "links")


def is_of_core(power: PowerReport) -> bool:
    """True for a report of the array's core, without lanes and buffers."""
    return power.header.design == ARRAY_MODULE


def on_chip_watts(power: PowerReport) -> dict[str, float]:
    """Return the watts by part of a step's energy; empty if the report has none.

    Of a whole design dynamic and static, or both as one; of the core its dynamic power, as leakage is the device's.
    """
    if is_of_core(power):
        return {} if power.dynamic_w is None else {CORE_DYNAMIC: power.dynamic_w}
    if power.dynamic_w is not None and power.static_w is not None:
        return {DYNAMIC: power.dynamic_w, STATIC: power.static_w}
    return {} if power.total_w is None else {ON_CHIP: power.total_w}


def with_power(result: StepResult, power: PowerReport) -> StepResult:
    """Return the step with the report's watts over its time in place of the model's energy on chip, pass by pass too.

    A report without watts (see ``on_chip_watts``) changes nothing.
    """
    watts = on_chip_watts(power)
    if not watts:
        return result
    return _with_core(result, watts[CORE_DYNAMIC]) if is_of_core(power) else _with_chip(result, watts)


def _with_core(result: StepResult, watts: float) -> StepResult:
    """The step with the core's watts for array and links; what the model had is taken from passes by multiply-adds."""
    modelled = result.energy_by_part_j
    replaced_j = sum(modelled.get(part, 0.0) for part in CORE_PARTS)
    parts = {part: energy_j for part, energy_j in modelled.items() if part not in CORE_PARTS}
    macs = result.rows.sum_of(lambda item: item.macs if item.on_array else 0)

    def energy_j(item: PassResult) -> float:
        modelled_j = replaced_j * item.macs / macs if macs and item.on_array else 0.0
        return item.energy_j - modelled_j + watts * item.cycles / result.design.clock_hz

    passes = result.rows.map(lambda item: replace(item, energy_j=energy_j(item)))
    return replace(result, energy_by_part_j={**parts, CORE_DYNAMIC: watts * result.time_s}, passes=passes)


def _with_chip(result: StepResult, watts: Mapping[str, float]) -> StepResult:
    """The step with the chip's watts for everything but the DRAM."""
    parts = {part: each * result.time_s for part, each in watts.items()}
    if DRAM in result.energy_by_part_j:
        parts[DRAM] = result.energy_by_part_j[DRAM]
    dram_byte_j = energy_coefficients().dram_byte_j

    def energy_j(item: PassResult) -> float:
        return sum(watts.values()) * item.cycles / result.design.clock_hz + item.dram_bytes * dram_byte_j

    passes = result.rows.map(lambda item: replace(item, energy_j=energy_j(item)))
    return replace(result, energy_by_part_j=parts, passes=passes)


def power_source(power: PowerReport, board: Board | None) -> str:
    """Return where on-chip joules come from: the report, its device and confidence, and what is not known of it."""
    return "; ".join(
        [
            f"Vivado power report {power.path.name}, device {power.header.device or 'not stated'}, "
            f"confidence {power.confidence.lower() or 'not stated'}",
            *_caveats(power, board),
        ]
    )


def _caveats(power: PowerReport, board: Board | None) -> Iterator[str]:
    state = power.header.design_state
    if not state:
        yield "design state not stated"
    elif "routed" not in state.casefold():
        yield f"design not routed ({state.lower()})"
    if board is not None and power.header.device and not _same_part(power.header.device, board.part):
        yield f"another part than the board's {board.part}"
    if is_of_core(power):
        yield "of the array's core alone: the other parts, leakage and the clock tree stay the model's"
    yield "the report's clock is not known and taken as the design's"


def _same_part(device: str, part: str) -> bool:
    """True where one names the other, the tools writing more or less of it: xcvu9p, xcvu9p-fsgd2104-2L-e."""
    names = ["".join(letter for letter in name.casefold() if letter.isalnum()) for name in (device, part)]
    return names[0].startswith(names[1]) or names[1].startswith(names[0])
