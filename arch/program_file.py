"""A program as bytes: a header, then the instructions, 64 bytes each, the least significant byte first.

The header says what made the program and what it runs on, so that a program of another version of the instruction set
or of another design is refused before its first instruction, and so is one that was cut or changed on its way.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass

from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.arch.instruction_words import Words, instruction_of, words_from
from heddle.arch.instructions import INSTRUCTION_BYTES, VERSION, Instruction
from heddle.arch.isa import Encoded, bits

#: The header's first four bytes, "HDDL".
MAGIC = int.from_bytes(b"HDDL", "little")
_DIGEST_BITS = 128


@dataclass(frozen=True, kw_only=True)
class Header(Encoded):
    """The first 64 bytes. ``checksum``: CRC-32, as zlib has it, of the instructions' bytes; ``design``: ``digest``."""

    magic: int = bits(32)
    version: int = bits(16)
    instructions: int = bits(32)
    checksum: int = bits(32)
    design: int = bits(_DIGEST_BITS)


def digest(design: Design) -> int:
    """Return 128 bits that tell designs apart by what a program depends on, whatever their names."""
    parts = (design.array, design.numbers, design.buffers)
    relevant = " ".join((*(part.model_dump_json() for part in parts), str(design.sparsity.m)))
    return int.from_bytes(hashlib.sha256(relevant.encode()).digest()[: _DIGEST_BITS // 8], "little")


def program_bytes(words: Words, design: Design) -> bytes:
    """Return the program of the instructions ``words`` for ``design`` as bytes."""
    body = words.astype("<u8").tobytes()
    header = Header(
        magic=MAGIC,
        version=VERSION,
        instructions=len(words),
        checksum=zlib.crc32(body),
        design=digest(design),
    )
    return header.encode().to_bytes(INSTRUCTION_BYTES, "little") + body


def read_program(data: bytes, design: Design, where: str = "program") -> tuple[Instruction, ...]:
    """Return the instructions of ``data``. Raises HeddleError with ``where`` for what is no program of ``design``."""
    header, body = _header(data, where), data[INSTRUCTION_BYTES:]
    if header.version != VERSION:
        raise HeddleError(f"{where}: instruction set of version {header.version} (valid: {VERSION}); compile it again")
    if len(body) != header.instructions * INSTRUCTION_BYTES:
        raise HeddleError(
            f"{where}: {len(body)} bytes of instructions, but its header says "
            f"{header.instructions} x {INSTRUCTION_BYTES}; it was cut short or added to"
        )
    if zlib.crc32(body) != header.checksum:
        raise HeddleError(f"{where}: its instructions do not have the checksum of its header; it was changed")
    if header.design != digest(design):
        raise HeddleError(f"{where}: it was compiled for another design than {design.name!r}; compile it again")
    rows = enumerate(words_from(body))
    return tuple(instruction_of(row, f"{where}: instruction {number}") for number, row in rows)


def _header(data: bytes, where: str) -> Header:
    word = int.from_bytes(data[:INSTRUCTION_BYTES], "little")
    if len(data) < INSTRUCTION_BYTES or word >> Header.width() or Header.decode(word).magic != MAGIC:
        raise HeddleError(f"{where}: it does not begin with the header of a program")
    return Header.decode(word)
