"""A program as text, an instruction a line, and back.

A line is the instruction's name and those of its fields that are not zero: ``load weight half=1 group_elements=4``.
A field of one bit is written as its name alone. Fields within fields are written with a dot, ``walk.cols.step=2``,
except tokens, which stand as ``signal_next``. What follows a ``#`` is a remark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import Any

import numpy as np

from heddle.arch.errors import HeddleError, unknown
from heddle.arch.instruction_words import Words, field_column, field_paths, field_width, instruction_of
from heddle.arch.instructions import INSTRUCTIONS, Instruction, Sync
from heddle.arch.isa import Encoded

_KINDS = {opcode.name.lower(): kind for opcode, kind in INSTRUCTIONS.items()}
_TOKENS = "tokens."
_OPCODE = "opcode"
#: Instructions whose lines are made together.
_LINES_AT_ONCE = 1 << 14
_HEX_NAMES = ("address", "index_address")


def listing(words: Words) -> Iterator[str]:
    """Yield the lines of ``words``; ``assemble`` makes the same program of them. HeddleError for no instruction."""
    for start in range(0, len(words), _LINES_AT_ONCE):
        yield from _lines(words[start : start + _LINES_AT_ONCE])


def assemble(lines: Iterable[str], where: str = "program") -> tuple[Instruction, ...]:
    """Return the program of ``lines``. Raises HeddleError with ``where`` and the line for what is no instruction."""
    program = []
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        if words:
            program.append(_instruction(words, f"{where}: line {number}"))
    return tuple(program)


def _lines(words: Words) -> list[str]:
    opcodes = field_column(Sync, words, _OPCODE)
    lines = [""] * len(words)
    for opcode in np.unique(opcodes).tolist():
        places = np.flatnonzero(opcodes == opcode)
        kind = type(instruction_of(words[places[0]], "listing"))
        for place, line in zip(places.tolist(), _lines_of(kind, words[places]), strict=True):
            lines[place] = line
    return lines


def _lines_of(kind: type[Instruction], words: Words) -> Iterator[str]:
    """The lines of instructions of one kind, field by field: each number that stands there becomes text once."""
    columns: list[Iterator[str]] = [repeat(kind.opcode_of.name.lower(), len(words))]
    for path in field_paths(kind):
        numbers = field_column(kind, words, path)
        if path != _OPCODE and numbers.any():
            texts = {number: _text(kind, path, number) for number in np.unique(numbers).tolist()}
            columns.append(map(texts.__getitem__, numbers.tolist()))
    return map("".join, zip(*columns, strict=True))


def _text(kind: type[Instruction], path: str, number: int) -> str:
    """How a line shows a number, with the space before it."""
    if not number:
        return ""
    if field_width(kind, path) == 1:
        return f" {_written(path)}"
    is_address = path.rpartition(".")[2] in _HEX_NAMES
    return f" {_written(path)}={number:#x}" if is_address else f" {_written(path)}={number}"


def _written(path: str) -> str:
    """The name of a field as it is written."""
    return path.removeprefix(_TOKENS)


def _instruction(words: list[str], where: str) -> Instruction:
    name, *given = words
    if name.lower() not in _KINDS:
        raise unknown("instruction", name, _KINDS, where)
    kind = _KINDS[name.lower()]
    blank = kind.decode(int(kind.opcode_of))
    names = [_written(path) for path in field_paths(kind) if path != _OPCODE]
    numbers: dict[str, int] = {}
    for word in given:
        field, sign, text = word.partition("=")
        if field not in names:
            raise unknown(f"field of {name}", field, names, where)
        if field in numbers:
            raise HeddleError(f"{where}: field {field} is given twice")
        numbers[field] = _number(text, f"{where}: {field}") if sign else 1
    instruction = _filled(blank, numbers)
    try:
        instruction.encode()
    except HeddleError as error:
        raise HeddleError(f"{where}: {error}") from None
    return instruction


def _number(text: str, where: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        raise HeddleError(f"{where}: {text!r} is no whole number") from None


def _filled(blank: Any, numbers: dict[str, int], prefix: str = "") -> Any:
    """``blank`` with ``numbers``, by their names as they are written; all others stay as they are."""
    values: dict[str, Any] = {}
    for field in blank.fields():
        value = getattr(blank, field.name)
        if isinstance(value, Encoded):
            values[field.name] = _filled(value, numbers, f"{prefix}{field.name}.".removeprefix(_TOKENS))
        else:
            values[field.name] = numbers.get(prefix + field.name, value)
    return type(blank)(**values)
