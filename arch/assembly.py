"""A program as text, an instruction a line, and back.

A line is the instruction's name and those of its fields that are not zero: ``load weight half=1 group_elements=4``.
A field of one bit is written as its name alone. Fields within fields are written with a dot, ``walk.cols.step=2``,
except tokens, which stand as ``signal_next``. What follows a ``#`` is a remark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from heddle.arch.errors import HeddleError, unknown
from heddle.arch.instructions import INSTRUCTIONS, Instruction
from heddle.arch.isa import Encoded, Field

_KINDS = {opcode.name.lower(): kind for opcode, kind in INSTRUCTIONS.items()}
_TOKENS = "tokens."
_HEX_NAMES = ("address", "index_address")


def listing(program: Iterable[Instruction]) -> Iterator[str]:
    """Yield the lines of ``program``; ``assemble`` makes the same program of them."""
    for instruction in program:
        words = [instruction.opcode_of.name.lower()]
        for name, field, value in _numbers(instruction):
            if value and name != "opcode":
                words.append(name if field.width == 1 else f"{name}={_text(field, value)}")
        yield " ".join(words)


def assemble(lines: Iterable[str], where: str = "program") -> tuple[Instruction, ...]:
    """Return the program of ``lines``. Raises HeddleError with ``where`` and the line for what is no instruction."""
    program = []
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        if words:
            program.append(_instruction(words, f"{where}: line {number}"))
    return tuple(program)


def _text(field: Field, value: int) -> str:
    return hex(value) if field.name in _HEX_NAMES else str(value)


def _numbers(encoded: Encoded, prefix: str = "") -> Iterator[tuple[str, Field, int]]:
    """Every number of ``encoded`` with its field and its name as it is written, nested ones in their places."""
    for field in encoded.fields():
        value = getattr(encoded, field.name)
        if isinstance(value, Encoded):
            yield from _numbers(value, f"{prefix}{field.name}.".removeprefix(_TOKENS))
        else:
            yield prefix + field.name, field, value


def _instruction(words: list[str], where: str) -> Instruction:
    name, *given = words
    if name.lower() not in _KINDS:
        raise unknown("instruction", name, _KINDS, where)
    kind = _KINDS[name.lower()]
    blank = kind.decode(int(kind.opcode_of))
    names = [known for known, _, _ in _numbers(blank) if known != "opcode"]
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
