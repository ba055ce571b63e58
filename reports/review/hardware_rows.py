"""Tables of the hardware as text: modules, critical stages, RTL against the simulator, and Vivado's reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.fit import is_idealised
from heddle.arch.resources import RESOURCE_NAMES
from heddle.reports.review.chart_modules import RESOURCE_HEADINGS, amount_text, part_text, parts_of, resource_uses
from heddle.reports.review.content import AgreementRow, ModuleRow
from heddle.reports.units import count, engineering, percent
from heddle.synth.vivado.reports import PowerComponent, PowerReport, Slack, TimingReport, Use, UtilisationReport


@dataclass(frozen=True)
class ModuleText:
    """A part, or a module below one, as text: how many, an amount for each of RESOURCE_NAMES, and their source."""

    name: str
    is_part: bool
    count: str
    amounts: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class FitText:
    """Whether the parts fit the board, in a word and in a line that says what is tightest or short."""

    verdict: str
    line: str


@dataclass(frozen=True)
class AgreementText:
    """A case of RTL against simulator as text; the difference is simulator less RTL."""

    case: str
    bits: str
    rtl: str
    simulator: str
    difference: str
    passed: str


@dataclass(frozen=True)
class UseText:
    """A resource of a Vivado report: used, available and share."""

    name: str
    used: str
    available: str
    share: str


@dataclass(frozen=True)
class SlackText:
    """A kind of path of a timing summary: worst and total slack, endpoints that fail and all."""

    name: str
    worst: str
    total: str
    failing: str
    endpoints: str


@dataclass(frozen=True)
class PowerText:
    """A row of a power report; ``depth`` is how deep it stands below the whole."""

    name: str
    depth: int
    watts: str


def module_texts(rows: Sequence[ModuleRow]) -> tuple[ModuleText, ...]:
    """Return the parts in their order, each with its modules behind it, and modules of no known part last."""
    parts = [row.name for row in parts_of(rows)]
    ordered = [
        row
        for part in parts
        for row in (*(own for own in parts_of(rows) if own.name == part), *(r for r in rows if r.parent == part))
    ]
    ordered += [row for row in rows if row.parent and row.parent not in parts]
    return tuple(_module_text(row) for row in ordered)


def total_texts(rows: Sequence[ModuleRow], board: Board) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what all parts take, and their shares of the board, a text for each of RESOURCE_NAMES."""
    uses = resource_uses(rows, board)
    return tuple(amount_text(use.used) for use in uses), tuple(percent(use.share) for use in uses)


def is_of_vivado(source: str) -> bool:
    """True where a figure's source is a report of Vivado."""
    return "vivado" in source.casefold()


def fit_text(design: Design, rows: Sequence[ModuleRow], board: Board) -> FitText | None:
    """Return whether what the parts take fits the board, with its channels; None without parts."""
    uses = resource_uses(rows, board)
    if not parts_of(rows):
        return None
    if is_idealised(design):
        return FitText("idealised", "a textbook design, not to be built")
    if design.memory.channels > board.memory.channels:
        return FitText("no", f"{design.memory.channels} memory channels, {board.name} has {board.memory.channels}")
    tightest = max(uses, key=lambda use: use.tightness)
    heading, of_usable = RESOURCE_HEADINGS[tightest.resource], percent(tightest.tightness)
    return FitText("yes" if tightest.fits else "no", f"{heading} at {of_usable} of what can be used")


def sources(rows: Sequence[ModuleRow]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return where the amounts come from, each source with the parts that have it, in the parts' order."""
    by_source: dict[str, list[str]] = {}
    for row in parts_of(rows):
        by_source.setdefault(row.source, []).append(part_text(row.name))
    return tuple((source, tuple(names)) for source, names in by_source.items())


def agreement_text(row: AgreementRow) -> AgreementText:
    """Return a case as text; cycles that it does not claim are empty."""
    return AgreementText(
        case=row.case,
        bits="exact" if row.bit_exact else "differ",
        rtl="" if row.rtl_cycles is None else count(row.rtl_cycles),
        simulator="" if row.sim_cycles is None else count(row.sim_cycles),
        difference=_difference(row),
        passed="passed" if row.passed else "failed",
    )


def use_texts(report: UtilisationReport) -> tuple[UseText, ...]:
    """Return the rows that a utilisation report has."""
    uses = {
        "LUT": report.lut,
        "LUT as memory": report.lut_as_memory,
        "FF": report.ff,
        "CARRY8": report.carry8,
        "BRAM36": report.bram36,
        "URAM": report.uram,
        "DSP": report.dsp,
    }
    return tuple(_use_text(name, use) for name, use in uses.items() if use is not None)


def slack_texts(report: TimingReport) -> tuple[SlackText, ...]:
    """Return a timing summary's kinds of paths, those without any left out."""
    kinds = (("setup", report.setup), ("hold", report.hold), ("pulse width", report.pulse_width))
    return tuple(_slack_text(name, slack) for name, slack in kinds if slack.worst_ns is not None)


def timing_verdict(report: TimingReport) -> str:
    """Return whether a timing report's constraints are met."""
    if not report.times_a_path:
        return "no path timed"
    if report.met is None:
        return "not known"
    return "met" if report.met else "failed"


def power_texts(report: PowerReport) -> tuple[PowerText, ...]:
    """Return the totals of a power report that it has, then its components."""
    totals = (("total", report.total_w), ("dynamic", report.dynamic_w), ("static", report.static_w))
    rows = [PowerText(name, 0, engineering(watts, "W")) for name, watts in totals if watts is not None]
    return (*rows, *(_component(component) for component in report.components))


def _module_text(row: ModuleRow) -> ModuleText:
    amounts = tuple(amount_text(row.amounts[name]) if name in row.amounts else "" for name in RESOURCE_NAMES)
    name = row.name if row.parent else part_text(row.name)
    return ModuleText(name, not row.parent, count(row.count), amounts, row.source)


def _difference(row: AgreementRow) -> str:
    if row.rtl_cycles is None or row.sim_cycles is None:
        return ""
    difference = row.sim_cycles - row.rtl_cycles
    sign = "−" if difference < 0 else "+" if difference > 0 else ""
    share = f" ({percent(abs(difference) / row.rtl_cycles)})" if difference and row.rtl_cycles else ""
    return f"{sign}{count(abs(difference))}{share}"


def _use_text(name: str, use: Use) -> UseText:
    if use.available is None:
        return UseText(name, amount_text(use.used), "", "")
    share = percent(use.used / use.available) if use.available else ""
    return UseText(name, amount_text(use.used), amount_text(use.available), share)


def _slack_text(name: str, slack: Slack) -> SlackText:
    return SlackText(
        name=name,
        worst=_ns(slack.worst_ns),
        total=_ns(slack.total_ns),
        failing="" if slack.failing is None else count(slack.failing),
        endpoints="" if slack.endpoints is None else count(slack.endpoints),
    )


def _ns(value: float | None) -> str:
    return "" if value is None else f"{value:.3f} ns".replace("-", "−")


def _component(component: PowerComponent) -> PowerText:
    below = "<" if component.below else ""
    return PowerText(component.name, 1 + component.depth, f"{below}{engineering(component.watts, 'W')}")
