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
    first_word : ``WORD_BITS``, out
        Where the tile begins, in words of the array's columns.

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
            }
        )

    def elaborate(self, platform: object) -> Module:
        """An array tile has one word of columns in WS, and ``interleave_cols`` of them in OS."""
        m = Module()
        tile, first_word = Signal(COUNT_BITS, reset_less=True), Signal(WORD_BITS, reset_less=True)
        following = Signal(WORD_BITS)
        m.d.comb += [
            following.eq(first_word + Mux(self.ws, 1, self.interleave_cols)),
            self.first_word.eq(first_word),
            self.is_last_across.eq(following >= self.col_words),
            self.is_last.eq(tile == self.tiles - 1),
        ]
        with m.If(self.step):
            m.d.sync += [tile.eq(tile + 1), first_word.eq(Mux(self.is_last_across, 0, following))]
        with m.If(self.start):
            m.d.sync += [tile.eq(0), first_word.eq(0)]
        return m
