"""Words in RAM blocks: what the accelerator's buffers keep them in.

A storage is a grid of slices, each of them one RAM block: 72 bits (what a port is wide) of some words. A slice is a
module of its own, of which equal ones are one in Verilog, so that deep and wide buffers stay short to write and quick
to synthesise. Its output register is one that a RAM block has, however deep the storage is: a block that was not asked
shows zeros there, and behind it the blocks are merely OR-ed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.memory import Memory, ReadPort, WritePort
from amaranth.lib.wiring import In, Out

from heddle.hls.memory.buffer_shape import BLOCK_WORDS, SLICE_BITS, SLICE_LATENCY, RamKind
from heddle.hls.stream.delay import flags


@dataclass(frozen=True)
class StorageShape:
    """``words`` of ``word_bits`` in RAM blocks of one kind."""

    word_bits: int
    words: int
    ram: RamKind = "block"

    @property
    def bank_words(self) -> int:
        """Words of a bank. The last is as deep as the others: it takes a block anyway."""
        return min(self.words, BLOCK_WORDS[self.ram])

    @property
    def banks(self) -> int:
        """How many banks stand under one another."""
        return -(-self.words // self.bank_words)

    @property
    def place_bits(self) -> int:
        """Bits of an address within a bank, the lowest of them."""
        return max(1, (self.bank_words - 1).bit_length())

    @property
    def row_bits(self) -> list[int]:
        """Bits of the slices of a bank, side by side."""
        whole, rest = divmod(self.word_bits, SLICE_BITS)
        return [SLICE_BITS] * whole + [rest] * bool(rest)


class RamSlice(wiring.Component):
    """Some bits of some words: one RAM block.

    Ports
    -----
    write_en, write_addr, write_data : in
        Takes a word.
    read_en, read_addr : in
        Asks for a word; one that is written in this clock is read as it was before.
    shown : Signal(1), in
        A clock later: the word asked for is to be shown, or zeros.
    read_data : Signal(bits), out

    Latency ``SLICE_LATENCY`` = 2 clocks from ``read_en`` to ``read_data``. Throughput one write and one read a clock.
    Reset keeps the contents.
    """

    def __init__(self, bits: int, words: int, ram: RamKind) -> None:
        """1 to 72 bits, and words up to what a block holds. Raises ValueError for others."""
        if not 1 <= bits <= SLICE_BITS or not 1 <= words <= BLOCK_WORDS[ram]:
            raise ValueError(f"one {ram} RAM does not hold {words} words of {bits} bits")
        self.bits, self.words, self.ram = bits, words, ram
        self.variant = f"{ram}_{bits}x{words}"
        super().__init__({"shown": In(1), **access_members(bits, words)})

    def elaborate(self, platform: object) -> Module:
        """One write port, one read port, and the register that a RAM block has at its output."""
        m = Module()
        write, read, output = ram_block(m, self.bits, self.words, self.ram, self.shown)
        m.d.comb += [
            write.en.eq(self.write_en),
            write.addr.eq(self.write_addr),
            write.data.eq(self.write_data),
            read.en.eq(self.read_en),
            read.addr.eq(self.read_addr),
            self.read_data.eq(output),
        ]
        return m


class Storage(wiring.Component):
    """Words that are written and read at any address.

    Ports
    -----
    write_en, write_addr, write_data : in
        Takes a word.
    read_en, read_addr : in
        Asks for a word; one that is written in this clock is read as it was before.
    read_data : Signal(word_bits), out
        The word asked for; zeros where none was, so that words of several storages can be OR-ed.

    Latency ``read_latency`` = 2 clocks, throughput one write and one read a clock. Addresses run from 0 to
    ``words`` - 1. What it holds at first is not defined; reset keeps it.
    """

    read_latency = SLICE_LATENCY

    def __init__(self, shape: StorageShape) -> None:
        self.shape = shape
        super().__init__(access_members(shape.word_bits, shape.words))

    def elaborate(self, platform: object) -> Module:
        """The banks, of which at most one shows something else than zeros."""
        m = Module()
        words = [self._bank(m, number) for number in range(self.shape.banks)]
        m.d.comb += self.read_data.eq(reduce(or_, words))
        return m

    def _bank(self, m: Module, number: int) -> Value:
        """Place the slices of one bank side by side and return the word that they read."""
        shape = self.shape
        writes, reads = Signal(name=f"writes_{number}"), Signal(name=f"reads_{number}")
        m.d.comb += [
            writes.eq(self.write_en & self._is_in(self.write_addr, number)),
            reads.eq(self.read_en & self._is_in(self.read_addr, number)),
        ]
        shown = flags(m, reads, 1, name=f"shown_{number}")
        start, parts = 0, []
        for place, bits in enumerate(shape.row_bits):
            m.submodules[f"slice_{number}_{place}"] = own = RamSlice(bits, shape.bank_words, shape.ram)
            m.d.comb += [
                own.write_en.eq(writes),
                own.write_addr.eq(self.write_addr[: shape.place_bits]),
                own.write_data.eq(self.write_data[start : start + bits]),
                own.read_en.eq(reads),
                own.read_addr.eq(self.read_addr[: shape.place_bits]),
                own.shown.eq(shown),
            ]
            parts.append(own.read_data)
            start += bits
        return Cat(parts)

    def _is_in(self, address: Value, bank: int) -> Value:
        """Whether an address is in a bank, whose number stands above the bits of an address within it."""
        return address[self.shape.place_bits :] == bank


def ram_block(m: Module, bits: int, words: int, ram: RamKind, shown: Value) -> tuple[WritePort, ReadPort, Signal]:
    """Place one RAM block into ``m``; return its ports and the register at its output, zeros where not ``shown``."""
    m.submodules.storage = storage = Memory(shape=bits, depth=words, init=[], attrs={"ram_style": ram})
    write, read = storage.write_port(), storage.read_port()
    output = Signal(bits, reset_less=True)
    with m.If(shown):
        m.d.sync += output.eq(read.data)
    with m.Else():
        m.d.sync += output.eq(0)
    return write, read, output


def access_members(bits: int, words: int) -> dict[str, wiring.Member]:
    """Return the ports by which words are written and read."""
    addresses = range(max(words, 2))  # a port of no bits is none in Verilog
    return {
        "write_en": In(1),
        "write_addr": In(addresses),
        "write_data": In(bits),
        "read_en": In(1),
        "read_addr": In(addresses),
        "read_data": Out(bits),
    }
