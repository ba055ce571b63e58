"""Reads ``report_power``: the summary, and what each kind of resource takes."""

from __future__ import annotations

import re
from pathlib import Path

from heddle.synth.vivado.header import Document
from heddle.synth.vivado.report_tables import (
    Table,
    depth_of,
    is_open,
    label_of,
    quoted,
    read_bare_table,
    read_table,
    shortened,
    unsigned,
)
from heddle.synth.vivado.reports import PowerComponent, PowerReport, Unread

SUMMARY = "Summary"
ON_CHIP = "On-Chip Components"
#: Titles of the sections that ``read_power`` reads.
TITLES = (SUMMARY, ON_CHIP)

_TOTAL, _DYNAMIC, _STATIC = "Total On-Chip Power (W)", "Dynamic (W)", "Device Static (W)"
_JUNCTION, _CONFIDENCE = "Junction Temperature (C)", "Confidence Level"
# Vivado marks a power that heats the chip too much: 63.1 (Junction temp exceeded!).
_REMARK = re.compile(r"(\S+) +\([^()]*\)")


def read_power(document: Document, path: Path) -> tuple[PowerReport, tuple[Unread, ...]]:
    """Return the report and what of it could not be read; a value that Vivado leaves open (NA) is None."""
    summary, summary_problem = _summary(document)
    unread = [Unread(path, SUMMARY, summary_problem)] if summary_problem else []
    values: dict[str, float | None] = {}
    for name in (_TOTAL, _DYNAMIC, _STATIC, _JUNCTION):
        values[name], reason = _value(name, summary.get(name, ""))
        if reason:
            unread.append(Unread(path, SUMMARY, reason))
    components, reasons = _components(document)
    unread += [Unread(path, ON_CHIP, reason) for reason in reasons]
    confidence = summary.get(_CONFIDENCE, "")
    report = PowerReport(
        path=path,
        header=document.header,
        total_w=values[_TOTAL],
        dynamic_w=values[_DYNAMIC],
        static_w=values[_STATIC],
        junction_c=values[_JUNCTION],
        confidence="" if is_open(confidence) else confidence,
        components=components,
    )
    return report, tuple(unread)


def _missing(document: Document, title: str) -> str:
    """Return why there is no telling what a section says: it stands twice or not at all; else empty."""
    if title in document.repeated:
        return "the report has more than one such section"
    return "" if title in document.sections else "the report has no such section"


def _summary(document: Document) -> tuple[dict[str, str], str]:
    """Return the summary's values by name and what is wrong with it; a name that stands twice is left out."""
    missing = _missing(document, SUMMARY)
    table = Table((), (), missing) if missing else read_bare_table(document.sections[SUMMARY], SUMMARY)
    pairs = [(label_of(row[0]), row[1].strip()) for row in table.rows if len(row) == 2]
    names = [name for name, _ in pairs]
    values = {name: value for name, value in pairs if names.count(name) == 1}
    problem = table.problem
    if not problem and not {_TOTAL, _DYNAMIC, _STATIC} & set(names):
        problem = f"the table {SUMMARY!r} has no row {_TOTAL!r}"
    if not problem and len(values) < len(names):
        problem = f"the table {SUMMARY!r} has a row twice"
    return values, problem


def _value(name: str, text: str) -> tuple[float | None, str]:
    """Return a summary's number and, where it has none although it is not left open, the reason."""
    marked = _REMARK.fullmatch(text)
    value = unsigned(marked[1] if marked else text)
    return value, "" if value is not None or is_open(text) else f"{name!r} is {quoted(text)}"


def _components(document: Document) -> tuple[tuple[PowerComponent, ...], tuple[str, ...]]:
    missing = _missing(document, ON_CHIP)
    table = Table((), (), missing) if missing else read_table(document.sections[ON_CHIP], ON_CHIP)
    name, power = table.column(["On-Chip"]), table.column(["Power (W)"])
    if name is None or power is None:
        return (), (table.problem or f"the table {ON_CHIP!r} lacks the column 'On-Chip' or 'Power (W)'",)
    components: list[PowerComponent] = []
    faults: list[str] = []
    for row in table.rows:
        text, depth = row[power].strip(), depth_of(row[name])
        watts = unsigned(text.removeprefix("<"))
        if watts is None or depth is None or not row[name].strip():
            faults.append(f"'Power (W)' of {quoted(row[name])} is {quoted(text)}")
        else:
            components.append(PowerComponent(row[name].strip(), depth, watts, text.startswith("<")))
    return tuple(components), (*([table.problem] if table.problem else []), *shortened(faults))
