"""On-chip double buffers: one half is filled while the other is read, until a swap exchanges them.

A buffer is a grid of slices, each of them one RAM block: a slice holds 72 bits (what a port is wide) of some words of
both halves. A slice is a module of its own, emitted once and instantiated by name, so that a word of thousands of bits
stays short to write and quick to synthesise. Its output register is one that a RAM block has, however deep the buffer
is: a block that was not asked shows zeros there, and behind it the blocks of a deep buffer are merely OR-ed.

Both halves lie in the same block: the half is the lowest bit of the address. Blocks for each half would take twice as
many where a half is shallow, and a multiplexer over the word; the half as the highest bit would leave a gap unless a
half had a power of two of words. With the half in the address, synthesis sees that the two ports of a block never meet
at a word, and adds no logic for that case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

from amaranth.hdl import Cat, ClockSignal, Elaboratable, Instance, Module, ResetSignal, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from heddle.hls.description import Described
from heddle.hls.memory.buffer_shape import BLOCK_WORDS, SLICE_BITS, SLICE_LATENCY, BufferShape, SliceSize
from heddle.hls.memory.storage import access_members, ram_block
from heddle.hls.stream.delay import flags, registers


class BufferSlice(wiring.Component):
    """Some bits of some words of each half: one RAM block.

    Ports:
        filling : Signal(1), in; the half that is written, the other one being read
        write_en, write_addr, write_data : in; takes a word
        read_en, read_addr : in; asks for a word
        shown : Signal(1), in; a clock later: the word asked for is to be shown, or zeros
        read_data : ``size.bits`` bits, out; the word asked for

    Latency ``read_latency`` = 2 clocks from read_en to read_data, which while ``shown`` stays until the next word
    asked for. Throughput one write and one read a clock. Addresses run from 0 to ``size.words`` - 1. Reset keeps
    the contents, which start as zeros.
    """

    read_latency = SLICE_LATENCY

    def __init__(self, size: SliceSize) -> None:
        """1 to 72 bits, and words up to half of what a block holds. Raises ValueError for others."""
        if not 1 <= size.bits <= SLICE_BITS or not 1 <= 2 * size.words <= BLOCK_WORDS[size.ram]:
            raise ValueError(f"one {size.ram} RAM does not hold twice {size.words} words of {size.bits} bits")
        self.size = size
        members = {"filling": In(1), "shown": In(1), **access_members(size.bits, size.words)}
        super().__init__(Described(members, {"read_latency": self.read_latency}, size.parameters))

    def elaborate(self, platform: object) -> Module:
        """One write port, one read port, and the register that a RAM block has at its output."""
        m = Module()
        size = self.size
        write, read, output = ram_block(m, size.bits, 2 * size.words, size.ram, self.shown)
        m.d.comb += [
            write.en.eq(self.write_en),
            write.addr.eq(Cat(self.filling, self.write_addr)),
            write.data.eq(self.write_data),
            read.en.eq(self.read_en),
            read.addr.eq(Cat(~self.filling, self.read_addr)),
            self.read_data.eq(output),
        ]
        return m


_STROBES = ("swap", "write_en", "read_en")
_WORDS = ("write_addr", "write_data", "read_addr")


@dataclass(frozen=True)
class _Access:
    """A clock's work of a buffer as it reaches the slices; fields as the ports ``_STROBES`` and ``_WORDS``."""

    swap: Value
    write_en: Value
    read_en: Value
    write_addr: Value
    write_data: Value
    read_addr: Value


class DoubleBuffer(wiring.Component):
    """Two halves of words: a writer fills one while a reader reads the other.

    Ports:
        swap : Signal(1), in; from the next clock on the writer has the reader's half and the reader the writer's
        write_en, write_addr, write_data : in; takes a word into the writer's half, also in the clock of a swap
        read_en, read_addr : in; asks for a word of the reader's half, also in the clock of a swap
        read_data : ``word_bits`` bits, out; the word asked for

    Latency ``read_latency`` clocks from read_en to read_data, which then stays until the next word asked for; a
    swap in between changes nothing. A word that was written up to and with the clock of a swap can be asked for from
    the next clock on. Throughput one write and one read a clock. Addresses run from 0 to ``words_per_half`` - 1; what
    others do is not defined. Block RAM starts as zeros; of UltraRAM nothing is said. Reset keeps the contents, gives
    the writer the first half, and drops a swap, a write or a question that is still on its way to the slices.

    Clocks beyond a slice's 2 are registers between the ports and the slices, which may stand all over a die: first one
    before the slices, then one behind, and so on. A word is written by so much later too, which no reader can tell.
    """

    def __init__(self, shape: BufferShape) -> None:
        self.shape = shape
        members = {"swap": In(1), **access_members(shape.word_bits, shape.words_per_half)}
        super().__init__(Described(members, {"read_latency": shape.read_latency}, shape.parameters))
        self.filling = Signal()

    def elaborate(self, platform: object) -> Module:
        """The half that is filled, and the banks, all but one of which show zeros; registers before and behind them."""
        m = Module()
        beyond = self.shape.read_latency - SLICE_LATENCY
        access = self._arriving(m, beyond - beyond // 2)
        m.d.sync += self.filling.eq(self.filling ^ access.swap)
        words = [self._bank(m, number, access) for number in range(self.shape.banks)]
        m.d.comb += self.read_data.eq(registers(m, reduce(or_, words), beyond // 2, name="read_data_behind"))
        return m

    def _arriving(self, m: Module, clocks: int) -> _Access:
        """What stands at the ports as it was ``clocks`` ago; a reset leaves nothing to do on the way."""
        return _Access(
            *(flags(m, port, clocks, name=name) for name, port in zip(_STROBES, self._ports(_STROBES), strict=True)),
            *(registers(m, port, clocks, name=name) for name, port in zip(_WORDS, self._ports(_WORDS), strict=True)),
        )

    def _ports(self, names: Sequence[str]) -> list[Signal]:
        return [getattr(self, name) for name in names]

    def _bank(self, m: Module, number: int, access: _Access) -> Value:
        """Place the slices of one bank side by side and return the word that they read."""
        writes, reads = Signal(name=f"writes_{number}"), Signal(name=f"reads_{number}")
        shown = Signal(name=f"shown_{number}")
        m.d.comb += [
            writes.eq(access.write_en & (self._bank_of(access.write_addr) == number)),
            reads.eq(access.read_en & (self._bank_of(access.read_addr) == number)),
        ]
        with m.If(access.read_en):
            m.d.sync += shown.eq(reads)
        start, parts = 0, []
        for place, size in enumerate(self.shape.row):
            part = Signal(size.bits, name=f"part_{number}_{place}")
            connections = {
                "filling": self.filling,
                "write_en": writes,
                "write_addr": self._place_of(access.write_addr),
                "write_data": access.write_data[start : start + size.bits],
                "read_en": reads,
                "read_addr": self._place_of(access.read_addr),
                "shown": shown,
                "read_data": part,
            }
            m.submodules[f"slice_{number}_{place}"] = self.placed(size, connections)
            parts.append(part)
            start += size.bits
        return Cat(parts)

    def placed(self, size: SliceSize, connections: Mapping[str, Value]) -> Elaboratable:
        """Return a slice, by its module's name, with a value at each of its ports."""
        return Instance(
            size.module,
            ("i", "clk", ClockSignal()),
            ("i", "rst", ResetSignal()),
            *(("i" if name != "read_data" else "o", name, value) for name, value in connections.items()),
        )

    def _place_of(self, address: Value) -> Value:
        """An address within a slice."""
        return address[: self.shape.place_bits]

    def _bank_of(self, address: Value) -> Value:
        """The bank, which is what an address has above those of a slice."""
        return address[self.shape.place_bits :]
