"""The instruction set: what the machine is told, as plain fields with their bit layout.

One definition for all who read it: the compiler encodes with it, the RTL takes its layouts from it. An instruction is
a frozen dataclass of whole numbers, each field made by ``bits`` or ``signed_bits``, and of other such dataclasses, made
by ``nested``; the first field stands in the least significant bits.
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

_WIDTH, _SIGNED, _INNER = "bits", "signed", "inner"


@dataclass(frozen=True)
class Field:
    """A field of an instruction's word: ``width`` bits from bit ``offset`` on.

    ``signed`` numbers are in two's complement. ``inner`` is what a nested field is made of, None for a number.
    """

    name: str
    width: int
    offset: int
    signed: bool = False
    inner: type[Encoded] | None = None

    @property
    def valid(self) -> range:
        """The numbers that the field holds."""
        half = 1 << self.width - 1
        return range(-half, half) if self.signed else range(1 << self.width)


def bits(width: int) -> Any:
    """Return the dataclass field of a number that is ``width`` bits wide in an instruction's word."""
    return dataclasses.field(metadata={_WIDTH: width})


def signed_bits(width: int) -> Any:
    """Return the dataclass field of a number that may be negative, ``width`` bits wide in two's complement."""
    return dataclasses.field(metadata={_WIDTH: width, _SIGNED: True})


def nested(inner: type[Encoded]) -> Any:
    """Return the dataclass field of an ``inner`` within an instruction's word."""
    return dataclasses.field(metadata={_WIDTH: inner.width(), _INNER: inner})


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """What an instruction is made of: fields of ``bits``, ``signed_bits`` and ``nested``, as they are declared."""

    @classmethod
    def fields(cls) -> tuple[Field, ...]:
        """Return the fields in their order, the least significant one first."""
        placed: list[Field] = []
        for entry in dataclasses.fields(cls):
            offset = placed[-1].offset + placed[-1].width if placed else 0
            facts = entry.metadata
            placed.append(Field(entry.name, facts[_WIDTH], offset, facts.get(_SIGNED, False), facts.get(_INNER)))
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
            if isinstance(value, Encoded):
                value = value.encode()
            elif value not in field.valid:
                least, most = field.valid[0], field.valid[-1]
                raise HeddleError(f"{type(self).__name__}: {field.name} = {value} (valid: {least} to {most})")
            word |= (value & (1 << field.width) - 1) << field.offset
        return word

    def to_bytes(self) -> bytes:
        """Return the word in whole bytes, the least significant one first. Raises HeddleError as ``encode`` does."""
        return self.encode().to_bytes(self.byte_count(), "little")

    @classmethod
    def decode(cls, word: int) -> Self:
        """Return the instruction that ``word`` stands for. Raises HeddleError for a word of more bits."""
        if not 0 <= word < 1 << cls.width():
            raise HeddleError(f"{cls.__name__}: word 0x{word:x} is no word of {cls.width()} bits")
        return cls(**{field.name: _decoded(field, word >> field.offset) for field in cls.fields()})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return the instruction whose ``to_bytes`` is ``data``. Raises HeddleError where it is none of this layout."""
        if len(data) != cls.byte_count():
            raise HeddleError(f"{cls.__name__}: {len(data)} bytes given (valid: {cls.byte_count()})")
        return cls.decode(int.from_bytes(data, "little"))


def _decoded(field: Field, bits_from_its_own: int) -> int | Encoded:
    """What stands in the least significant bits of a word that begins with ``field``."""
    number = bits_from_its_own & (1 << field.width) - 1
    if field.inner is not None:
        return field.inner.decode(number)
    return number - (1 << field.width) if number not in field.valid else number


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
