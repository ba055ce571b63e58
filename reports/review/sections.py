"""The sections of a page in their order, and what stands in one that nothing fills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from heddle.reports.review.content import Missing

#: Every section by its name, which is its anchor on the page, with its heading.
SECTIONS = {
    "design": "Design",
    "front": "Pareto front",
    "time": "Time",
    "schedule": "Schedule",
    "roofline": "Roofline",
    "timeline": "Timeline",
    "stalls": "Stalls",
    "energy": "Energy",
    "modules": "Use of the board",
    "stages": "Critical stages",
    "agreement": "RTL against the simulator",
    "accuracy": "Accuracy",
    "vivado": "Vivado's reports",
    "notes": "Notes",
}
#: What a ``Missing`` may name besides a section: all those that one result fills.
GROUPS = {
    "step": ("time", "schedule", "roofline", "timeline", "stalls", "energy"),
    "hardware": ("modules", "stages"),
}

_REASONS = {
    "design": "no design was given",
    "front": "no exploration",
    "time": "no step was simulated",
    "schedule": "no step was scheduled",
    "roofline": "no pass of the array moves data",
    "timeline": "the engines did not run",
    "stalls": "only the engines know what the array waits for",
    "energy": "no step was simulated",
    "modules": "nothing counted what the design takes",
    "stages": "the design was not synthesised",
    "agreement": "the generated RTL was not run",
    "accuracy": "no network was trained",
    "vivado": "no report of Vivado",
    "notes": "none",
}


@dataclass(frozen=True)
class Absent:
    """Why a section is empty, the command that fills it, and what that takes; both may be empty."""

    reason: str
    command: str
    takes: str = ""


def absent_sections(empty: Sequence[str], missing: Sequence[Missing]) -> dict[str, Absent]:
    """Return for each section of ``empty`` what ``missing`` says of it, by its name, its heading or its group's."""
    found = {
        section: Absent(entry.reason, entry.command, entry.takes) for entry in missing for section in _named(entry)
    }
    return {section: found.get(section, Absent(_REASONS[section], "")) for section in empty}


def left_over(empty: Sequence[str], missing: Sequence[Missing]) -> tuple[str, ...]:
    """Return a line for each of ``missing`` that stands in no empty section, so that a page loses none."""
    return tuple(_line(entry) for entry in missing if not set(_named(entry)) & set(empty))


def _line(entry: Missing) -> str:
    command = f"; make it with: {entry.command}" if entry.command else ""
    return f"{entry.section}: {entry.reason}{command}"


def _named(entry: Missing) -> tuple[str, ...]:
    if entry.section in GROUPS:
        return GROUPS[entry.section]
    word = entry.section.casefold()
    return tuple(name for name, heading in SECTIONS.items() if word in (name, heading.casefold()))
