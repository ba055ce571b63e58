"""The instruction set: what the machine is told, as plain fields with their bit layout.

One definition for all who read it: the compiler encodes with it, the RTL takes its layouts from it. An instruction is
a frozen dataclass of whole numbers, each field made by ``bits``; the first field stands in the least significant bits.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Self

from heddle.arch.design import GROUP_SIZES, MOST_INTERLEAVE
from heddle.arch.errors import HeddleError

#: Slots, rows and tiles of one command: its operands stand in half a buffer, and 2^24 of 16 bits are 32 MiB.
COUNT_BITS = 24
#: An interval is at most a length times the longest ring (24 + 6 bits) and a tile's tail on top of it.
INTERVAL_BITS = 32
#: Up to M slots share a group.
GROUP_SLOTS_BITS = max(GROUP_SIZES).bit_length()
#: Up to I outputs share a group.
INTERLEAVE_BITS = MOST_INTERLEAVE.bit_length()

_WIDTH = "bits"


@dataclass(frozen=True)
class Field:
    """A field of an instruction's word: ``width`` bits from bit ``offset`` on."""

    name: str
    width: int
    offset: int


def bits(width: int) -> Any:
    """Return the dataclass field of a number that is ``width`` bits wide in an instruction's word."""
    return dataclasses.field(metadata={_WIDTH: width})


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """What an instruction is made of: fields that were made by ``bits``, in the order of their declaration."""

    @classmethod
    def fields(cls) -> tuple[Field, ...]:
        """Return the fields in their order, the least significant one first."""
        placed: list[Field] = []
        for entry in dataclasses.fields(cls):
            offset = placed[-1].offset + placed[-1].width if placed else 0
            placed.append(Field(entry.name, entry.metadata[_WIDTH], offset))
        return tuple(placed)

    @classmethod
    def width(cls) -> int:
        """Return the bits of a word."""
        return sum(field.width for field in cls.fields())

    @classmethod
    def byte_count(cls) -> int:
        """Return the bytes that hold a word."""
        return (cls.width() + 7) // 8

    def encode(self) -> int:
        """Return the word. Raises HeddleError for a number that its field does not hold."""
        word = 0
        for field in self.fields():
            value = getattr(self, field.name)
            if not 0 <= value < 1 << field.width:
                most = (1 << field.width) - 1
                raise HeddleError(f"{type(self).__name__}: {field.name} = {value} (valid: 0 to {most})")
            word |= value << field.offset
        return word

    def to_bytes(self) -> bytes:
        """Return the word in whole bytes, the least significant one first. Raises HeddleError as ``encode`` does."""
        return self.encode().to_bytes(self.byte_count(), "little")

    @classmethod
    def decode(cls, word: int) -> Self:
        """Return the instruction that ``word`` stands for. Raises HeddleError for a word of more bits."""
        if not 0 <= word < 1 << cls.width():
            raise HeddleError(f"{cls.__name__}: word 0x{word:x} is no word of {cls.width()} bits")
        numbers = {field.name: word >> field.offset & (1 << field.width) - 1 for field in cls.fields()}
        return cls(**numbers)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return the instruction whose ``to_bytes`` is ``data``. Raises HeddleError where it is none of this layout."""
        if len(data) != cls.byte_count():
            raise HeddleError(f"{cls.__name__}: {len(data)} bytes given (valid: {cls.byte_count()})")
        return cls.decode(int.from_bytes(data, "little"))


@dataclass(frozen=True, kw_only=True)
class ArrayCommand(Encoded):
    """What the array's sequencer is told: every count is worked out beforehand, the sequencer only counts steps.

    ========================  ======================================================================================
    ``ws``                    1: weight-stationary; 0: output-stationary
    ``reload``                1: the sums go on from partial sums that the core is given
    ``length``                OS: packed slots of the reduction; WS: activation rows that stream through
    ``tiles``                 array tiles, one each ``interval`` steps
    ``interval``              steps from one array tile to the next
    ``settle``                OS: steps before it begins, and, reloading, before it takes its first partial sum
    ``group_slots``           OS: slots that one activation group serves (N of N:M; M for dense)
    ``interleave_cols``       OS: how many of a PE's I outputs share an activation group
    ``fresh_tiles``           WS: tiles that start new sums; each later one goes on from that many tiles before it
    ========================  ======================================================================================
    """

    ws: int = bits(1)
    reload: int = bits(1)
    length: int = bits(COUNT_BITS)
    tiles: int = bits(COUNT_BITS)
    interval: int = bits(INTERVAL_BITS)
    settle: int = bits(COUNT_BITS)
    group_slots: int = bits(GROUP_SLOTS_BITS)
    interleave_cols: int = bits(INTERLEAVE_BITS)
    fresh_tiles: int = bits(COUNT_BITS)
