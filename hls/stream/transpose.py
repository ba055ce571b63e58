"""Transposer: M x M blocks in by rows, out by columns, one of each a clock.

Two blocks are stored, one filling while the other empties, in M narrow memories. Element e of row r lies in memory
(e + r) mod M at address r: on this diagonal every row and every column has one element in each memory. That costs two
rotators and LUTRAM (whose 32 or 64 words hold both blocks anyway) where an M x M array of registers that shifts in
alternating directions costs 16 M^2 flip-flops and as many multiplexers. It also uncouples the sides: in the shift
array, a block's columns can leave only as the next block's rows come in.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from heddle.arch.formats import FP16
from heddle.arch.timing import SORE_TRANSPOSE_CYCLES
from heddle.hls.lanes.ranking import group_layout
from heddle.hls.stream.handshake import assert_stable, transfer
from heddle.hls.stream.level import count_level


class Transposer(wiring.Component):
    """Gives the columns of each M x M block, in order, once its M rows are in.

    Ports:
        input : stream of rows of M words, in; ready unless both blocks are full
        output : stream of columns of M words (row 0's element first), out; valid while a full block is held

    Latency ``latency`` = 1 clock from a block's last row to its first column. Throughput one row and one column a
    clock, blocks back to back. No combinational path between the two handshakes. Reset drops every block, begun or
    full; the contents of the memories are not reset.
    """

    latency = SORE_TRANSPOSE_CYCLES

    def __init__(self, m: int, word_bits: int = FP16.width) -> None:
        """``m`` a power of two from 2: the diagonal's arithmetic modulo M is then the wrap of log2 M bits."""
        if m < 2 or m & (m - 1):
            raise ValueError(f"a block has a power of two of rows, at least 2, not {m}")
        self.m = m
        self.word_bits = word_bits
        super().__init__(
            {
                "input": In(stream.Signature(group_layout(m, word_bits))),
                "output": Out(stream.Signature(group_layout(m, word_bits))),
            }
        )
        self._looks: list[tuple[Value, list[Signal]]] = []
        self.row, self.filling = Signal(range(m)), Signal()
        self.column, self.emptying = Signal(range(m)), Signal()
        self.full_blocks = Signal(range(3))

    def look(self, place: Value) -> list[Signal]:
        """Return the words that the banks store at ``place``, for a proof: it asks before the elaboration."""
        number = len(self._looks)
        words = [Signal(self.word_bits, name=f"looked_at_{number}_{bank}") for bank in range(self.m)]
        self._looks.append((place, words))
        return words

    def elaborate(self, platform: object) -> Module:
        """The two sides' positions, the count of full blocks, and the banks between two rotators."""
        m = Module()
        block_in, block_out = Signal(), Signal()
        m.d.comb += [
            self.input.ready.eq(self.full_blocks != 2),
            self.output.valid.eq(self.full_blocks != 0),
            block_in.eq(transfer(self.input) & self.row.all()),
            block_out.eq(transfer(self.output) & self.column.all()),
        ]
        write_at, read_at = Cat(self.row, self.filling), Cat(self.column, self.emptying)
        m.d.sync += [
            write_at.eq(write_at + transfer(self.input)),
            read_at.eq(read_at + transfer(self.output)),
        ]
        count_level(m, self.full_blocks, block_in, block_out)
        banks = [Memory(shape=self.word_bits, depth=2 * self.m, init=[]) for _ in range(self.m)]
        self._write_row(m, banks, write_at)
        m.d.comb += self.output.payload.as_value().eq(Cat(_rotated(self._read_diagonal(m, banks), self.column)))
        for place, words in self._looks:
            for bank, word in zip(banks, words, strict=True):
                port = bank.read_port(domain="comb")
                m.d.comb += [port.addr.eq(place), word.eq(port.data)]
        assert_stable(m, self.output)
        return m

    def _write_row(self, m: Module, banks: list[Memory], write_at: Value) -> None:
        """Every bank takes, at the row's address, the element that the diagonal gives it."""
        elements = [self.input.payload[e] for e in range(self.m)]
        for bank, element in zip(banks, _rotated(elements, -self.row), strict=True):
            port = bank.write_port()
            m.d.comb += [port.addr.eq(write_at), port.data.eq(element), port.en.eq(transfer(self.input))]

    def _read_diagonal(self, m: Module, banks: list[Memory]) -> list[Value]:
        """The words of the current column as the banks hold them: bank b has that of row b - column."""
        words = []
        for place, bank in enumerate(banks):
            m.submodules[f"bank_{place}"] = bank
            port = bank.read_port(domain="comb")
            m.d.comb += port.addr.eq(Cat((place - self.column)[: len(self.column)], self.emptying))
            words.append(port.data)
        return words


def _rotated(words: list[Value], amount: Value) -> list[Value]:
    """``words`` with word (i + amount) mod M at place i: log2 M layers of two-way multiplexers."""
    for layer in range((len(words) - 1).bit_length()):
        step = 1 << layer
        words = [Mux(amount[layer], words[(i + step) % len(words)], words[i]) for i in range(len(words))]
    return words
