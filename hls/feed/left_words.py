"""From what is read of the activation buffer to the array's left words: a group for each row."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.hls.array.stce import left_layout
from heddle.hls.feed.left_hold import LeftHold
from heddle.hls.feed.left_shape import LeftShape
from heddle.hls.feed.left_turn import LeftTurn
from heddle.hls.feed.reader import fetched_layout


class LeftWords(wiring.Component):
    """Lays reads into rows as they come, or what M of them give turned, and gives the words.

    Groups of a read that lie outside the map are zeros.

    Ports
    -----
    input : stream of ``fetched_layout`` with ``LeftShape.laying``, in
    output : stream of R x M recoded operands, out

    Latency 3 clocks from a chunk's last read; turned, M + 3. Throughput a read and a word a clock, a chunk ahead as
    ``LeftHold`` has it.
    """

    def __init__(self, shape: LeftShape) -> None:
        self.shape = shape
        super().__init__(
            {
                "input": In(stream.Signature(fetched_layout(shape.groups, shape.laying))),
                "output": Out(stream.Signature(left_layout(shape.design))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Reads that are not turned wait until all that are have been laid; what is laid next stands in a register."""
        m = Module()
        m.submodules.turn = turn = LeftTurn(self.shape)
        m.submodules.held = hold = LeftHold(self.shape)
        tag, lay, read = self.input.payload.tag, Signal(self.shape.lay), Signal(self.shape.groups)
        for number in range(self.shape.ports):
            group = self.input.payload.word[number].as_value()
            m.d.comb += read[number].as_value().eq(Mux(tag.in_map[number], group, 0))
        is_room, is_valid, is_next = Signal(), Signal(), Signal()
        m.d.comb += [
            is_room.eq(~is_valid | hold.input.ready),
            turn.input.valid.eq(self.input.valid & tag.turned),
            turn.input.payload.word.eq(read),
            turn.input.payload.tag.eq(tag),
            turn.output.ready.eq(is_room),
            self.input.ready.eq(Mux(tag.turned, turn.input.ready, is_room & ~turn.is_busy)),
            is_next.eq(turn.output.valid | (self.input.valid & ~tag.turned & ~turn.is_busy)),
            lay.groups.eq(read),
            *(lay[name].eq(tag[name]) for name, _ in self.shape.lay if name != "groups"),
            hold.input.valid.eq(is_valid),
        ]
        with m.If(turn.is_busy):
            m.d.comb += lay.eq(turn.output.payload)
        with m.If(is_room):
            m.d.sync += [is_valid.eq(is_next), hold.input.payload.eq(lay)]
        connect(m, hold.output, flipped(self.output))
        return m
