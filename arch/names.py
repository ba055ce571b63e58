"""Text that comes from outside, made safe to print, to draw and to open in a spreadsheet."""

from __future__ import annotations

import re

#: Control characters (a terminal obeys them, a font has no glyph for them) and Unicode's ends of lines.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
#: What a spreadsheet takes for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@")


def printable(name: str) -> str:
    """Return ``name`` without control characters; "unnamed" where nothing else is in it."""
    return name if name.isprintable() else _CONTROL.sub("", name) or "unnamed"


def visible(text: str) -> str:
    """Return ``text`` with its control characters written as Python's escapes."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def csv_text(cell: str) -> str:
    """Return ``cell`` as a CSV that spreadsheets open shows it: quoted by ' where they would run it as a formula.

    >>> csv_text("=1+1")
    "'=1+1"
    """
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
