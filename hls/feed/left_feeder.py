"""The left feeder: a prepared computation in, the array's left words out, from a half of the activation buffer."""

from __future__ import annotations

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.arch.design import Design
from heddle.hls.array.stce import left_layout
from heddle.hls.feed.left_address import LeftAddress
from heddle.hls.feed.left_order import LeftOrder
from heddle.hls.feed.left_rows import LeftRows
from heddle.hls.feed.left_shape import LeftShape
from heddle.hls.feed.left_words import LeftWords
from heddle.hls.feed.prepare import PREPARED
from heddle.hls.feed.reader import Reader, ask_layout
from heddle.hls.fp.recode import recode_groups


class LeftFeeder(wiring.Component):
    """Walks windows over stored pixels, ``buffers.group_ports`` groups of channels a clock.

    Ports
    -----
    input : stream of PREPARED, in
    ask : stream of ``ask_layout``, out
        The first group that is wanted next, by its number in the half: pixel x groups of a pixel + group.
    answer : stream of ``LeftShape.stored_groups``, in
        That group and those that follow it, in the order in which they were asked for, whenever they come.
    output : stream of R x M recoded operands, out

    Throughput: a read each clock; ``heddle.arch.left_feed`` says how many a chunk of words takes. Up to ``depth`` reads
    are asked for before the first comes, so a buffer may answer after as many clocks. The next computation's first read
    follows the last one of this two clocks later.
    """

    def __init__(self, design: Design, address_bits: int, depth: int = 8) -> None:
        self.design, self.address_bits, self.depth = design, address_bits, depth
        self.shape = shape = LeftShape(design)
        super().__init__(
            {
                "input": In(stream.Signature(PREPARED)),
                "ask": Out(stream.Signature(ask_layout(address_bits))),
                "answer": In(stream.Signature(shape.stored_groups)),
                "output": Out(stream.Signature(left_layout(design))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Order, address, rows, read, and lay."""
        m = Module()
        shape, address_bits = self.shape, self.address_bits
        m.submodules.order = order = LeftOrder(self.design)
        m.submodules.address = address = LeftAddress(shape, address_bits)
        m.submodules.rows = rows = LeftRows(shape, address_bits)
        m.submodules.reader = reader = Reader(shape.groups, shape.laying, address_bits, self.depth)
        m.submodules.words = words = LeftWords(shape)
        connect(m, flipped(self.input), order.input)
        connect(m, order.output, address.input)
        connect(m, address.output, rows.input)
        connect(m, rows.output, reader.input)
        connect(m, reader.ask, flipped(self.ask))
        self._recode(m, reader.answer)
        connect(m, reader.output, words.input)
        connect(m, words.output, flipped(self.output))
        return m

    def _recode(self, m: Module, recoded: stream.Interface) -> None:
        """Recode what is read, where there are G x M operands a clock and not R x M; zeros of the padding are alike."""
        m.d.comb += [recoded.valid.eq(self.answer.valid), self.answer.ready.eq(recoded.ready)]
        recode_groups(m, self.design.numbers.operand_format, self.answer.payload, recoded.payload)
