"""Splits a file into Vivado's reports, in one pass: the head of each, and the lines of the sections that are read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from heddle.synth.vivado.reports import Header

UTILISATION_HEADING = "Utilization Design Information"
TIMING_HEADING = "Timing Summary Report"
POWER_HEADING = "Power Report"
HEADINGS = (UTILISATION_HEADING, TIMING_HEADING, POWER_HEADING)

_FIELD = re.compile(
    r"\|\s*(Tool Version|Date|Host|Command|Design State|Design|Device|Speed File|Temperature Grade|Grade|Process"
    r"|Characterization)\s*:(.*)"
)
_NUMBERED_TITLE = re.compile(r"\s*[0-9]{1,4}(?:\.[0-9]{1,4})*\.?\s+(\S.*)")
_LONGEST_LINE = 1 << 16
_SHORTEST_UNDERLINE = 3
# What a line of a report ends with when nothing of it is missing; a number says nothing, as 20 may have been 200.
_WHOLE_ENDINGS = ("|", "+", "constraints are met.", "constraints are not met.", "timing constraints.")
_DAMAGED = "\ufffd"


@dataclass(frozen=True)
class Document:
    """One report as text.

    ``command`` is the Tcl command that made it and ``heading`` its large title, each empty where the report does
    not say. ``sections`` holds the lines below each title that was asked for; a title that stands twice is in
    ``repeated`` and not in ``sections``, for nobody can say which of the two holds.
    """

    header: Header
    command: str
    heading: str
    sections: Mapping[str, tuple[str, ...]]
    repeated: tuple[str, ...]

    @property
    def has_head(self) -> bool:
        """Whether it begins as Vivado's reports do."""
        header = self.header
        return any((header.tool_version, header.design, header.device, header.design_state, self.command))


class _Draft:
    """A document in the making."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self.heading = ""
        self.sections: dict[str, list[str]] = {}
        self.repeated: list[str] = []
        self.lines: list[str] | None = None

    def open_section(self, title: str, wanted: frozenset[str]) -> None:
        """End the section before, which has taken the title's line for its own, and begin one if it is wanted."""
        if self.lines:
            self.lines.pop()
        self.lines = None
        if title in self.sections:
            self.repeated.append(title)
        elif title in wanted:
            self.lines = self.sections[title] = []

    def finished(self) -> Document:
        header = Header(
            tool_version=self.fields.get("Tool Version", ""),
            design=self.fields.get("Design", ""),
            device=self.fields.get("Device", ""),
            design_state=self.fields.get("Design State", ""),
        )
        single = {title: tuple(lines) for title, lines in self.sections.items() if title not in self.repeated}
        return Document(header, self.fields.get("Command", ""), self.heading, single, tuple(self.repeated))


def split_documents(path: Path, titles: frozenset[str]) -> Iterator[Document]:
    """Yield what ``path`` holds, a document a head (Vivado can append reports to one file), the sections by title.

    Text ahead of the first head, or of a file without any, is a document too. Raises OSError.
    """
    draft, in_head, previous = _Draft(), False, ""
    for line in _lines(path):
        field = _FIELD.fullmatch(line) if line.startswith("|") else None
        if field:
            if not in_head:
                yield draft.finished()
                draft = _Draft()
            draft.fields.setdefault(field[1], field[2].strip())
        elif title := _title(previous, line):
            draft.open_section(title, titles)
        elif draft.lines is not None:
            draft.lines.append(line)
        elif not draft.heading and line.strip() in HEADINGS:
            draft.heading = line.strip()
        in_head, previous = field is not None, line
    yield draft.finished()


def _title(previous: str, line: str) -> str:
    """Return the title that ``line`` underlines in ``previous``, without its number; empty for any other line.

    The underline tells a section from its entry in the table of contents.
    """
    if line.startswith("| -") and previous.startswith("| ") and _is_rule(line[2:]):
        return previous[2:].strip()
    if previous and _is_rule(line.strip()):
        numbered = _NUMBERED_TITLE.fullmatch(previous)
        return numbered[1].strip() if numbered else ""
    return ""


def _is_rule(text: str) -> bool:
    return len(text) >= _SHORTEST_UNDERLINE and not text.strip("-")


def _lines(path: Path) -> Iterator[str]:
    """Yield the lines without their ends. A last line that was cut off, and one beyond all measure, reads damaged."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        while line := file.readline(_LONGEST_LINE):
            if line.endswith("\n"):
                yield line.rstrip()
            elif len(line) == _LONGEST_LINE:
                while (rest := file.readline(_LONGEST_LINE)) and not rest.endswith("\n"):
                    pass
                yield _DAMAGED
            else:
                yield line.rstrip() if line.rstrip().endswith(_WHOLE_ENDINGS) else _DAMAGED
