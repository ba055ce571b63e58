"""Sums between the array and one half of the output buffer: results in, and partial sums that others go on from."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.arch.design import Design
from heddle.hls.array.stce import sums_layout
from heddle.hls.feed.prepare import PREPARED, RESULT_BITS
from heddle.hls.feed.reader import NO_TAG, Reader, ask_layout
from heddle.hls.feed.sums_order import SumsOrder
from heddle.hls.stream.handshake import transfer
from heddle.hls.stream.level import count_level


def put_layout(design: Design, address_bits: int) -> data.StructLayout:
    """Return the layout of a word that is written: where, and the sums."""
    return data.StructLayout({"at": ask_layout(address_bits), "word": sums_layout(design)})


class ResultWriter(wiring.Component):
    """Writes the array's results to where the order says; words beyond the tile are dropped.

    Ports
    -----
    input : stream of PREPARED, in
    result : stream of C x Signal(32), in
    put : stream of ``put_layout``, out
    writes : Signal(1), out
        In the clock behind this one a result more, or a dropped one, is in the buffer.
    done : Signal(1), out
        For a clock, when the last result of a computation is in the buffer.

    Latency: none from a result to ``put`` and ``writes``; 1 clock to ``done``. Throughput: a word a clock.
    """

    def __init__(self, design: Design, address_bits: int) -> None:
        self.design, self.address_bits = design, address_bits
        super().__init__(
            {
                "input": In(stream.Signature(PREPARED)),
                "result": In(stream.Signature(sums_layout(design))),
                "put": Out(stream.Signature(put_layout(design, address_bits))),
                "writes": Out(1),
                "done": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """A result and its place move together."""
        m = Module()
        m.submodules.order = order = SumsOrder(self.design, self.address_bits)
        connect(m, flipped(self.input), order.input)
        place = order.output
        moves = self.writes
        m.d.comb += [
            self.put.valid.eq(place.valid & self.result.valid & place.payload.is_inside),
            self.put.payload.at.eq(place.payload.at),
            self.put.payload.word.eq(self.result.payload),
            moves.eq(place.valid & self.result.valid & (self.put.ready | ~place.payload.is_inside)),
            place.ready.eq(moves),
            self.result.ready.eq(moves),
        ]
        m.d.sync += self.done.eq(moves & place.payload.ends)
        return m


class PartialFeeder(wiring.Component):
    """Gives the array the partial sums that it asks for, as soon as they are in the buffer.

    Ports
    -----
    input : stream of PREPARED, in
    writes : Signal(1), in
        A result more is in the buffer a clock later: that of ``ResultWriter``.
    ask : stream of ``ask_layout``, out
    answer : stream of C x Signal(32), in
    output : stream of C x Signal(32), out

    Throughput: a word a clock, as ``Reader`` has it.
    """

    def __init__(self, design: Design, address_bits: int, depth: int = 8) -> None:
        self.design, self.address_bits, self.depth = design, address_bits, depth
        sums = stream.Signature(sums_layout(design))
        super().__init__(
            {
                "input": In(stream.Signature(PREPARED)),
                "writes": In(1),
                "ask": Out(stream.Signature(ask_layout(address_bits))),
                "answer": In(sums),
                "output": Out(sums),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Results are counted as they will come; the one that a partial sum is must have been written."""
        m = Module()
        m.submodules.order = order = SumsOrder(self.design, self.address_bits)
        m.submodules.reader = reader = Reader(sums_layout(self.design), NO_TAG, self.address_bits, self.depth)
        connect(m, flipped(self.input), order.input)
        connect(m, reader.ask, flipped(self.ask))
        connect(m, flipped(self.answer), reader.answer)
        place, moves = order.output.payload, transfer(order.output)
        # Written results beyond those that were walked past, and beyond the one that is wanted: not there yet below 0.
        beyond, ahead = Signal(RESULT_BITS), Signal(RESULT_BITS, reset_less=True)
        is_there: Value = ~place.is_inside | ~ahead[-1]
        m.d.comb += [
            reader.input.valid.eq(order.output.valid & place.has_partial & is_there),
            reader.input.payload.is_zero.eq(~place.is_inside),
            reader.input.payload.ask.eq(place.at),
            order.output.ready.eq(Mux(place.has_partial, is_there & reader.input.ready, 1)),
            self.output.valid.eq(reader.output.valid),
            self.output.payload.eq(reader.output.payload.word),
            reader.output.ready.eq(self.output.ready),
        ]
        for each in (beyond, ahead):
            count_level(m, each, self.writes, moves)
        with m.If(~order.output.valid):  # the distance of the next computation is known a clock before its first word
            m.d.sync += ahead.eq(Mux(self.writes, beyond + place.distance, beyond + place.distance - 1))
        return m
