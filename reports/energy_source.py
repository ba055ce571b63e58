"""Where a step's energy comes from: the model, or on chip the watts of a Vivado power report.

A report's watts hold for the whole step and each pass of it, as long as it takes. They are taken as the report has them
and never scaled to another clock, part or activity; what is not known of the report is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from arch.boards import Board
from arch.energy import energy_coefficients
from reports.vivado.reports import PowerReport
from sim.result import PassResult, StepResult

#: What the model's energies are called, where no power report stands in.
MODEL_SOURCE = "uncalibrated model"

#: Parts of a step's energy: the model's that a power report does not replace, and those that it brings.
DRAM = "dram"
DYNAMIC, STATIC, ON_CHIP = "vivado_dynamic", "vivado_static", "vivado"


def on_chip_watts(power: PowerReport) -> dict[str, float]:
    """Return the chip's watts by part of a step's energy: dynamic and static, or both as one; empty if it has none."""
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
    parts = {part: each * result.time_s for part, each in watts.items()}
    if DRAM in result.energy_by_part_j:
        parts[DRAM] = result.energy_by_part_j[DRAM]
    dram_byte_j = energy_coefficients().dram_byte_j

    def energy_j(item: PassResult) -> float:
        return sum(watts.values()) * item.cycles / result.design.clock_hz + item.dram_bytes * dram_byte_j

    passes = tuple(replace(item, energy_j=energy_j(item)) for item in result.passes)
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
    yield "the report's clock is not known and taken as the design's"


def _same_part(device: str, part: str) -> bool:
    """True where one names the other, the tools writing more or less of it: xcvu9p, xcvu9p-fsgd2104-2L-e."""
    names = ["".join(letter for letter in name.casefold() if letter.isalnum()) for name in (device, part)]
    return names[0].startswith(names[1]) or names[1].startswith(names[0])
