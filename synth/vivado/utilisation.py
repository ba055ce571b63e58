"""Reads ``report_utilization``: what the design takes of each resource, by the rows' names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from heddle.synth.vivado.header import Document
from heddle.synth.vivado.report_tables import Table, is_open, label_of, quoted, read_table, unsigned
from heddle.synth.vivado.reports import Unread, Use, UtilisationReport


@dataclass(frozen=True)
class _Section:
    """A section by the titles that it has from family to family, and the names of the rows of each resource."""

    titles: tuple[str, ...]
    rows: dict[str, tuple[str, ...]]


_SECTIONS = (
    _Section(
        ("CLB Logic", "Slice Logic", "Netlist Logic"),
        {
            "lut": ("CLB LUTs", "Slice LUTs"),
            "lut_as_memory": ("LUT as Memory",),
            "ff": ("CLB Registers", "Slice Registers", "Registers"),
            "carry8": ("CARRY8",),
        },
    ),
    _Section(("BLOCKRAM", "Memory"), {"bram36": ("Block RAM Tile",), "uram": ("URAM",)}),
    _Section(("ARITHMETIC", "DSP"), {"dsp": ("DSPs", "DSP Slices")}),
)

#: Titles of the sections that ``read_utilisation`` reads.
TITLES = tuple(title for section in _SECTIONS for title in section.titles)


def read_utilisation(document: Document, path: Path) -> tuple[UtilisationReport, tuple[Unread, ...]]:
    """Return the report and what of it could not be read; a row that the report lacks is None and no fault."""
    uses: dict[str, Use | None] = {}
    unread: list[Unread] = []
    for section in _SECTIONS:
        title, table = _section_table(document, section.titles)
        if table.problem:
            unread.append(Unread(path, title, table.problem))
        for resource, names in section.rows.items():
            uses[resource], reason = _use(table, names)
            if reason:
                unread.append(Unread(path, title, reason))
    report = UtilisationReport(
        path=path,
        header=document.header,
        lut=uses["lut"],
        lut_as_memory=uses["lut_as_memory"],
        ff=uses["ff"],
        carry8=uses["carry8"],
        bram36=uses["bram36"],
        uram=uses["uram"],
        dsp=uses["dsp"],
    )
    return report, tuple(unread)


def _section_table(document: Document, titles: tuple[str, ...]) -> tuple[str, Table]:
    """Return the title that the section has in this report and its table, empty with a problem if there is none."""
    present = [title for title in titles if title in document.sections]
    repeated = [title for title in titles if title in document.repeated]
    if repeated or len(present) > 1:
        title = (repeated or present)[0]
        return title, Table((), (), "the report has more than one such section")
    if not present:
        return titles[0], Table((), (), "the report has no such section")
    table = read_table(document.sections[present[0]], present[0])
    if not table.problem and not {"Site Type", "Used"} <= set(table.columns):
        return present[0], Table((), (), f"the table {present[0]!r} lacks the column 'Site Type' or 'Used'")
    return present[0], table


def _use(table: Table, names: tuple[str, ...]) -> tuple[Use | None, str]:
    """Return a resource's use and, where its row cannot be read, the reason."""
    site, used, available = (table.column([name]) for name in ("Site Type", "Used", "Available"))
    if site is None or used is None:
        return None, ""
    found = {
        (row[used], row[available] if available is not None else "") for row in table.rows if _is(row[site], names)
    }
    if not found:
        return None, ""
    if len(found) > 1:
        return None, f"'{names[0]}' stands in two rows that differ"
    ((used_text, available_text),) = found
    amount = unsigned(used_text)
    if amount is None:
        return None, f"Used of '{names[0]}' is {quoted(used_text)}"
    limit = unsigned(available_text)
    reason = (
        "" if limit is not None or is_open(available_text) else f"Available of '{names[0]}' is {quoted(available_text)}"
    )
    return Use(amount, limit), reason


def _is(cell: str, names: tuple[str, ...]) -> bool:
    return label_of(cell) in names
