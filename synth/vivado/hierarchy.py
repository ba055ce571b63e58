"""Reads ``report_utilization -hierarchical``: what each instance takes, with everything below it."""

from __future__ import annotations

import re
from pathlib import Path

from heddle.synth.vivado.header import Document
from heddle.synth.vivado.report_tables import Table, depth_of, quoted, read_table, shortened, unsigned
from heddle.synth.vivado.reports import HierarchyReport, ModuleUse, Unread

TITLE = "Utilization by Hierarchy"

_COLUMNS = {
    "lut": ("Total LUTs",),
    "ff": ("FFs",),
    "ramb36": ("RAMB36",),
    "ramb18": ("RAMB18",),
    "uram": ("URAM",),
    "dsp": ("DSP Blocks", "DSP48 Blocks", "DSPs", "DSP Slices"),
}
_OPTIONAL = ("uram",)  # families without UltraRAM have no such column
_PERCENT = re.compile(r"\s*\(\s*<?[0-9.]{1,15}\s*%\s*\)")


def read_hierarchy(document: Document, path: Path) -> tuple[HierarchyReport, tuple[Unread, ...]]:
    """Return the instances in the report's order and what of them could not be read.

    The row of an instance counts what is below it too; a name in parentheses is an instance without that.
    """
    table = read_table(document.sections.get(TITLE, ()), TITLE)
    if TITLE in document.repeated:
        table = Table((), (), "the report has more than one such section")
    modules, reasons = _modules(table)
    problems = [problem for problem in (table.problem, *reasons) if problem]
    return HierarchyReport(path, document.header, modules), tuple(Unread(path, TITLE, text) for text in problems)


def _modules(table: Table) -> tuple[tuple[ModuleUse, ...], tuple[str, ...]]:
    instance, module = table.column(["Instance"]), table.column(["Module"])
    if instance is None or module is None:
        return (), () if table.problem else (f"the table {TITLE!r} lacks the column 'Instance' or 'Module'",)
    columns = {name: table.column(headings) for name, headings in _COLUMNS.items()}
    reasons = [
        f"the table {TITLE!r} lacks the column {_COLUMNS[name][0]!r}"
        for name, index in columns.items()
        if index is None and name not in _OPTIONAL
    ]
    faults: list[str] = []
    modules = []
    for row in table.rows:
        depth = depth_of(row[instance])
        name = row[instance].strip()
        if depth is None or not name:
            faults.append(f"instance {quoted(row[instance])} has no place in the hierarchy")
            continue
        amounts = {key: _amount(row, index, key, faults) for key, index in columns.items()}
        modules.append(_module(name, row[module].strip(), depth, amounts))
    return tuple(modules), (*reasons, *shortened(faults))


def _amount(row: tuple[str, ...], index: int | None, key: str, faults: list[str]) -> float | None:
    """Return a cell's number, without the percentage that Vivado adds when asked to; a bad cell joins ``faults``."""
    if index is None:
        return None
    amount = unsigned(_PERCENT.sub("", row[index], count=1))
    if amount is None:
        faults.append(f"{_COLUMNS[key][0]} of {quoted(row[0])} is {quoted(row[index])}")
    return amount


def _module(name: str, module: str, depth: int, amounts: dict[str, float | None]) -> ModuleUse:
    blocks, halves = amounts["ramb36"], amounts["ramb18"]
    return ModuleUse(
        instance=name,
        module=module,
        depth=depth,
        lut=amounts["lut"],
        ff=amounts["ff"],
        bram36=None if blocks is None or halves is None else blocks + halves / 2,
        uram=amounts["uram"],
        dsp=amounts["dsp"],
    )
