"""Counts the array tiles of a command: along the columns of the tile first, then down its rows or from fold to fold."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.design import ArrayConfig
from heddle.arch.instructions import ELEMENT_BITS
from heddle.arch.isa import COUNT_BITS, INTERLEAVE_BITS

#: Columns that the next array tile begins at may lie a tile beyond the last.
COLUMN_BITS = ELEMENT_BITS + 1


class TileCounter(wiring.Component):
    """Where a command stands among its array tiles.

    Ports
    -----
    ws : Signal(1); interleave_cols, tiles, cols : in
        Those of the computation; constant between two ``start``.
    start, step : Signal(1), in
        Begin with the first tile, or go on to the next.
    is_last_across, is_last : Signal(1), out
        The tile is the last along the columns, and the last of all.
    column : ``COLUMN_BITS``, out
        The tile's first column.

    Latency 1 clock, throughput a step a clock.
    """

    def __init__(self, array: ArrayConfig) -> None:
        self.array = array
        super().__init__(
            {
                "ws": In(1),
                "interleave_cols": In(INTERLEAVE_BITS),
                "tiles": In(COUNT_BITS),
                "cols": In(ELEMENT_BITS),
                "start": In(1),
                "step": In(1),
                "is_last_across": Out(1),
                "is_last": Out(1),
                "column": Out(COLUMN_BITS),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """An array tile has C columns in WS, and C x ``interleave_cols`` in OS."""
        m = Module()
        tile, column = Signal(COUNT_BITS, reset_less=True), Signal(COLUMN_BITS, reset_less=True)
        width = self.array.cols * Mux(self.ws, 1, self.interleave_cols)
        following = Signal(COLUMN_BITS + 1)
        m.d.comb += [
            following.eq(column + width),
            self.column.eq(column),
            self.is_last_across.eq(following >= self.cols),
            self.is_last.eq(tile == self.tiles - 1),
        ]
        with m.If(self.step):
            m.d.sync += [tile.eq(tile + 1), column.eq(Mux(self.is_last_across, 0, following))]
        with m.If(self.start):
            m.d.sync += [tile.eq(0), column.eq(0)]
        return m
