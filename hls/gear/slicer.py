"""Slicer: so many elements at a time out of the packed bytes of a transfer."""

from __future__ import annotations

from math import gcd

from amaranth.hdl import Array, Assert, Cat, Const, Module, Mux, ResetSignal, ShapeLike, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from heddle.hls.axi.channels import AxiShape
from heddle.hls.axi.stretches import word_layout
from heddle.hls.gear.rows import cut_layout
from heddle.hls.stream.handshake import assert_stable, transfer


def piece_layout(element_bits: int, most: int, tag: ShapeLike | None = None) -> data.StructLayout:
    """The elements of a ``cut`` from the lowest place on, zeros behind them."""
    return data.StructLayout({"elements": data.ArrayLayout(element_bits, most), "cut": cut_layout(most, tag)})


class Slicer(wiring.Component):
    """Takes what each cut asks for from the words of a transfer, wherever in them it begins.

    Ports:
        words : stream of ``word_layout``, in: a transfer's bytes, its rows one behind the other
        cuts : stream of ``cut_layout``, in: as many as use up the transfer's bytes, none of 0 elements
        pieces : stream of ``piece_layout``, out

    A row begins at a multiple of ``row_bits`` (elements of 3 bits: at a byte), and what is between is passed over.

    Latency: at most ``latency`` = 3 clocks from the last word of a piece; a clock less where it began in the word
    before. Throughput: one piece a clock while it takes no more than a word. The next transfer follows without a gap,
    except where the last piece began in the word before the last: then a clock after it. ``words.ready`` and
    ``cuts.ready`` follow ``pieces.ready`` combinationally.
    """

    latency = 3

    def __init__(
        self,
        port: AxiShape,
        element_bits: int,
        most: int,
        tag: ShapeLike | None = None,
        row_bits: int | None = None,
    ) -> None:
        """``row_bits``: default and least, an element. With more, all cuts except a row's last have ``most`` elements.

        Raises ValueError where ``most`` elements, and what is passed over behind them, are more than a word.
        """
        self.row_bits = row_bits or element_bits
        # Pieces begin at multiples of a unit: so shifts go by units, and a word has a power of two of them.
        self.unit_bits = gcd(self.row_bits, most * element_bits)
        word_bits = 8 * port.data_bytes
        self.units = word_bits // self.unit_bits
        if most * element_bits + self.row_bits - self.unit_bits > word_bits:
            raise ValueError(f"{most} elements of {element_bits} bits in a word of {port.data_bytes} bytes")
        self.element_bits = element_bits
        self.most = most
        self.word = word_layout(port)
        super().__init__(
            {
                "words": In(stream.Signature(self.word)),
                "cuts": In(stream.Signature(cut_layout(most, tag))),
                "pieces": Out(stream.Signature(piece_layout(element_bits, most, tag))),
            }
        )
        self.older, self.newer = Signal(self.word, reset_less=True), Signal(self.word, reset_less=True)
        self.has_older, self.has_newer = Signal(), Signal()
        self.offset = Signal(range(self.units))  # units of the older word that are gone

    def elaborate(self, platform: object) -> Module:
        """Two words: pieces begin in the older one at ``offset`` and may end in the newer one."""
        m = Module()
        older, newer, cut = self.older, self.newer, self.cuts.payload
        end = Signal(range(2 * self.units))
        used_up, reaches_newer, takes, moves_on = Signal(), Signal(), Signal(), Signal()
        free = ~self.pieces.valid | self.pieces.ready
        m.d.comb += [
            end.eq(self._end()),
            used_up.eq(end[-1] | cut.last),
            reaches_newer.eq(self._reaches_newer()),
            self.cuts.ready.eq(free & self.has_older & (self.has_newer | ~reaches_newer)),
            takes.eq(transfer(self.cuts)),
            moves_on.eq(~self.has_older | (takes & used_up)),
            # With a newer word a cut is never held up by it: so ``takes`` is not on this way.
            self.words.ready.eq(~self.has_newer | ~self.has_older | (self.cuts.valid & free & used_up)),
        ]
        with m.If(moves_on):
            m.d.sync += [older.eq(newer), self.has_older.eq(self.has_newer & ~(takes & cut.last & reaches_newer))]
        with m.If(self.words.ready):
            m.d.sync += [newer.eq(self.words.payload), self.has_newer.eq(self.words.valid)]
        with m.If(transfer(self.pieces)):
            m.d.sync += self.pieces.valid.eq(0)
        with m.If(takes):
            m.d.sync += [
                self.offset.eq(Mux(cut.last, 0, end)),
                self.pieces.valid.eq(1),
                self.pieces.payload.cut.eq(cut),
                self.pieces.payload.elements.eq(self._elements(m, Cat(older.data, newer.data))),
            ]
        self._assert_beside(m, takes, reaches_newer, moves_on, end)
        self._assert_in_step(m, takes, end, Mux(reaches_newer, newer, older))
        assert_stable(m, self.pieces)
        return m

    def _end(self) -> Value:
        """Where the piece ends, in units from the older word's begin; a row's last piece with what is passed over.

        The table of a row's last pieces has the most that rounding up adds, so that a single addition is on the way.
        """
        row_units = self.row_bits // self.unit_bits
        spare = (row_units - 1).bit_length()
        if spare == 0:
            return self.offset + self._taken(0)
        ends = self.cuts.payload.ends
        end = self.offset + Mux(ends, self._taken(row_units - 1), self._taken(0))
        return Cat(end[:spare] & ~ends.replicate(spare), end[spare:])

    def _reaches_newer(self) -> Value:
        """Whether the piece takes something of the newer word: its last unit is past the older one.

        Beside the end, not out of it: what a row's last piece passes over is never in another word.
        """
        return (self.offset + self._taken(-1))[len(self.offset)]

    def _taken(self, more: int) -> Value:
        """How many units a piece of the cut's ``count`` takes, and ``more``; a count of 0 is none."""
        units = [-(-count * self.element_bits // self.unit_bits) + more for count in range(1, self.most + 1)]
        bits = bits_for(units[-1])  # at least one: there are no wires of 0 bits in Verilog
        return Array(Const(each, bits) for each in [0, *units])[self.cuts.payload.count]

    def _elements(self, m: Module, words: Value) -> Value:
        """The elements from ``offset`` on, by the larger steps first: so that each step keeps fewer bits."""
        for layer in reversed(range(len(self.offset))):
            step = self.unit_bits << layer
            kept = self.most * self.element_bits + step - self.unit_bits  # as the later steps reach that far
            moved = Signal(kept, name=f"moved_{layer}")
            m.d.comb += moved.eq(Mux(self.offset[layer], words[step:][:kept], words[:kept]))
            words = moved
        count = self.cuts.payload.count
        return words & Cat((place < count).replicate(self.element_bits) for place in range(self.most))

    def _assert_beside(self, m: Module, takes: Value, reaches_newer: Value, moves_on: Value, end: Value) -> None:
        """What is worked out beside the end, to be early, is what follows from it."""
        with m.If(~ResetSignal("sync", allow_reset_less=True)):
            m.d.sync += [
                Assert(~takes | (reaches_newer == (end > self.units)), "a piece reaches as far as it ends"),
                Assert(self.words.ready == (~self.has_newer | moves_on), "a word is taken where one moves on"),
            ]

    def _assert_in_step(self, m: Module, takes: Value, end: Value, word: Value) -> None:
        """Cuts and bytes end together: no piece reaches past its transfer, and none of its bytes is left."""
        cut = self.cuts.payload
        reached = data.View(self.word, word)
        in_word = Signal(range(self.units + 1))
        m.d.comb += in_word.eq(Mux(end > self.units, end - self.units, end))
        ends_here = reached.last & (in_word * self.unit_bits == reached.bytes * 8)
        with m.If(takes & ~ResetSignal("sync", allow_reset_less=True)):
            m.d.sync += Assert(cut.last == ends_here, "the cuts end where the transfer does")
