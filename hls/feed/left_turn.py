"""Turns groups of channels of M pixels into groups of pixels, one for each channel."""

from __future__ import annotations

from amaranth.hdl import Array, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.hls.array.links import group_layout
from heddle.hls.feed.left_shape import LeftShape
from heddle.hls.feed.reader import fetched_layout
from heddle.hls.stream.handshake import assert_stable, transfer
from heddle.hls.stream.queue import Queue
from heddle.hls.stream.transpose import Transposer


class LeftTurn(wiring.Component):
    """Lays M turned groups after one another, of each read's groups one at once, while the next M pixels are read.

    Ports
    -----
    input : stream of ``fetched_layout`` with ``LeftShape.laying``, in
        M reads, or an empty one. What is to become of their groups stands with the last.
    output : stream of ``LeftShape.lay``, out
        In clock i of M channel i of each group; where all rows have the same element, these rows have it then. An empty
        read takes a clock.
    is_busy : Signal(1), out
        Something that was read is not laid yet.

    Latency 1 clock from the last of M reads, throughput a read a clock.
    """

    def __init__(self, shape: LeftShape) -> None:
        self.shape = shape
        not_noted = ("in_map", "by_row", "turned", "ends_group")
        tag = data.StructLayout({name: field.shape for name, field in shape.laying if name not in not_noted})
        # While M channels are laid, M reads come: at most so many empty ones.
        self.pending = Queue(tag, shape.group_m + 2)
        super().__init__(
            {
                "input": In(stream.Signature(fetched_layout(shape.groups, shape.laying))),
                "output": Out(stream.Signature(shape.lay)),
                "is_busy": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """A transposer for each group of a read, all in step, and a queue of what is to become of their blocks."""
        m = Module()
        m.submodules.pending = pending = self.pending
        read, tag, blocks = self.input.payload.word, self.input.payload.tag, self._blocks(m)
        is_pixel, is_noted = ~tag.is_empty, pending.input.ready | ~tag.ends_group
        m.d.comb += [
            self.input.ready.eq(is_noted & (tag.is_empty | blocks[0].input.ready)),
            pending.input.valid.eq(self.input.valid & tag.ends_group & (tag.is_empty | blocks[0].input.ready)),
            *(pending.input.payload[name].eq(tag[name]) for name, _ in pending.shape),
            self.is_busy.eq(pending.level != 0),
        ]
        for number, block in enumerate(blocks):
            m.d.comb += [
                block.input.valid.eq(self.input.valid & is_pixel & is_noted),
                block.input.payload.as_value().eq(read[number].as_value()),
                block.output.ready.eq(transfer(self.output) & ~pending.output.payload.is_empty),
            ]
        self._lay(m, blocks, pending.output)
        assert_stable(m, self.output)
        return m

    def _blocks(self, m: Module) -> list[Transposer]:
        group = group_layout(self.shape.design)
        blocks = [Transposer(self.shape.group_m, group.elem_shape.size) for _ in range(self.shape.held_groups)]
        for number, block in enumerate(blocks):
            m.submodules[f"block{number}"] = block
        return blocks

    def _lay(self, m: Module, blocks: list[Transposer], noted: stream.Interface) -> None:
        """Channel after channel, each to the rows that it is for."""
        tag, lay, group_m = noted.payload, self.output.payload, self.shape.group_m
        channel = Signal(range(group_m))
        is_last = tag.is_empty | (channel == group_m - 1)
        m.d.comb += [
            self.output.valid.eq(noted.valid & (tag.is_empty | blocks[0].output.valid)),
            noted.ready.eq(transfer(self.output) & is_last),
            lay.rows.eq(self._rows(m, tag, channel)),
            lay.lanes.eq(tag.lanes),
            lay.ends_word.eq(tag.ends_word & is_last),
            lay.ends_chunk.eq(tag.ends_chunk & is_last),
            lay.chunk.eq(tag.chunk),
        ]
        for number, block in enumerate(blocks):
            # The block behind an empty read is not there yet, and its words still change.
            turned = Mux(tag.is_empty, 0, block.output.payload.as_value())
            m.d.comb += lay.groups[number].as_value().eq(turned)
        with m.If(transfer(self.output)):
            m.d.sync += channel.eq(channel + ~tag.is_empty)

    def _rows(self, m: Module, tag: data.View, channel: Signal) -> Value:
        """Row r has channel (``first`` + r) mod ``group_slots`` of its group, or all of them have ``element``."""
        group_m, rows = self.shape.group_m, Signal(self.shape.rows)
        slots, place, is_there = tag.group_slots[: group_m.bit_length()], Signal(range(group_m)), Signal()
        m.d.comb += [
            is_there.eq(channel < slots),
            place.eq(Mux(channel < tag.first, channel + slots, channel) - tag.first),
        ]
        for row in range(self.shape.rows):
            of_row = Array([0, *(row % divisor for divisor in range(1, group_m + 1))])[slots]
            has_channel = (place == of_row) & is_there & ~tag.at_once | (channel == tag.element) & tag.at_once
            m.d.comb += rows[row].eq(tag.rows[row] & has_channel & ~tag.is_empty)
        return rows
