"""Where each key of a TOML text stands, which Python's own parser does not tell.

The text is one that ``tomllib`` has accepted, so this only finds its way: it checks nothing.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass

#: Keys and, within an array, indices, from the whole text down to one value.
Key = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_QUOTED_KEY = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'')
_DOT = re.compile(r"[ \t]*\.[ \t]*")
# Up to two quotes may belong to a text before the three that end it: of five in a row, the last three end it.
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_PLAIN_VALUE = re.compile(r"[^,\]}#\n]*")


@dataclass(frozen=True)
class Position:
    """A place in a text, both counted from 1, the column in characters."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


def key_positions(text: str) -> dict[Key, Position]:
    """Return where each key of ``text``, and each element of an array, stands first.

    A table's key is where its header, or the first dotted key through it, names it.
    """
    scanner = _Scanner(text.replace("\r\n", "\n"))
    scanner.document()
    starts = [0, *(match.end() for match in re.finditer("\n", scanner.text))]
    return {path: _position(offset, starts) for path, offset in scanner.found.items()}


def _position(offset: int, starts: list[int]) -> Position:
    line = bisect_right(starts, offset)
    return Position(line, offset - starts[line - 1] + 1)


class _Scanner:
    """A walk over the text; ``found`` are the offsets of what was met."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: dict[Key, int] = {}
        self._at = 0
        self._tables: dict[Key, int] = {}  # arrays of tables, by path, with the index of the last table

    def document(self) -> None:
        """Walk over all of it."""
        table: Key = ()
        self._skip(_BLANK)
        while self._at < len(self.text):
            if self._next("[["):
                table = self._header(self._array_table)
                self._take("]]")
            elif self._next("["):
                table = self._header(self._table)
                self._take("]")
            else:
                self._pair(table)
            self._skip(_BLANK)

    def _header(self, enter: Callable[[list[tuple[str, int]]], Key]) -> Key:
        self._at += 2 if self.text.startswith("[[", self._at) else 1
        self._skip(_BLANK)
        path = enter(self._dotted())
        self._skip(_BLANK)
        return path

    def _table(self, parts: list[tuple[str, int]]) -> Key:
        path: Key = ()
        for name, offset in parts:
            path = self._entered((*path, name), offset)
        return path

    def _array_table(self, parts: list[tuple[str, int]]) -> Key:
        """Note one more table of an array of tables, and return its path."""
        *before, (name, offset) = parts
        array = (*self._table(before), name)
        self._tables[array] = self._tables.get(array, -1) + 1
        return self._entered(array, offset)

    def _entered(self, path: Key, offset: int) -> Key:
        """Note a table's key; the path goes on in the last table where the key is of an array of tables."""
        self.found.setdefault(path, offset)
        if path not in self._tables:
            return path
        last = (*path, self._tables[path])
        self.found.setdefault(last, offset)
        return last

    def _pair(self, table: Key) -> None:
        path = table
        for name, offset in self._dotted():
            path = (*path, name)
            self.found.setdefault(path, offset)
        self._skip(_BLANK)
        self._take("=")
        self._skip(_BLANK)
        self._value(path)

    def _dotted(self) -> list[tuple[str, int]]:
        """The parts of a dotted key, each with its offset."""
        parts = [self._key()]
        while match := _DOT.match(self.text, self._at):
            self._at = match.end()
            parts.append(self._key())
        return parts

    def _key(self) -> tuple[str, int]:
        offset = self._at
        quoted = _QUOTED_KEY.match(self.text, offset)
        if quoted:
            self._at = quoted.end()
            name = str(tomllib.loads(f"key = {quoted[0]}")["key"])  # escapes and all
        else:
            name = self._skip(_BARE_KEY)
        return name, offset

    def _value(self, path: Key) -> None:
        if self._next("["):
            self._array(path)
        elif self._next("{"):
            self._inline_table(path)
        elif self._next('"') or self._next("'"):
            self._skip(_STRING)
        else:
            self._skip(_PLAIN_VALUE)

    def _array(self, path: Key) -> None:
        self._take("[")
        self._skip(_BLANK)
        index = 0
        while not self._next("]"):
            self.found[*path, index] = self._at
            self._value((*path, index))
            self._end_of_element()
            index += 1
        self._take("]")

    def _inline_table(self, path: Key) -> None:
        self._take("{")
        self._skip(_BLANK)
        while not self._next("}"):
            self._pair(path)
            self._end_of_element()
        self._take("}")

    def _end_of_element(self) -> None:
        self._skip(_BLANK)
        if self._next(","):
            self._take(",")
            self._skip(_BLANK)

    def _next(self, mark: str) -> bool:
        return self.text.startswith(mark, self._at)

    def _take(self, mark: str) -> None:
        assert self._next(mark), f"expected {mark!r} at {self._at}"
        self._at += len(mark)

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self._at)
        assert match, f"expected {pattern.pattern} at {self._at}"
        self._at = match.end()
        return match[0]
