"""The registers by which a host controls the accelerator: one table.

From it come the RTL (``heddle.hls.system.registers``), the C header that ``heddle generate`` writes, and the table in
docs/accelerator.md. A register is a word of 32 bits at a byte offset; bits that no field has read as 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

#: Bits of a register: AXI4-Lite has 32 or 64, and hosts read 32 everywhere.
REGISTER_BITS = 32
#: Bits of an offset: a page of 4 KiB, the least that a host maps.
OFFSET_BITS = 12
#: What the first register reads: the bytes "HEDL" in memory.
IDENTIFICATION = int.from_bytes(b"HEDL", "little")
#: Version of this table; it changes where a field moves or changes its meaning.
MAP_VERSION = 1


class Access(Enum):
    """What a host may do with a field.

    ``READ``: the machine's own; what is written there is lost. ``WRITE``: it keeps what is written. ``ACT``: a 1
    makes the machine act once, and the field reads as 0. ``CLEAR``: the machine sets it, and a 1 that is written
    clears it.
    """

    READ = "read"
    WRITE = "read, write"
    ACT = "write 1 to act"
    CLEAR = "read, write 1 to clear"


@dataclass(frozen=True)
class BitField:
    """``width`` bits of a register from ``bit`` on; its name is unique in the map."""

    name: str
    bit: int
    width: int
    access: Access
    meaning: str

    @property
    def mask(self) -> int:
        """The field's bits in its register."""
        return ((1 << self.width) - 1) << self.bit


@dataclass(frozen=True)
class Register:
    """A register and its fields, the lowest bit first."""

    name: str
    offset: int
    fields: tuple[BitField, ...]

    @property
    def is_writable(self) -> bool:
        """Whether a write may change anything."""
        return any(field.access is not Access.READ for field in self.fields)


@dataclass(frozen=True)
class Counter:
    """A counter of 48 bits as two registers; reading the low one keeps the high one's bits of the same clock."""

    name: str
    low: Register
    high: Register


#: Words of the design's digest (``heddle.arch.program_file.digest``), the lowest bits first.
DESIGN_WORDS = 4
#: Bits of a counter's high word: counters have 48.
COUNTER_HIGH_BITS = 16
#: A program's header stands at a multiple of 64 bytes, so these bits of its address are 0.
PROGRAM_ALIGNMENT_BITS = 6

_COUNTED = {
    "cycles": "clocks in which the machine was busy",
    "array_cycles": "clocks in which the array took a command or a step",
    "fill_cycles": "clocks in which the array waited for its first computation",
    "load_left_cycles": "clocks in which it waited for a load of activations",
    "load_right_cycles": "clocks in which it waited for a load of weights",
    "store_cycles": "clocks in which it waited for a store",
    "feed_cycles": "clocks in which it waited for words of its operands, or for an instruction",
    "drain_cycles": "clocks in which it had nothing left to do before the end or the next SYNC",
}
_FIRST_COUNTER = 0x80


def _whole(name: str, offset: int, access: Access, meaning: str) -> Register:
    return Register(name, offset, (BitField(name, 0, REGISTER_BITS, access, meaning),))


def _counter(place: int, name: str, meaning: str) -> Counter:
    offset = _FIRST_COUNTER + 8 * place
    high = BitField(
        f"{name}_high", 0, COUNTER_HIGH_BITS, Access.READ, "the upper 16 bits as they were when the low word was read"
    )
    return Counter(
        name,
        _whole(f"{name}_low", offset, Access.READ, meaning),
        Register(high.name, offset + 4, (high,)),
    )


#: The counters, in the order of their offsets.
COUNTERS = tuple(_counter(place, name, meaning) for place, (name, meaning) in enumerate(_COUNTED.items()))

_CONTROL = (
    _whole("identification", 0x00, Access.READ, "the bytes `HEDL`"),
    Register(
        "version",
        0x04,
        (
            BitField("instruction_set", 0, 16, Access.READ, "version of the instruction set"),
            BitField("register_map", 16, 16, Access.READ, "version of this table"),
        ),
    ),
    *(
        _whole(f"design_{word}", 0x10 + 4 * word, Access.READ, f"bits {32 * word} to {32 * word + 31} of the digest")
        for word in range(DESIGN_WORDS)
    ),
    Register(
        "control",
        0x20,
        (
            BitField("start", 0, 1, Access.ACT, "run the program at `program_address`; not heard while busy"),
            BitField("abort", 1, 1, Access.ACT, "stop the program with ABORTED; heard while busy only"),
        ),
    ),
    Register(
        "status",
        0x24,
        (
            BitField("busy", 0, 1, Access.READ, "a program runs, or memory still owes answers"),
            BitField("done", 1, 1, Access.CLEAR, "a program has ended or was stopped; `start` clears it too"),
            BitField("stop", 8, 5, Access.READ, "why the program was stopped, 0 where it was not"),
            BitField("array_cause", 16, 4, Access.READ, "where `stop` is ARRAY: why the array refused the command"),
        ),
    ),
    _whole("stop_number", 0x28, Access.READ, "the number of the instruction that `stop` is about"),
    Register(
        "program_address_low",
        0x30,
        (
            BitField(
                "program_address_low",
                PROGRAM_ALIGNMENT_BITS,
                REGISTER_BITS - PROGRAM_ALIGNMENT_BITS,
                Access.WRITE,
                "where the program's header stands, a multiple of 64",
            ),
        ),
    ),
    Register(
        "program_address_high",
        0x34,
        (BitField("program_address_high", 0, 8, Access.WRITE, "bits 32 to 39 of the program's address"),),
    ),
    _whole("time_limit", 0x38, Access.WRITE, "clocks without progress until TIMEOUT, 0 for none"),
    Register(
        "interrupt_enable",
        0x40,
        (
            BitField("enable_done", 0, 1, Access.WRITE, "`pending_done` interrupts"),
            BitField("enable_stopped", 1, 1, Access.WRITE, "`pending_stopped` interrupts"),
        ),
    ),
    Register(
        "interrupt_pending",
        0x44,
        (
            BitField(
                "pending_done", 0, 1, Access.CLEAR, "a program has ended or was stopped, and nothing is under way"
            ),
            BitField("pending_stopped", 1, 1, Access.CLEAR, "a program was stopped; memory may still owe answers"),
        ),
    ),
)

#: All registers, in the order of their offsets.
REGISTERS = (*_CONTROL, *(word for counter in COUNTERS for word in (counter.low, counter.high)))


def fields() -> Iterator[tuple[Register, BitField]]:
    """Yield every field with its register."""
    for register in REGISTERS:
        for field in register.fields:
            yield register, field
