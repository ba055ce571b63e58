"""Where a step's energy comes from: the model, or on chip the watts of a Vivado power report.

The run that ``heddle synth`` writes is of the core: array, lanes and buffers. A report of it, or of the array alone,
replaces what the model has for those, and no more. A report of a whole design replaces everything on chip.

A report's watts hold for the whole step and each pass of it, as long as it takes. They are taken as the report has them
and never scaled to another clock, part or activity; what is not known of the report is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from heddle.arch.boards import Board
from heddle.arch.energy import energy_coefficients
from heddle.hls.names import ARRAY_MODULE, CORE_MODULE
from heddle.sim.result import PassResult, StepResult
from heddle.synth.vivado.reports import PowerReport

#: What the model's energies are called, where no power report stands in.
MODEL_SOURCE = "uncalibrated model"

#: Parts of a step's energy: the model's that a power report does not replace, and those that it brings.
DRAM = "dram"
DYNAMIC, STATIC, ON_CHIP = "vivado_dynamic", "vivado_static", "vivado"
ARRAY_DYNAMIC, CORE_DYNAMIC = "vivado_core", "vivado_whole_core"


@dataclass(frozen=True)
class _Share:
    """What a report of a part of the machine brings: the name of its energy, the model's parts that it replaces."""

    name: str
    products: tuple[str, ...]
    updates: tuple[str, ...]
    words: str


#: Reports that are of a part of the machine, by the name of their design.
_SHARES: Mapping[str, _Share] = {
    ARRAY_MODULE: _Share(ARRAY_DYNAMIC, ("array", "links"), (), "the array's core alone"),
    CORE_MODULE: _Share(
        CORE_DYNAMIC, ("array", "links", "buffers", "sore"), ("wuve",), "array, lanes and buffers alone"
    ),
}


def share_of(power: PowerReport) -> _Share | None:
    """Return what of the machine a report is of; None for a report of all that is on chip."""
    return _SHARES.get(power.header.design)


def on_chip_watts(power: PowerReport) -> dict[str, float]:
    """Return the watts by part of a step's energy; empty if the report has none.

    Of a whole design dynamic and static, or both as one; of the core its dynamic power, as leakage is the device's.
    """
    share = share_of(power)
    if share:
        return {} if power.dynamic_w is None else {share.name: power.dynamic_w}
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
    share = share_of(power)
    return _with_share(result, share, watts[share.name]) if share else _with_chip(result, watts)


def _with_share(result: StepResult, share: _Share, watts: float) -> StepResult:
    """The step with watts for the parts of ``share``.

    What the model had for them is taken from products by their multiply-adds, from updates by their elements.
    """
    modelled = result.energy_by_part_j
    products_j, updates_j = (
        sum(modelled.get(part, 0.0) for part in parts) for parts in (share.products, share.updates)
    )
    kept = {part: j for part, j in modelled.items() if part not in (*share.products, *share.updates)}
    macs = result.rows.sum_of(lambda item: item.macs if item.on_array else 0)
    elements = result.rows.sum_of(lambda item: item.m if item.engine == "update" else 0)

    def energy_j(item: PassResult) -> float:
        gone_j = products_j * item.macs / macs if macs and item.on_array else 0.0
        if elements and item.engine == "update":
            gone_j += updates_j * item.m / elements
        return item.energy_j - gone_j + watts * item.cycles / result.design.clock_hz

    passes = result.rows.map(lambda item: replace(item, energy_j=energy_j(item)))
    return replace(result, energy_by_part_j={**kept, share.name: watts * result.time_s}, passes=passes)


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
    share = share_of(power)
    if share:
        yield f"of {share.words}: the other parts, leakage and the clock tree stay the model's"
    yield "the report's clock is not known and taken as the design's"


def _same_part(device: str, part: str) -> bool:
    """True where one names the other, the tools writing more or less of it: xcvu9p, xcvu9p-fsgd2104-2L-e."""
    names = ["".join(letter for letter in name.casefold() if letter.isalnum()) for name in (device, part)]
    return names[0].startswith(names[1]) or names[1].startswith(names[0])
