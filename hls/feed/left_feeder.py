"""The left feeder: a computation in, the array's left words out, read from one half of the activation buffer."""

from __future__ import annotations

from amaranth.hdl import Module
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.arch.design import Design
from heddle.hls.array.stce import left_layout
from heddle.hls.control.instruction import COMPUTE
from heddle.hls.feed.left_address import LeftAddress, fetch_layout
from heddle.hls.feed.left_order import LeftOrder
from heddle.hls.feed.left_words import LeftWords, fetched_layout
from heddle.hls.feed.prepare import Prepare
from heddle.hls.stream.handshake import assert_stable, transfer
from heddle.hls.stream.queue import Queue


def ask_layout(address_bits: int) -> data.StructLayout:
    """Return the layout of what a buffer is asked for: a word of a half."""
    return data.StructLayout({"half": 1, "address": address_bits})


def group_layout(design: Design) -> data.ArrayLayout:
    """Return the layout of a stored group: M raw operands."""
    return data.ArrayLayout(design.numbers.operand_format.width, design.sparsity.m)


class LeftFeeder(wiring.Component):
    """Walks windows over stored pixels, one group a clock.

    Ports
    -----
    input : stream of COMPUTE, in
    ask : stream of ``ask_layout``, out
        The group that is wanted next, by its number in the half: pixel x groups of a pixel + group.
    answer : stream of ``group_layout``, in
        Groups in the order in which they were asked for, whenever they come.
    output : stream of R x M raw operands, out

    Throughput: a group each clock, so a word each R clocks; turned, a word each R x M clocks. Up to ``depth`` groups
    are asked for before the first comes, so a buffer may answer after as many clocks. The next computation is prepared
    meanwhile; its first read follows the last one of this two clocks later.
    """

    def __init__(self, design: Design, address_bits: int, depth: int = 8) -> None:
        self.design, self.address_bits, self.depth = design, address_bits, depth
        super().__init__(
            {
                "input": In(stream.Signature(COMPUTE)),
                "ask": Out(stream.Signature(ask_layout(address_bits))),
                "answer": In(stream.Signature(group_layout(design))),
                "output": Out(stream.Signature(left_layout(design))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Prepare, order, address, ask; and put what comes with what was to become of it."""
        m = Module()
        m.submodules.prepare = prepare = Prepare()
        m.submodules.order = order = LeftOrder(self.design)
        m.submodules.address = address = LeftAddress(self.address_bits)
        m.submodules.asked = asked = Queue(fetch_layout(self.address_bits), self.depth)
        m.submodules.words = words = LeftWords(self.design)
        connect(m, flipped(self.input), prepare.input)
        connect(m, prepare.output, order.input)
        connect(m, order.output, address.input)
        connect(m, words.output, flipped(self.output))
        fetch, pending = address.output, asked.output
        m.d.comb += [
            self.ask.valid.eq(fetch.valid & ~fetch.payload.is_zero & asked.input.ready),
            self.ask.payload.half.eq(fetch.payload.half),
            self.ask.payload.address.eq(fetch.payload.address),
            fetch.ready.eq(asked.input.ready & (fetch.payload.is_zero | self.ask.ready)),
            asked.input.valid.eq(transfer(fetch)),
            asked.input.payload.eq(fetch.payload),
            words.input.valid.eq(pending.valid & (pending.payload.is_zero | self.answer.valid)),
            words.input.payload.group.eq(self.answer.payload),
            pending.ready.eq(transfer(words.input)),
            self.answer.ready.eq(transfer(words.input) & ~pending.payload.is_zero),
        ]
        names = [name for name, _ in fetched_layout(self.design) if name != "group"]
        m.d.comb += [words.input.payload[name].eq(pending.payload[name]) for name in names]
        assert_stable(m, self.ask)
        return m
