"""``synth.json``, by whichever tool: what the design takes, by module, and whether it fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from pydantic import Field

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.document import Document
from heddle.arch.fit import usable
from heddle.arch.json_file import read_json
from heddle.arch.resources import RESOURCE_NAMES, resources_beside_the_array, resources_by_module
from heddle.arch.toml_file import check_model
from heddle.hls.names import CORE_MODULE, Top
from heddle.synth.nextpnr import PlacedElement
from heddle.synth.result import Synthesis, Usage
from heddle.synth.vivado.reports import TimingReport, UtilisationReport, VivadoReports
from heddle.synth.vivado.wrapper import WRAPPED_PARTS

Amounts = Mapping[str, float | None]
#: What the resource model says of parts: amounts by resource, by part.
Estimates = dict[str, dict[str, int]]


class UsageEntry(Document):
    """What is taken of each resource; ``bram36`` counts a half block as 0.5."""

    lut: int
    lut_as_memory: int
    ff: int
    dsp: int
    bram36: float
    uram: int


class ModuleUsageEntry(Document):
    """One of ``count`` equal modules."""

    name: str
    part: str
    count: int
    lut: int
    lut_as_memory: int
    ff: int
    dsp: int
    bram36: float
    uram: int


class StageEntry(Document):
    """The slowest path that ends in a module (``heddle.synth.result.Stage``)."""

    module: str
    start: str
    end: str
    delay_ns: float
    relative: float


class FanOutEntry(Document):
    """A net of the array and how many inputs it drives (``heddle.synth.result.FanOut``)."""

    loads: int
    module: str
    net: str


class PlacedEntry(Document):
    """One PE placed and routed (``heddle.synth.nextpnr.PlacedElement``)."""

    device: str
    fmax_hz: float
    lut: int
    ff: int
    dsp: int


class YosysSynthesis(Document):
    """A synthesis by yosys. Totals are of the parts in ``covers``, of which ``modelled`` has what the model says.

    ``flat_array`` is the array mapped as one block.
    """

    lut: int
    lut_as_memory: int
    ff: int
    dsp: int
    bram36: float
    uram: int
    fits: bool
    tool: str
    design: Design
    board: str
    modules: tuple[ModuleUsageEntry, ...]
    stages: tuple[StageEntry, ...]
    fan_outs: tuple[FanOutEntry, ...] = ()  # none in a file of before
    covers: tuple[str, ...]
    missing: tuple[str, ...]
    estimated: Estimates
    modelled: Estimates = Field(default_factory=dict)  # none in a file of before
    flat_array: UsageEntry | None
    placed_pe: PlacedEntry | None
    notes: tuple[str, ...]


class InstanceEntry(Document):
    """An instance of Vivado's hierarchical report (``heddle.synth.vivado.reports.ModuleUse``)."""

    instance: str
    module: str
    depth: int
    lut: float | None
    ff: float | None
    bram36: float | None
    uram: float | None
    dsp: float | None


class SlackEntry(Document):
    """Slack in ns; None where the report has no such paths."""

    worst_ns: float | None
    total_ns: float | None
    failing: int | None
    endpoints: int | None


class ClockEntry(Document):
    """A clock of the design."""

    name: str
    period_ns: float
    frequency_hz: float


class TimingEntry(Document):
    """The design timing summary."""

    met: bool | None
    setup: SlackEntry
    hold: SlackEntry
    clocks: tuple[ClockEntry, ...]


class PowerEntry(Document):
    """The whole power in watts, and Vivado's confidence in it."""

    total_w: float | None
    confidence: str


class VivadoSynthesis(Document):
    """A run of Vivado. Totals are of the core as routed; None where a report says nothing."""

    lut: float | None
    lut_as_memory: float | None
    ff: float | None
    dsp: float | None
    bram36: float | None
    uram: float | None
    fits: bool | None
    tool: str
    design: Design
    board: str
    modules: tuple[ModuleUsageEntry, ...]
    hierarchy: tuple[InstanceEntry, ...]
    timing: TimingEntry | None
    power: tuple[PowerEntry, ...]
    unread: tuple[str, ...]
    covers: tuple[str, ...]
    missing: tuple[str, ...]
    estimated: Estimates


SynthesisDocument = YosysSynthesis | VivadoSynthesis


def read_synthesis_document(path: Path) -> SynthesisDocument:
    """Return what a ``synth.json`` holds, as ``Document.read`` does; only Vivado's has a hierarchy."""
    found = read_json(path)
    model: type[SynthesisDocument] = VivadoSynthesis if "hierarchy" in found else YosysSynthesis
    return check_model(model, found, str(path))


def yosys_synthesis(
    design: Design, board: Board, found: Synthesis, flat: Usage | None, placed: PlacedElement | None
) -> YosysSynthesis:
    """Return the document of a synthesis by yosys, with the checks that were asked for."""
    total, rest = asdict(found.total), estimated(design, board, found.missing)
    return YosysSynthesis(
        **total,
        fits=bool(fits_with(total, rest, board)),
        tool=found.tool,
        design=design,
        board=board.name,
        modules=tuple(
            ModuleUsageEntry(name=module.name, part=module.part, count=module.count, **asdict(module.each))
            for module in found.modules
        ),
        stages=tuple(StageEntry(**asdict(stage)) for stage in found.stages),
        fan_outs=tuple(FanOutEntry(**asdict(net)) for net in found.fan_outs),
        covers=found.covers,
        missing=found.missing,
        estimated=rest,
        modelled=modelled(found.top, design, board, found.covers),
        flat_array=UsageEntry(**asdict(flat)) if flat else None,
        placed_pe=PlacedEntry(**asdict(placed)) if placed else None,
        notes=(
            f"{', '.join(found.missing)} are not synthesised: their estimates stand beside, "
            "and count in whether it fits",
            "stage times are by Artix-7 arcs, those of its DSP slices with them, without routing: they compare stages, "
            "and are no clock of the board",
            "fan-outs are counted before mapping, over all modules that a net of the array passes, the clock left out",
        ),
    )


def vivado_synthesis(design: Design, board: Board, reports: VivadoReports, missing: tuple[str, ...]) -> VivadoSynthesis:
    """Return the document of a run of Vivado on the core; ``missing`` are the parts that are estimated beside it."""
    utilisation, timing = last_routed(reports)
    total: dict[str, float | None] = {name: _used(utilisation, name) for name in RESOURCE_NAMES}
    rest = estimated(design, board, missing)
    return VivadoSynthesis(
        **total,
        fits=fits_with(total, rest, board),
        tool=_vivado_name(utilisation),
        design=design,
        board=board.name,
        modules=_core(total),
        hierarchy=tuple(
            InstanceEntry(**asdict(module)) for report in reports.hierarchy[-1:] for module in report.modules
        ),
        timing=_timing(timing) if timing else None,
        power=tuple(PowerEntry(total_w=report.total_w, confidence=report.confidence) for report in reports.power[-1:]),
        unread=tuple(f"{entry.path}: {entry.section}: {entry.reason}" for entry in reports.unread),
        covers=WRAPPED_PARTS,
        missing=missing,
        estimated=rest,
    )


def last_routed(reports: VivadoReports) -> tuple[UtilisationReport | None, TimingReport | None]:
    """Return utilisation and timing of the furthest state: routed before synthesised."""
    return (
        max(reports.utilisation, key=lambda report: _progress(report.header.design_state), default=None),
        max(reports.timing, key=lambda report: _progress(report.header.design_state or report.path.name), default=None),
    )


def _progress(state: str) -> int:
    words = ("synth", "opt", "placed", "route")
    return max((index for index, word in enumerate(words) if word in state.casefold()), default=-1)


def estimated(design: Design, board: Board, chosen: tuple[str, ...]) -> Estimates:
    """Return what the resource model says of ``chosen`` parts."""
    parts = resources_by_module(design, board)
    return {name: asdict(parts[name]) for name in chosen}


def modelled(top: Top, design: Design, board: Board, parts: tuple[str, ...]) -> Estimates:
    """Return what the resource model says of the ``parts`` of ``top`` that were synthesised."""
    of_top = resources_beside_the_array if top == "array" else resources_by_module
    by_part = of_top(design, board)
    return {name: asdict(by_part[name]) for name in parts}


def fits_with(total: Amounts, rest: Mapping[str, Mapping[str, int]], board: Board) -> bool | None:
    """Return whether all of it is within what ``board`` can give; None where an amount is not known."""
    if any(amount is None for amount in total.values()):
        return None
    return all(
        float(total[name] or 0) + sum(part[name] for part in rest.values()) <= usable(board, name)
        for name in RESOURCE_NAMES
    )


def _vivado_name(report: UtilisationReport | None) -> str:
    """Vivado with its version, which a report's head gives as "Vivado v.2021.2 (lin64)" and the like."""
    version = report.header.tool_version if report else ""
    return version if version.startswith("Vivado") else f"Vivado {version}".strip()


def _core(total: Amounts) -> tuple[ModuleUsageEntry, ...]:
    """The core as a module in the shape of yosys'; none where an amount is not known."""
    known = {name: amount for name, amount in total.items() if amount is not None}
    if len(known) < len(total):
        return ()
    amounts = {name: amount if name == "bram36" else int(amount) for name, amount in known.items()}
    return (ModuleUsageEntry.model_validate({"name": CORE_MODULE, "part": "core", "count": 1, **amounts}),)


def _used(report: UtilisationReport | None, name: str) -> float | None:
    use = getattr(report, name) if report else None
    return use.used if use else None


def _timing(report: TimingReport) -> TimingEntry:
    return TimingEntry(
        met=report.met,
        setup=SlackEntry(**asdict(report.setup)),
        hold=SlackEntry(**asdict(report.hold)),
        clocks=tuple(ClockEntry(**asdict(clock)) for clock in report.clocks),
    )
