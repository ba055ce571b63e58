"""The left feeder: a prepared computation in, the array's left words out, from a half of the activation buffer."""

from __future__ import annotations

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.arch.design import Design
from heddle.hls.array.stce import left_layout
from heddle.hls.feed.left_address import LEFT_TAG, LeftAddress
from heddle.hls.feed.left_order import LeftOrder
from heddle.hls.feed.left_words import LeftWords, group_layout
from heddle.hls.feed.prepare import PREPARED
from heddle.hls.feed.reader import Reader, ask_layout


class LeftFeeder(wiring.Component):
    """Walks windows over stored pixels, one group a clock.

    Ports
    -----
    input : stream of PREPARED, in
    ask : stream of ``ask_layout``, out
        The group that is wanted next, by its number in the half: pixel x groups of a pixel + group.
    answer : stream of ``group_layout``, in
        Groups in the order in which they were asked for, whenever they come.
    output : stream of R x M raw operands, out

    Throughput: a group each clock, so a word each R clocks in OS, and in WS one for each group that its rows' slots
    stand in. Turned, M clocks for the first row of a word and for each that begins another group of channels (OS) or of
    pixels (WS); in OS one for each other row. Up to ``depth`` groups
    are asked for before the first comes, so a buffer may answer after as many clocks. The next computation's first read
    follows the last one of this two clocks later.
    """

    def __init__(self, design: Design, address_bits: int, depth: int = 8) -> None:
        self.design, self.address_bits, self.depth = design, address_bits, depth
        super().__init__(
            {
                "input": In(stream.Signature(PREPARED)),
                "ask": Out(stream.Signature(ask_layout(address_bits))),
                "answer": In(stream.Signature(group_layout(design))),
                "output": Out(stream.Signature(left_layout(design))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Order, address, read, and collect."""
        m = Module()
        m.submodules.order = order = LeftOrder(self.design)
        m.submodules.address = address = LeftAddress(self.address_bits)
        m.submodules.reader = reader = Reader(group_layout(self.design), LEFT_TAG, self.address_bits, self.depth)
        m.submodules.words = words = LeftWords(self.design)
        connect(m, flipped(self.input), order.input)
        connect(m, order.output, address.input)
        connect(m, address.output, reader.input)
        connect(m, reader.ask, flipped(self.ask))
        connect(m, flipped(self.answer), reader.answer)
        connect(m, reader.output, words.input)
        connect(m, words.output, flipped(self.output))
        return m
