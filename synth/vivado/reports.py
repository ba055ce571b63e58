"""What Vivado's reports said, as read; what could not be read is named, never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Unread:
    """A file, or a section of one, that could not be read, and why."""

    path: Path
    section: str
    reason: str


@dataclass(frozen=True)
class Header:
    """The head of a report; a field that the report lacks is empty."""

    tool_version: str
    design: str
    device: str
    design_state: str


@dataclass(frozen=True)
class Use:
    """How much of a resource is used, of how much; ``available`` is None where the report does not say."""

    used: float
    available: float | None


@dataclass(frozen=True)
class UtilisationReport:
    """Resources of a design; None for a row that the report lacks or that could not be read.

    ``bram36`` counts half blocks as 0.5; ``ff`` counts every register, latches among them.
    """

    path: Path
    header: Header
    lut: Use | None
    lut_as_memory: Use | None
    ff: Use | None
    carry8: Use | None
    bram36: Use | None
    uram: Use | None
    dsp: Use | None


@dataclass(frozen=True)
class ModuleUse:
    """One instance of a hierarchical utilisation report, with all below it; ``depth`` 0 is the top.

    An ``instance`` in parentheses is the one above it again, without what is below. None for a cell that could not
    be read, and ``uram`` for a family without UltraRAM.
    """

    instance: str
    module: str
    depth: int
    lut: float | None
    ff: float | None
    bram36: float | None
    uram: float | None
    dsp: float | None


@dataclass(frozen=True)
class HierarchyReport:
    """Utilisation by instance (``report_utilization -hierarchical``)."""

    path: Path
    header: Header
    modules: tuple[ModuleUse, ...]


@dataclass(frozen=True)
class Slack:
    """Worst and total slack in ns, endpoints that fail and all of them; None where the report has no such paths."""

    worst_ns: float | None
    total_ns: float | None
    failing: int | None
    endpoints: int | None


@dataclass(frozen=True)
class Clock:
    """A clock of the design."""

    name: str
    period_ns: float
    frequency_hz: float


@dataclass(frozen=True)
class TimingReport:
    """The design timing summary.

    ``met`` is None where the report has no constraint to meet, times no path, or has no verdict.
    """

    path: Path
    header: Header
    setup: Slack
    hold: Slack
    pulse_width: Slack
    clocks: tuple[Clock, ...]
    met: bool | None

    @property
    def times_a_path(self) -> bool:
        """False where no path was timed at all: nothing was to be met then."""
        kinds = (self.setup, self.hold, self.pulse_width)
        return any(slack.worst_ns is not None or slack.endpoints for slack in kinds)


@dataclass(frozen=True)
class PowerComponent:
    """A row of the on-chip table; ``below`` is True for a value like <0.001, which ``watts`` then bounds."""

    name: str
    depth: int
    watts: float
    below: bool


@dataclass(frozen=True)
class PowerReport:
    """The power summary in watts; None for a value that the report leaves open."""

    path: Path
    header: Header
    total_w: float | None
    dynamic_w: float | None
    static_w: float | None
    junction_c: float | None
    confidence: str
    components: tuple[PowerComponent, ...]


@dataclass(frozen=True)
class VivadoReports:
    """Every Vivado report of a folder, by kind and then path, and what could not be read."""

    utilisation: tuple[UtilisationReport, ...]
    hierarchy: tuple[HierarchyReport, ...]
    timing: tuple[TimingReport, ...]
    power: tuple[PowerReport, ...]
    unread: tuple[Unread, ...]
