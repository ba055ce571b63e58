"""Counts the array tiles of a command: along the columns of the tile first, then down its rows or from fold to fold."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.instructions import ELEMENT_BITS
from heddle.arch.isa import COUNT_BITS, INTERLEAVE_BITS

#: The words of an array tile may reach beyond the last one of the columns.
WORD_BITS = ELEMENT_BITS + 1


class TileCounter(wiring.Component):
    """Where a command stands among its array tiles.

    Ports
    -----
    ws : Signal(1); interleave_cols, tiles, col_words : in
        Those of the prepared computation; constant between two ``start``.
    start, step : Signal(1), in
        Begin with the first tile, or go on to the next.
    is_last_across, is_last : Signal(1), out
        The tile is the last along the columns, and the last of all.
    first_word, words_left : ``WORD_BITS``, out
        Where the tile begins, in words of the array's columns, and how many there are from there on, at least 1.

    Latency 1 clock, throughput a step a clock.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "ws": In(1),
                "interleave_cols": In(INTERLEAVE_BITS),
                "tiles": In(COUNT_BITS),
                "col_words": In(ELEMENT_BITS),
                "start": In(1),
                "step": In(1),
                "is_last_across": Out(1),
                "is_last": Out(1),
                "first_word": Out(WORD_BITS),
                "words_left": Out(WORD_BITS),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """An array tile has one word of columns in WS, and ``interleave_cols`` of them in OS."""
        m = Module()
        tile = Signal(COUNT_BITS, reset_less=True)
        first_word, words_left = Signal(WORD_BITS, reset_less=True), Signal(WORD_BITS, reset_less=True)
        words = Mux(self.ws, 1, self.interleave_cols)
        m.d.comb += [
            self.first_word.eq(first_word),
            self.words_left.eq(words_left),
            self.is_last_across.eq(words >= words_left),
            self.is_last.eq(tile == self.tiles - 1),
        ]
        with m.If(self.step):
            m.d.sync += [
                tile.eq(tile + 1),
                first_word.eq(Mux(self.is_last_across, 0, first_word + words)),
                words_left.eq(Mux(self.is_last_across, self.col_words, words_left - words)),
            ]
        with m.If(self.start):
            m.d.sync += [tile.eq(0), first_word.eq(0), words_left.eq(self.col_words)]
        return m
