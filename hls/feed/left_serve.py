"""The order in which the words of held chunks are given to the array."""

from __future__ import annotations

from amaranth.hdl import Array, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from heddle.hls.feed.left_row import left_place
from heddle.hls.feed.left_shape import LeftShape
from heddle.hls.layout import below


class LeftServe(wiring.Component):
    """Two holds in turn: of each the groups, of each group the slots, of each slot the outputs along rows.

    Ports
    -----
    chunk : ``LeftShape.chunk``; is_complete : Signal(1), in
        What the next hold has, when all of it is laid; only while that is not ``is_full``.
    hold : Signal(1); is_full : Signal(1), out
        The next hold to be laid, and whether its words are still to be given.
    moves : Signal(1), in
        A word moves on.
    is_there, is_first : Signal(1), out
        A word is there; it is the first of its chunk.
    at : its place; group : which of the chunk, out

    Latency 1 clock from ``is_complete`` to the first word, throughput a word a clock.
    """

    def __init__(self, shape: LeftShape) -> None:
        self.shape = shape
        super().__init__(
            {
                "chunk": In(shape.chunk),
                **{name: In(1) for name in ("is_complete", "moves")},
                **{name: Out(1) for name in ("hold", "is_full", "is_there", "is_first")},
                "at": Out(left_place(shape)),
                "group": Out(below(shape.held_groups)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Three counters, and what each hold has."""
        m = Module()
        full, laid = Signal(2), self.hold
        chunks = [Signal(self.shape.chunk, name=f"chunk{hold}", reset_less=True) for hold in range(2)]
        given, slot = Signal(name="given"), Signal(self.shape.chunk["slots"].shape)
        output, group = Signal(self.at.output.shape()), Signal(self.group.shape())
        chunk = Signal(self.shape.chunk)
        m.d.comb += [
            self.is_full.eq(Array(full)[laid]),
            chunk.eq(Mux(given, chunks[1].as_value(), chunks[0].as_value())),
            self.is_there.eq(Array(full)[given]),
            self.is_first.eq((output == 0) & (slot == 0) & (group == 0)),
            self.at.output.eq(output),
            self.at.hold.eq(given),
            self.group.eq(group),
        ]
        # Counted from 1, as the counters are there before the chunk is chosen.
        is_last_group: Value = group + 1 == chunk.groups
        ends_slot = output == chunk.last_output
        ends_group = ends_slot & (slot + 1 == Mux(is_last_group, chunk.last_slots, chunk.slots))
        with m.If(self.moves):
            m.d.sync += output.eq(Mux(ends_slot, 0, output + 1))
            with m.If(ends_slot):
                m.d.sync += slot.eq(Mux(ends_group, 0, slot + 1))
            with m.If(ends_group):
                m.d.sync += group.eq(Mux(is_last_group, 0, group + 1))
            with m.If(ends_group & is_last_group):
                m.d.sync += [given.eq(~given), full.bit_select(given, 1).eq(0)]
        with m.If(self.is_complete):
            m.d.sync += [laid.eq(~laid), full.bit_select(laid, 1).eq(1)]
            for hold, held in enumerate(chunks):
                with m.If(laid == hold):
                    m.d.sync += held.eq(self.chunk)
        return m
