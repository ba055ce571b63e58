"""Reads Vivado's reports from files: what each one is comes from its content, never from its name."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TypeVar

from heddle.arch.errors import HeddleError
from heddle.synth.vivado import hierarchy, power, utilisation
from heddle.synth.vivado import timing_summary as timing
from heddle.synth.vivado.header import POWER_HEADING, TIMING_HEADING, UTILISATION_HEADING, Document, split_documents
from heddle.synth.vivado.hierarchy import read_hierarchy
from heddle.synth.vivado.power import read_power
from heddle.synth.vivado.project import ADVICE
from heddle.synth.vivado.report_tables import printable
from heddle.synth.vivado.reports import (
    HierarchyReport,
    PowerReport,
    TimingReport,
    Unread,
    UtilisationReport,
    VivadoReports,
)
from heddle.synth.vivado.timing_summary import read_timing
from heddle.synth.vivado.utilisation import read_utilisation

_REPORT = ".rpt"
_SUFFIXES = (_REPORT, ".txt")
_LEVELS = 4
_TITLES = frozenset((*utilisation.TITLES, hierarchy.TITLE, *timing.TITLES, *power.TITLES))
_COMMAND_OF_HEADING = {
    UTILISATION_HEADING: "report_utilization",
    TIMING_HEADING: "report_timing_summary",
    POWER_HEADING: "report_power",
}
# Titles that no other report has; a report without head and heading is known by them.
_COMMAND_OF_TITLE = {
    "CLB Logic": "report_utilization",
    "Slice Logic": "report_utilization",
    "Netlist Logic": "report_utilization",
    hierarchy.TITLE: "report_utilization",
    timing.SUMMARY: "report_timing_summary",
    power.ON_CHIP: "report_power",
}
_TITLES_OF_COMMAND = {
    "report_utilization": frozenset((*utilisation.TITLES, hierarchy.TITLE)),
    "report_timing_summary": frozenset(timing.TITLES),
    "report_power": frozenset(power.TITLES),
}
_ADVICE = frozenset(command.split()[0] for command in ADVICE.values())
_OF_A_PART = ("-cell", "-cells", "-pblock", "-pblocks")
_EMPTY = "is empty"
_FOREIGN = "is no Vivado report (no 'Tool Version' line, no known title)"
_NOTHING = VivadoReports((), (), (), (), ())

_Item = TypeVar("_Item", UtilisationReport, HierarchyReport, TimingReport, PowerReport, Unread)


def read_reports(folder: Path) -> VivadoReports:
    """Return every Vivado report of ``folder`` and of the folders in it, down to four levels, by kind and path.

    Files ending in .rpt or .txt are looked at; hidden folders (Vivado's scratch) are not. A .rpt that is no
    report, and whatever could not be read, is in ``unread``; a .txt that is no report is nobody's fault. Raises
    HeddleError where there is no such folder.
    """
    if not folder.is_dir():
        problem = "is a file; give the folder of" if folder.exists() else "there is no such folder of"
        raise HeddleError(f"{folder}: {problem} Vivado's reports")
    found: list[VivadoReports] = []
    seen: set[str] = set()
    for candidate in _candidates(folder, _LEVELS):
        if isinstance(candidate, Unread):
            found.append(_unread(candidate))
            continue
        place = os.path.realpath(candidate)
        if place in seen:
            continue
        seen.add(place)
        result = _read(candidate)
        if not isinstance(result, str):
            found.append(result)
        elif candidate.suffix.lower() == _REPORT:
            found.append(_unread(Unread(candidate, "", result)))
    return _merged(found)


def read_report(path: Path) -> VivadoReports:
    """Return what one file holds, whatever its name; a file that is no report is in ``unread``. Raises nothing."""
    result = _read(path)
    return _unread(Unread(path, "", result)) if isinstance(result, str) else result


def _candidates(folder: Path, levels: int) -> Iterator[Path | Unread]:
    """Yield the files to look at, in order of their paths, and what stands in the way."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        yield Unread(folder, "", _refused(error))
        return
    for entry in entries:
        if _is_folder(entry):
            if entry.suffix.lower() == _REPORT:
                yield Unread(entry, "", "is a folder")
            elif levels > 1 and not entry.name.startswith("."):
                yield from _candidates(entry, levels - 1)
        elif entry.suffix.lower() in _SUFFIXES:
            yield entry


def _is_folder(entry: Path) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # then reading it says why


def _read(path: Path) -> VivadoReports | str:
    """Return what a file holds, or the reason why it is no report of Vivado's at all."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):  # a pipe would be waited for without end
            return _unread(Unread(path, "", "is a folder" if stat.S_ISDIR(mode) else "is not a regular file"))
        documents = [document for document in split_documents(path, _TITLES) if _is_report(document)]
        if not documents:
            return _EMPTY if _is_blank(path) else _FOREIGN
    except OSError as error:
        return _unread(Unread(path, "", _refused(error)))
    return _merged(_read_document(document, path) for document in documents)


def _is_report(document: Document) -> bool:
    return document.has_head or bool(_commands(document))


def _is_blank(path: Path) -> bool:
    with path.open("rb") as file:
        return not any(line.strip() for line in file)


def _commands(document: Document) -> tuple[str, ...]:
    """Return the commands that made the report: the one in its head, else by its heading and titles."""
    if document.command:
        return (document.command.split()[0],)
    titles = {*document.sections, *document.repeated}
    by_title = [command for title, command in _COMMAND_OF_TITLE.items() if title in titles]
    by_heading = [_COMMAND_OF_HEADING[document.heading]] if document.heading else []
    return tuple(sorted({*by_title, *by_heading}))


def _read_document(document: Document, path: Path) -> VivadoReports:
    commands = _commands(document)
    if not commands:
        return _unread(Unread(path, "", "is a Vivado report without a known title (cut off?)"))
    part = next((option for option in document.command.split() if option in _OF_A_PART), "")
    if part:
        return _unread(Unread(path, "", f"is a report of a part of the design ({part}), not of the whole"))
    return _merged(_read_kind(document, path, command) for command in commands)


def _read_kind(document: Document, path: Path, command: str) -> VivadoReports:
    """Read the sections that ``command`` makes; the advice of our own script is text for an engineer."""
    if command in _ADVICE and path.suffix.lower() != _REPORT:
        return _NOTHING
    if command not in _TITLES_OF_COMMAND:
        return _unread(Unread(path, "", f"is a Vivado report of a kind that is not read ({printable(command)})"))
    titles = {*document.sections, *document.repeated} & _TITLES_OF_COMMAND[command]
    if not titles:
        return _unread(Unread(path, "", f"is by {command}, but without any section that is read (cut off?)"))
    if command == "report_power":
        power_report, unread = read_power(document, path)
        return replace(_NOTHING, power=(power_report,), unread=unread)
    if command == "report_timing_summary":
        timing_report, unread = read_timing(document, path)
        return replace(_NOTHING, timing=(timing_report,), unread=unread)
    whole, tree = _NOTHING, _NOTHING
    if titles & set(utilisation.TITLES):
        utilisation_report, unread = read_utilisation(document, path)
        whole = replace(_NOTHING, utilisation=(utilisation_report,), unread=unread)
    if hierarchy.TITLE in titles:
        hierarchy_report, unread = read_hierarchy(document, path)
        tree = replace(_NOTHING, hierarchy=(hierarchy_report,), unread=unread)
    return _merged((whole, tree))


def _merged(parts: Iterable[VivadoReports]) -> VivadoReports:
    """Put reports together, each kind by path; of one file they stay in its order."""
    every = tuple(parts)
    return VivadoReports(
        utilisation=_by_path(part.utilisation for part in every),
        hierarchy=_by_path(part.hierarchy for part in every),
        timing=_by_path(part.timing for part in every),
        power=_by_path(part.power for part in every),
        unread=_by_path(part.unread for part in every),
    )


def _by_path(groups: Iterable[tuple[_Item, ...]]) -> tuple[_Item, ...]:
    return tuple(sorted(chain.from_iterable(groups), key=lambda item: item.path))


def _unread(unread: Unread) -> VivadoReports:
    return replace(_NOTHING, unread=(unread,))


def _refused(error: OSError) -> str:
    return f"cannot be read: {(error.strerror or type(error).__name__).lower()}"
