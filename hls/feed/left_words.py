"""From groups of the activation buffer to the array's left words: a group for each row."""

from __future__ import annotations

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.design import Design
from heddle.hls.array.stce import left_layout
from heddle.hls.feed.left_address import LEFT_TAG
from heddle.hls.feed.reader import fetched_layout
from heddle.hls.layout import below
from heddle.hls.stream.handshake import assert_stable, transfer


def group_layout(design: Design) -> data.ArrayLayout:
    """Return the layout of a stored group: M raw operands."""
    return data.ArrayLayout(design.numbers.operand_format.width, design.sparsity.m)


class LeftWords(wiring.Component):
    """Collects R groups to a word. A turned group is a lane of M reads; the last M of them are held for other lanes.

    Ports
    -----
    input : stream of ``fetched_layout`` of groups with LEFT_TAG, in
    output : stream of R x M raw operands, out

    Latency 1 clock from a word's last read. Throughput a read a clock; while a word waits, the first reads of the next
    one wait too.
    """

    def __init__(self, design: Design) -> None:
        self.design = design
        super().__init__(
            {
                "input": In(stream.Signature(fetched_layout(group_layout(design), LEFT_TAG))),
                "output": Out(stream.Signature(left_layout(design))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Shift reads into a block, and lay groups into the rows that they are for."""
        m = Module()
        read, tag, takes = self.input.payload.word, self.input.payload.tag, transfer(self.input)
        group_m = self.design.sparsity.m
        m.d.comb += self.input.ready.eq(~self.output.valid | self.output.ready)
        pixels = data.ArrayLayout(read.shape(), group_m)
        block, shifted = Signal(pixels, reset_less=True), Signal(pixels)
        m.d.comb += shifted.eq(block)
        with m.If(~tag.is_held):
            m.d.comb += shifted.eq(Cat(block.as_value()[len(read.as_value()) :], read.as_value()))
        lanes = (Array(shifted[pixel][lane] for lane in range(group_m))[tag.lane] for pixel in range(group_m))
        turned = Cat(*(Mux(tag.is_empty, 0, lane) for lane in lanes))
        group: Value = Mux(tag.turned, turned, read.as_value())
        first, rows = Signal(below(self.design.array.rows)), self.design.array.rows
        behind = Signal(range(rows + 1))
        m.d.comb += behind.eq(first + tag.count)
        with m.If(takes):
            m.d.sync += block.eq(shifted)
            with m.If(tag.ends_group):
                m.d.sync += first.eq(Mux(tag.ends_word, 0, behind))
                for row in range(rows):
                    has_begun = first <= row if row < rows - 1 else Const(1)
                    with m.If(has_begun & (row < behind)):
                        m.d.sync += self.output.payload[row].eq(group)
        with m.If(takes | self.output.ready):
            m.d.sync += self.output.valid.eq(takes & tag.ends_group & tag.ends_word)
        assert_stable(m, self.output)
        return m
