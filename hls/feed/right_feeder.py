"""The right feeder: a prepared computation in, the array's weight words out, from one half of the weight buffer."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.arch.design import Design
from heddle.arch.isa import COUNT_BITS, INTERLEAVE_BITS
from heddle.hls.array.stce import right_layout
from heddle.hls.feed.order import Frame, Order, last_output
from heddle.hls.feed.prepare import PREPARED
from heddle.hls.feed.reader import NO_TAG, Reader, ask_layout, fetch_layout
from heddle.hls.layout import below


class RightOrder(Order):
    """Weight words in the order in which the array takes them.

    A slot lies in the buffer as the words of its columns, one behind the other. OS: slot after slot of an array tile; a
    slot's words in turn, or, where a PE's outputs are of several rows too, as often as there are such rows. WS: a slot
    for each of R rows, of one word; the next fold begins behind them when all array tiles along the columns had theirs.

    Its words are of ``fetch_layout`` without a tag; zeros where a word's columns or its slot lie beyond the tile.
    """

    def __init__(self, design: Design, address_bits: int) -> None:
        self.address_bits = address_bits
        super().__init__(design, fetch_layout(address_bits, NO_TAG))

    def _loops(self, m: Module, frame: Frame) -> Value:
        """Words of a slot, its repeats, slots, array tiles."""
        command, word = frame.held.compute.command, Signal(INTERLEAVE_BITS)
        is_last_word = command.ws | (word == command.interleave_cols - 1)
        with m.If(frame.moves):
            m.d.sync += word.eq(Mux(is_last_word, 0, word + 1))
        is_last_turn = self._is_last_turn(m, command.interleave_cols, frame.moves & is_last_word)
        ends_slot = is_last_word & (command.ws | is_last_turn)
        return ends_slot & self._address(m, frame, word, frame.moves & ends_slot)

    def _is_last_turn(self, m: Module, interleave_cols: Value, turns: Value) -> Value:
        """OS: whether a slot's words were given as often as they are wanted: once where they are held."""
        last = last_output(m, self.design.array, interleave_cols)
        turn = Signal.like(last, name="turn")
        is_last: Value = (turn == last) | (interleave_cols == 1)
        with m.If(turns):
            m.d.sync += turn.eq(Mux(is_last, 0, turn + 1))
        return is_last

    def _address(self, m: Module, frame: Frame, word: Value, ends_slot: Value) -> Value:
        """Where the word stands; return whether its slot is the last of the array tile."""
        held, fetch = frame.held, self.output.payload
        command = held.compute.command
        slot, fold_slot = Signal(COUNT_BITS), Signal(COUNT_BITS)
        address, fold_address = Signal(self.address_bits), Signal(self.address_bits)
        row = Signal(below(self.design.array.rows))
        is_last: Value = Mux(command.ws, row == self.design.array.rows - 1, slot == command.length - 1)
        ends_tile, ends_across = ends_slot & is_last, ends_slot & is_last & frame.is_last_across
        next_slot, next_address = Signal(COUNT_BITS), Signal(self.address_bits)
        m.d.comb += [
            fetch.is_zero.eq((word >= frame.words_left) | (slot >= held.slots)),
            fetch.ask.half.eq(held.compute.right_half),
            fetch.ask.address.eq(address + (frame.first_word + word)),
            next_slot.eq(slot + 1),
            next_address.eq(address + held.col_words),
        ]
        with m.If(ends_slot):
            m.d.sync += [slot.eq(next_slot), address.eq(next_address), row.eq(Mux(is_last, 0, row + 1))]
        with m.If(ends_tile):
            m.d.sync += [slot.eq(fold_slot), address.eq(fold_address)]
        with m.If(ends_across & command.ws):
            m.d.sync += [slot.eq(next_slot), address.eq(next_address)]
            m.d.sync += [fold_slot.eq(next_slot), fold_address.eq(next_address)]
        with m.If(frame.starts):
            m.d.sync += [each.eq(0) for each in (slot, fold_slot, address, fold_address, row)]
        return is_last


class RightFeeder(wiring.Component):
    """Weight words from the weight buffer.

    Ports
    -----
    input : stream of PREPARED, in
    ask : stream of ``ask_layout``, out
        The word that is wanted next, by its number in the half: slot x words of a slot + word.
    answer : stream of C x {value, index}, in
    output : stream of C x {value, index}, out

    Throughput: a word a clock, as ``Reader`` has it.
    """

    def __init__(self, design: Design, address_bits: int, depth: int = 8) -> None:
        self.design, self.address_bits, self.depth = design, address_bits, depth
        words = stream.Signature(right_layout(design))
        super().__init__(
            {
                "input": In(stream.Signature(PREPARED)),
                "ask": Out(stream.Signature(ask_layout(address_bits))),
                "answer": In(words),
                "output": Out(words),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Order, and read."""
        m = Module()
        m.submodules.order = order = RightOrder(self.design, self.address_bits)
        m.submodules.reader = reader = Reader(right_layout(self.design), NO_TAG, self.address_bits, self.depth)
        connect(m, flipped(self.input), order.input)
        connect(m, order.output, reader.input)
        connect(m, reader.ask, flipped(self.ask))
        connect(m, flipped(self.answer), reader.answer)
        m.d.comb += [
            self.output.valid.eq(reader.output.valid),
            self.output.payload.eq(reader.output.payload.word),
            reader.output.ready.eq(self.output.ready),
        ]
        return m
