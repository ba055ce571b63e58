"""Bordered tables of Vivado's reports, strictly: a table without its closing border or with a damaged row says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

_BORDER = re.compile(r"\+(?:-+\+)+")
_UNSIGNED = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?")
_OPEN = ("", "-", "--", "---", "NA", "N/A", "n/a", "Unspecified")
_BLANKS_A_LEVEL = 2
_LONGEST_QUOTE = 40


@dataclass(frozen=True)
class Table:
    """A table's cells as text; a cell keeps its indentation, which is hierarchy, and nothing behind its text.

    ``columns`` is empty for a table without a heading row. ``problem`` says what is wrong with the table, and is
    empty for a whole one; the rows that were read complete are there all the same.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    problem: str

    def column(self, names: Sequence[str]) -> int | None:
        """Return the index of the one column that has one of the ``names``; None without one, or with several."""
        found = [index for index, column in enumerate(self.columns) if column in names]
        return found[0] if len(found) == 1 else None


def read_table(lines: Iterable[str], title: str) -> Table:
    """Return the first table of ``lines``, which has a heading row; ``title`` is its section's, for the problem.

    A column lies between two + of the border, so a | in a cell's text does no harm. Without any table the problem
    says that.
    """
    groups, problem = _groups(lines, title)
    if len(groups) == 1 and len(groups[0]) <= 1:
        problem = problem or f"ends inside the table {title!r}"
    if len(groups) != 2 or len(groups[0]) != 1:
        return Table((), (), problem or f"the table {title!r} has lines out of place")
    return Table(tuple(cell.strip() for cell in groups[0][0]), tuple(groups[1]), problem)


def read_bare_table(lines: Iterable[str], title: str) -> Table:
    """Return the first table of ``lines``, which has no heading row: names and values."""
    groups, problem = _groups(lines, title)
    if len(groups) > 1:
        return Table((), (), problem or f"the table {title!r} has lines out of place")
    return Table((), tuple(groups[0]) if groups else (), problem)


def _groups(lines: Iterable[str], title: str) -> tuple[list[list[tuple[str, ...]]], str]:
    """Return the first table's rows, a group between two borders, and what is wrong with the table."""
    border, problem = "", ""
    groups: list[list[tuple[str, ...]]] = []
    for line in lines:
        text = line.strip()
        if not border:
            if _BORDER.fullmatch(text):
                border, groups = text, [[]]
        elif text == border:
            groups.append([])
        elif text.startswith("|"):
            cells = _cells(text, border)
            if cells is None:
                problem = problem or f"the table {title!r} has a damaged row: {quoted(text)}"
            else:
                groups[-1].append(cells)
        else:
            break
    if not border:
        return [], f"the section {title!r} has no table"
    if len(groups) == 1 or groups[-1]:
        return groups, problem or f"ends inside the table {title!r}"
    return groups[:-1], problem


def _cells(text: str, border: str) -> tuple[str, ...] | None:
    """Cut a row at the border's columns; None where a bar is not in its place."""
    bars = [index for index, sign in enumerate(border) if sign == "+"]
    if len(text) != len(border) or any(text[bar] != "|" for bar in bars):
        return None
    # One blank pads each cell on the left; whatever follows it is the text's own indentation.
    return tuple(text[left + 1 : right].removeprefix(" ").rstrip() for left, right in pairwise(bars))


def depth_of(cell: str) -> int | None:
    """Return how deep a row stands below the table's first level, by its indentation; None for an odd one."""
    blanks = len(cell) - len(cell.lstrip(" "))
    return None if blanks % _BLANKS_A_LEVEL else blanks // _BLANKS_A_LEVEL


def label_of(cell: str) -> str:
    """Return a row's name: without indentation, and without the star that points to a note."""
    return cell.strip().rstrip("*").rstrip()


def unsigned(text: str) -> float | None:
    """Return a plain number, 220 or 98.5; None for anything else: bounds, separators, units, exponents, signs."""
    text = text.strip()
    return float(text) if _UNSIGNED.fullmatch(text) else None


def is_open(text: str) -> bool:
    """Tell whether a cell says that there is no value: blank, ---, NA or Unspecified."""
    return label_of(text) in _OPEN


def printable(text: str) -> str:
    """Return text of a file for a message: one line, what cannot be printed escaped, cut where it is long."""
    text = " ".join(text.split())
    short = text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "..."
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in short)


def quoted(text: str) -> str:
    """Return ``printable`` text in quotes."""
    return f"'{printable(text)}'"


def shortened(faults: Sequence[str]) -> tuple[str, ...]:
    """Return one line for the faults of a table, which may have a hundred thousand rows: the first, and how many."""
    return (f"{faults[0]} (and {len(faults) - 1} more)",) if len(faults) > 1 else tuple(faults)
