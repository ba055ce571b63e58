"""Vivado's reports, as a page's template takes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from heddle.reports.review.chart_modules import amount_text
from heddle.reports.review.hardware_rows import (
    PowerText,
    SlackText,
    UseText,
    power_texts,
    slack_texts,
    timing_verdict,
    use_texts,
)
from heddle.reports.units import engineering
from heddle.synth.vivado.reports import (
    Clock,
    Header,
    HierarchyReport,
    ModuleUse,
    PowerReport,
    TimingReport,
    UtilisationReport,
    VivadoReports,
)

#: Most instances of a hierarchy that are shown, from the top of the report.
MAX_INSTANCES = 300


@dataclass(frozen=True)
class Source:
    """Which file a table is from, and what its head says: design, device, state and tool, as far as it does."""

    file: str
    about: str


@dataclass(frozen=True)
class UtilisationView:
    """A utilisation report."""

    source: Source
    rows: tuple[UseText, ...]


@dataclass(frozen=True)
class InstanceText:
    """An instance of a hierarchy: how deep it stands, and its amounts of LUT, FF, BRAM36, URAM, DSP."""

    instance: str
    module: str
    depth: int
    amounts: tuple[str, ...]


@dataclass(frozen=True)
class HierarchyView:
    """A hierarchy report; ``hidden`` instances are left out."""

    source: Source
    rows: tuple[InstanceText, ...]
    hidden: int


@dataclass(frozen=True)
class ClockText:
    """A clock, its period and its frequency."""

    name: str
    period: str
    frequency: str


@dataclass(frozen=True)
class TimingView:
    """A timing report: whether it is met, the slacks by kind of path, and the clocks."""

    source: Source
    met: bool | None
    verdict: str
    rows: tuple[SlackText, ...]
    clocks: tuple[ClockText, ...]


@dataclass(frozen=True)
class PowerView:
    """A power report; ``confidence`` and ``junction`` are empty where the report lacks them."""

    source: Source
    rows: tuple[PowerText, ...]
    junction: str
    confidence: str


@dataclass(frozen=True)
class UnreadText:
    """A file, or a section of it, that could not be read, and why."""

    file: str
    section: str
    reason: str


@dataclass(frozen=True)
class VivadoView:
    """Every report, by kind."""

    utilisation: tuple[UtilisationView, ...]
    timing: tuple[TimingView, ...]
    power: tuple[PowerView, ...]
    hierarchy: tuple[HierarchyView, ...]
    unread: tuple[UnreadText, ...]


def vivado_view(reports: VivadoReports) -> VivadoView | None:
    """Return the reports as the page shows them; None where there is not even an unread one."""
    view = VivadoView(
        utilisation=tuple(_utilisation(report) for report in reports.utilisation),
        timing=tuple(_timing(report) for report in reports.timing),
        power=tuple(_power(report) for report in reports.power),
        hierarchy=tuple(_hierarchy(report) for report in reports.hierarchy),
        unread=tuple(UnreadText(_short(each.path), each.section, each.reason) for each in reports.unread),
    )
    return view if any((view.utilisation, view.timing, view.power, view.hierarchy, view.unread)) else None


def _short(path: Path) -> str:
    """The file and its folder: where the folder itself lies is nobody's business but the maker's."""
    return "/".join(path.parts[-2:])


def _source(path: Path, header: Header) -> Source:
    words = (header.design, header.device, header.design_state, header.tool_version)
    return Source(_short(path), ", ".join(word for word in words if word))


def _utilisation(report: UtilisationReport) -> UtilisationView:
    return UtilisationView(_source(report.path, report.header), use_texts(report))


def _timing(report: TimingReport) -> TimingView:
    source, clocks = _source(report.path, report.header), tuple(_clock(clock) for clock in report.clocks)
    return TimingView(source, report.met, timing_verdict(report), slack_texts(report), clocks)


def _clock(clock: Clock) -> ClockText:
    return ClockText(clock.name, f"{clock.period_ns:.3f} ns", engineering(clock.frequency_hz, "Hz"))


def _power(report: PowerReport) -> PowerView:
    junction = "" if report.junction_c is None else f"{report.junction_c:.1f} °C"
    return PowerView(_source(report.path, report.header), power_texts(report), junction, report.confidence)


def _hierarchy(report: HierarchyReport) -> HierarchyView:
    shown = report.modules[:MAX_INSTANCES]
    rows = tuple(_instance(module) for module in shown)
    return HierarchyView(_source(report.path, report.header), rows, len(report.modules) - len(shown))


def _instance(module: ModuleUse) -> InstanceText:
    values = (module.lut, module.ff, module.bram36, module.uram, module.dsp)
    amounts = tuple("" if value is None else amount_text(value) for value in values)
    return InstanceText(module.instance, module.module, module.depth, amounts)
