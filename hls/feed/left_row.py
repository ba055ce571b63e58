"""One row of the array's left words: groups laid into it, and given as the words come up."""

from __future__ import annotations

from amaranth.hdl import Array, Cat, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from heddle.arch.feed_resources import LUT_WORDS
from heddle.hls.array.links import group_layout
from heddle.hls.feed.left_shape import LeftShape
from heddle.hls.layout import below


class LeftRow(wiring.Component):
    """Two holds of groups: an output's for each group of a chunk.

    Ports
    -----
    groups : of a read; places : of each of its groups, its hold and output, in
    is_laid : Signal(1); lane, in
        Lay group ``lane`` in its place. ``by_row``: it is group ``lane`` of the chunk; else it is the only one.
    by_row : Signal(1), in
    take : Signal(1); at : the hold and output of a word; group : which of the chunk, in
    is_zero : Signal(1), in
        The row has nothing in that word.
    word : a group, out
        What was asked for with the last ``take``.

    Latency 1 clock from ``is_laid`` to the first ``take``, 1 from ``take`` to ``word``; throughput a group each way a
    clock. A component of its own, so that all rows are one block to synthesis.
    """

    def __init__(self, shape: LeftShape) -> None:
        self.shape = shape
        place = left_place(shape)
        group = group_layout(shape.design)
        super().__init__(
            {
                "groups": In(shape.groups),
                "places": In(data.ArrayLayout(place, shape.ports)),
                "is_laid": In(1),
                "lane": In(below(shape.ports)),
                "by_row": In(1),
                "take": In(1),
                "at": In(place),
                "group": In(below(shape.held_groups)),
                "is_zero": In(1),
                "word": Out(group),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Choose a group, and store it; read another into a register."""
        m = Module()
        width, ports = self.shape.groups.elem_shape.size, self.shape.ports
        lane_bits = (self.shape.held_groups - 1).bit_length()
        chosen, place = Signal(width), Signal(self.at.shape())
        lane = self.lane if ports > 1 else 0  # which a mapper does not know to be 0
        m.d.comb += [
            chosen.eq(Array(self.groups[number].as_value() for number in range(ports))[lane]),
            place.eq(Array(self.places[number].as_value() for number in range(ports))[lane]),
        ]
        # A chunk of one group needs no number for it, and Verilog has no vector of no bits.
        laid, asked = list[Value](), list[Value]()
        if lane_bits:
            laid, asked = [self.lane[:lane_bits] & self.by_row.replicate(lane_bits)], [self.group]
        depth = 1 << len(place.as_value()) + lane_bits
        style = "distributed" if depth <= LUT_WORDS else "block"
        m.submodules.storage = storage = Memory(shape=width, depth=depth, init=[], attrs={"ram_style": style})
        write, read = storage.write_port(), storage.read_port(domain="comb")
        m.d.comb += [
            write.en.eq(self.is_laid),
            write.addr.eq(Cat(*laid, place)),
            write.data.eq(chosen),
            read.addr.eq(Cat(*asked, self.at)),
        ]
        word = Signal(width, reset_less=True, name="given")
        m.d.comb += self.word.as_value().eq(word)
        with m.If(self.take & self.is_zero):
            m.d.sync += word.eq(0)
        with m.Elif(self.take):
            m.d.sync += word.eq(read.data)
        return m


def left_place(shape: LeftShape) -> data.StructLayout:
    """Return the layout of a word's place among the holds: its output along rows, and its hold."""
    return data.StructLayout({"output": below(shape.outputs), "hold": 1})
