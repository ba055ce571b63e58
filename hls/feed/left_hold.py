"""Holds the groups of two chunks: the words of one are given to the array while the other is laid."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from heddle.hls.array.stce import left_layout
from heddle.hls.feed.left_row import LeftRow
from heddle.hls.feed.left_serve import LeftServe
from heddle.hls.feed.left_shape import LeftShape
from heddle.hls.feed.left_spread import LeftSpread
from heddle.hls.stream.handshake import assert_stable, transfer
from heddle.hls.stream.level import count_level


class LeftHold(wiring.Component):
    """From groups to left words, a chunk ahead.

    Of the next chunk nothing but its first laying is taken before the array takes the first word of this one: so the
    array waits for each chunk as ``heddle.arch.left_feed`` says. The first laying comes early because a word is given a
    clock after it is complete.

    Ports
    -----
    input : stream of ``LeftShape.lay``, in
    output : stream of R x M recoded operands, out

    Latency 2 clocks from a chunk's last laying to its first word. Throughput a laying and a word a clock.
    """

    latency = 2

    def __init__(self, shape: LeftShape) -> None:
        self.shape = shape
        output = stream.Signature(left_layout(shape.design))
        super().__init__({"input": In(stream.Signature(shape.lay)), "output": Out(output)})

    def elaborate(self, platform: object) -> Module:
        """A memory for each row; a bit for each row of a word, unset where the row is zero."""
        m = Module()
        m.submodules.spread = spread = LeftSpread(self.shape)
        m.submodules.serve = serve = LeftServe(self.shape)
        lay, moves = self.input.payload, transfer(self.input)
        output = Signal(serve.at.output.shape())
        m.d.comb += [
            spread.lay.eq(lay),
            spread.moves.eq(moves),
            spread.place.output.eq(output),
            spread.place.hold.eq(serve.hold),
            serve.chunk.eq(lay.chunk),
            serve.is_complete.eq(moves & lay.ends_chunk),
            serve.moves.eq(serve.is_there & (~self.output.valid | self.output.ready)),
        ]
        with m.If(moves & lay.ends_word):
            m.d.sync += output.eq(Mux(lay.ends_chunk, 0, output + 1))
        with m.If(serve.moves | self.output.ready):
            m.d.sync += self.output.valid.eq(serve.moves)
        has_begun = self._gate(m, serve, moves)
        waits = lay.by_row | ~spread.is_late
        m.d.comb += self.input.ready.eq(~serve.is_full & has_begun & waits)
        self._rows(m, spread, serve, self._laid_rows(m, serve, spread.place.as_value(), moves))
        assert_stable(m, self.output)
        return m

    def _gate(self, m: Module, serve: LeftServe, moves: Value) -> Value:
        """Whether the chunk may be laid: it has not begun, or the array has taken a word of the one before."""
        is_first_laying, is_first_word = Signal(init=1), Signal()
        # Chunks begun, less those of which a word was taken: the two holds', and one whose only word is at the output.
        ahead = Signal(2)
        begins, is_taken = moves & is_first_laying, transfer(self.output) & is_first_word
        count_level(m, ahead, begins, is_taken)
        with m.If(moves):
            m.d.sync += is_first_laying.eq(self.input.payload.ends_chunk)
        with m.If(serve.moves):
            m.d.sync += is_first_word.eq(serve.is_first)
        return is_first_laying | (ahead == 1) | ((ahead == 2) & is_taken)

    def _laid_rows(self, m: Module, serve: LeftServe, place: Value, moves: Value) -> Value:
        """Collect the rows of a word, and return those of the word that is given."""
        lay, rows = self.input.payload, self.shape.rows
        so_far, laid = Signal(rows), Signal(rows)
        m.d.comb += laid.eq(so_far | lay.rows)
        with m.If(moves):
            m.d.sync += so_far.eq(Mux(lay.ends_word, 0, laid))
        m.submodules.laid = storage = Memory(shape=rows, depth=1 << len(place), init=[])
        write, read = storage.write_port(), storage.read_port(domain="comb")
        m.d.comb += [
            write.en.eq(moves & lay.ends_word),
            write.addr.eq(place),
            write.data.eq(laid),
            read.addr.eq(serve.at),
        ]
        return read.data

    def _rows(self, m: Module, spread: LeftSpread, serve: LeftServe, laid: Value) -> None:
        for number in range(self.shape.rows):
            m.submodules[f"row{number}"] = row = LeftRow(self.shape)
            m.d.comb += [
                row.groups.eq(spread.groups),
                row.places.eq(spread.places),
                row.is_laid.eq(spread.rows[number]),
                row.lane.eq(spread.lanes[number]),
                row.by_row.eq(self.input.payload.by_row | spread.is_late),
                row.take.eq(serve.moves),
                row.at.eq(serve.at),
                row.group.eq(serve.group),
                row.is_zero.eq(~laid[number]),
                self.output.payload[number].eq(row.word),
            ]
