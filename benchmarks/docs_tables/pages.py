"""Markdown tables of a page, with the markers that name what makes them.

A table of figures has a comment on the line above it: ``<!-- figures: NAME -->``. A table is replaced only under its
own marker and only where its heading is the one that ``NAME`` makes, so that rows of one table cannot end up in
another one that starts its rows with the same words. ``<!-- measured: NAME -->`` stands above the line that says when
and how the stored measurement ``NAME`` was made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_MARKER = re.compile(r"<!-- figures: ([a-z0-9-]+) -->")
_NOTE = re.compile(r"<!-- measured: ([a-z0-9-]+) -->")
_SEPARATOR = re.compile(r"\|(?:\s*:?-+:?\s*\|)+")
_CELLS = re.compile(r"(?<!\\)\|")
_FENCE = "```"
#: A cell that is a number, whatever follows it.
_FIGURE = re.compile(r"[*`]*[≤≥<>~±]?\s?[+−-]?\d")


class PageError(Exception):
    """A marker that leads nowhere, or a table that is not its marker's."""


@dataclass(frozen=True)
class Table:
    """A table as text: the cells of its heading, and those of each row."""

    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def has_figures(self) -> bool:
        """True where the cell of any row starts with a number."""
        return any(_FIGURE.match(cell) for row in self.rows for cell in row)

    @property
    def lines(self) -> list[str]:
        """The table in Markdown."""
        return [_line(self.heading), "|" + "---|" * len(self.heading), *map(_line, self.rows)]


@dataclass(frozen=True)
class Placed:
    """A table of a page: its lines from ``start`` up to ``end``, counted from 0, and the name in its marker."""

    table: Table
    start: int
    end: int
    name: str | None


def table(heading: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """Return a table of any values, as text. Raises ValueError for a row of another length than the heading."""
    cells = tuple(tuple(str(cell) for cell in row) for row in rows)
    if any(len(row) != len(heading) for row in cells):
        raise ValueError(f"a row of the table {heading} has another number of cells")
    return Table(tuple(heading), cells)


def tables_of(page: str) -> list[Placed]:
    """Return the Markdown tables of ``page``, in order; what stands between fences is no table."""
    lines, found, fenced, at = page.splitlines(), [], False, 0
    while at < len(lines):
        fenced ^= lines[at].startswith(_FENCE)
        if fenced or not _opens(lines, at):
            at += 1
            continue
        end = at + 2
        while end < len(lines) and lines[end].startswith("|"):
            end += 1
        rows = tuple(_cells(line) for line in lines[at + 2 : end])
        marker = _MARKER.fullmatch(lines[at - 1].strip()) if at else None
        found.append(Placed(Table(_cells(lines[at]), rows), at, end, marker[1] if marker else None))
        at = end
    return found


def marked_names(page: str) -> list[str]:
    """Return the names of all markers of ``page``, those without a table below them too."""
    return _MARKER.findall(page)


def measured_names(page: str) -> list[str]:
    """Return the names of the measurements that ``page`` says the day of."""
    return _NOTE.findall(page)


def rewritten(page: str, made: Callable[[str], Table], note: Callable[[str], str]) -> str:
    """Return ``page`` with every marked table as ``made`` gives it by name, every measurement's line as ``note`` does.

    Raises PageError where a marker has no table below it, or the table there has another heading than the one made.
    """
    lines, placed = page.splitlines(), [each for each in tables_of(page) if each.name is not None]
    astray = set(marked_names(page)) - {each.name for each in placed}
    if astray:
        raise PageError(f"no table on the line below the marker of {', '.join(sorted(astray))}")
    for each in reversed(placed):
        new = made(str(each.name))
        if new.heading != each.table.heading:
            raise PageError(
                f"line {each.start + 1}: the table below the marker of {each.name} is headed "
                f"{' | '.join(each.table.heading)}, and {each.name} makes {' | '.join(new.heading)}"
            )
        lines[each.start : each.end] = new.lines
    for at, line in enumerate(lines[:-1]):
        if (found := _NOTE.fullmatch(line)) is not None:
            lines[at + 1] = note(found[1])
    return "\n".join(lines) + "\n"


def _opens(lines: Sequence[str], at: int) -> bool:
    return lines[at].startswith("|") and at + 1 < len(lines) and _SEPARATOR.fullmatch(lines[at + 1]) is not None


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in _CELLS.split(line.strip())[1:-1])


def _line(cells: Sequence[str]) -> str:
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"
