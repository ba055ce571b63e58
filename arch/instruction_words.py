"""Instructions in bulk: columns of their fields to rows of eight 64-bit words, and back.

A row is an instruction's 512 bits, the least significant word first. What a program of a whole training step is made
of are hundreds of thousands of such rows; one object for each would take a hundred times as long.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from heddle.arch.errors import HeddleError
from heddle.arch.instructions import INSTRUCTION_BYTES, INSTRUCTIONS, OPCODE_BITS, Instruction, Opcode
from heddle.arch.isa import Encoded, Field

#: [instructions, 8], the least significant word first.
Words = npt.NDArray[np.uint64]
#: A number for each instruction, or one for all.
Column = npt.NDArray[np.int64] | int
#: A column for each field, by the path to it: "tokens.wait_next". A field without a column is zero.
Columns = Mapping[str, Column]

_WORD_BITS = 64
WORDS = INSTRUCTION_BYTES * 8 // _WORD_BITS


def encode_columns(kind: type[Instruction], columns: Columns, count: int) -> Words:
    """Return ``count`` instructions of ``kind``, with its opcode. Raises HeddleError for a number no field holds."""
    words = np.zeros((count, WORDS), np.uint64)
    fields = _fields(kind.opcode_of)
    for path, column in (("opcode", int(kind.opcode_of)), *columns.items()):
        field = fields[path]
        _check(kind, field, column)
        _put(words, field, np.asarray(column, np.int64))
    return words


def field_column(kind: type[Instruction], words: Words, path: str) -> npt.NDArray[np.int64]:
    """Return the field at ``path`` of each of ``words``, instructions of ``kind``."""
    field = _fields(kind.opcode_of)[path]
    first, shift = divmod(field.offset, _WORD_BITS)
    found = words[:, first] >> np.uint64(shift)
    if shift + field.width > _WORD_BITS:
        found = found | words[:, first + 1] << np.uint64(_WORD_BITS - shift)
    numbers = (found & np.uint64((1 << field.width) - 1)).astype(np.int64)
    return np.where(numbers > field.valid[-1], numbers - (1 << field.width), numbers)


def field_paths(kind: type[Instruction]) -> tuple[str, ...]:
    """Return the path to each field of ``kind``, in the order of their bits."""
    return tuple(_fields(kind.opcode_of))


def field_width(kind: type[Instruction], path: str) -> int:
    """Return the bits of the field at ``path``."""
    return _fields(kind.opcode_of)[path].width


def words_of(instructions: Sequence[Instruction]) -> Words:
    """Return ``instructions`` as rows. Raises HeddleError for a number that its field does not hold."""
    body = b"".join(instruction.encode().to_bytes(INSTRUCTION_BYTES, "little") for instruction in instructions)
    return words_from(body)


def words_from(body: bytes) -> Words:
    """Return the rows whose bytes are ``body``, a whole number of instructions."""
    return np.frombuffer(body, "<u8").astype(np.uint64).reshape(-1, WORDS)


def instruction_of(row: Words, where: str) -> Instruction:
    """Return the instruction that ``row`` [8] stands for. Raises HeddleError with ``where`` for what is none."""
    word = int.from_bytes(row.astype("<u8").tobytes(), "little")
    opcode = word & (1 << OPCODE_BITS) - 1
    kind = next((INSTRUCTIONS[known] for known in INSTRUCTIONS if known == opcode), None)
    if kind is None:
        valid = ", ".join(f"{known.name} {known}" for known in INSTRUCTIONS)
        raise HeddleError(f"{where}: opcode {opcode} (valid: {valid})")
    if word >> kind.width():
        raise HeddleError(f"{where}: bits beyond the {kind.width()} of {kind.opcode_of.name} are not zero")
    return kind.decode(word)


@cache
def _fields(opcode: Opcode) -> dict[str, Field]:
    """Every number of an instruction by the path to it, with its place in the whole word."""
    return dict(_placed(INSTRUCTIONS[opcode], "", 0))


def _placed(kind: type[Encoded], before: str, offset: int) -> Iterator[tuple[str, Field]]:
    for field in kind.fields():
        path, place = before + field.name, offset + field.offset
        if field.inner is not None:
            yield from _placed(field.inner, f"{path}.", place)
        else:
            yield path, Field(path, field.width, place, field.signed)


def _check(kind: type[Instruction], field: Field, column: Column) -> None:
    least, most = field.valid[0], field.valid[-1]
    numbers = np.asarray(column)
    wrong = (numbers < least) | (numbers > most)
    if wrong.any():
        found = int(numbers[wrong].flat[0])
        raise HeddleError(f"{kind.__name__}: {field.name} = {found} (valid: {least} to {most})")


def _put(words: Words, field: Field, numbers: npt.NDArray[np.int64]) -> None:
    """Lay ``numbers`` into their bits of ``words``, which are zero there."""
    first, shift = divmod(field.offset, _WORD_BITS)
    bits = numbers.astype(np.uint64) & np.uint64((1 << field.width) - 1)
    words[:, first] |= bits << np.uint64(shift)
    if shift + field.width > _WORD_BITS:
        words[:, first + 1] |= bits >> np.uint64(_WORD_BITS - shift)
