"""The loops around a read of the left operand, and how they move the walks over rows and over slots."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.design import Design
from heddle.arch.isa import COUNT_BITS
from heddle.hls.control.instruction import COMPUTE
from heddle.hls.feed.order import last_output
from heddle.hls.layout import below

#: What moves the walks with a read, and what the read is. ``restore`` and ``save`` are those of the walks' ports.
MOVES = data.StructLayout(
    {
        "reads_pixel": 1,  # turned: the read is of a pixel, one of the M of its groups
        "ends_group": 1,  # the read is the last of its groups
        "ends_word": 1,  # the groups are those of the word's last rows
        "ends_chunk": 1,
        "ends_tile": 1,  # the read is the last of its array tile
        "next_row": 1,
        "restore_rows": 1,
        "save_rows": 1,
        "next_group": 1,
        "restore_slots": 1,
        "save_slots": 1,
    }
)


class LeftLoops(wiring.Component):
    """Counts reads, from the innermost loop: pixels of a group (turned), parts of a word, then as the dataflow has it.

    OS: the words of a chunk, one for each of a PE's outputs along rows; chunks; array tiles along the columns, for
    which rows and slots begin anew; array tiles down the rows. WS: rows of the tile, each a chunk; array tiles along
    the columns, then from fold to fold of the slots.

    Ports
    -----
    compute : COMPUTE, in
        Constant between two ``start``.
    start : Signal(1), in
        Begin.
    moves : Signal(1), in
        The read is made.
    is_last_across : Signal(1), in
        Its array tile is the last along the columns.
    is_beyond : Signal(1), in
        Turned: the walk over taps is beyond the tile, so nothing is read.
    ends_rows, ends_taps, keeps_group : Signal(1), in
        Of the groups that the read is for: they end the word; OS: they end the taps of the tile; WS: the last of them
        is needed again.
    ends_pixels : Signal(1), in
        Turned: so does the group of pixels end those of the tile.
    flags : MOVES, out
        Of the read that comes: with ``moves`` they take effect.
    last_output : out
        OS: number of the last of a PE's outputs along rows.

    Latency 1 clock, throughput a read a clock.
    """

    def __init__(self, design: Design) -> None:
        self.design = design
        names = (
            "start",
            "moves",
            "is_last_across",
            "is_beyond",
            "ends_rows",
            "ends_taps",
            "keeps_group",
            "ends_pixels",
        )
        members = {"compute": In(COMPUTE), **{name: In(1) for name in names}, "flags": Out(MOVES)}
        super().__init__({**members, "last_output": Out(below(design.array.interleave))})

    def elaborate(self, platform: object) -> Module:
        """Ends of loops, then what they mean for rows and slots."""
        m = Module()
        in_ws, turned, flags = self.compute.command.ws, self.compute.walk.turned, self.flags
        m.d.comb += self.last_output.eq(last_output(m, self.design.array, self.compute.command.interleave_cols))
        reads_pixel = turned & ~self.is_beyond
        ends_group = ~reads_pixel | self._count(m, reads_pixel, self.design.sparsity.m - 1, "pixel")
        ends_word = ends_group & self.ends_rows
        ends_chunk = ends_word & (in_ws | self._count(m, ends_word & ~in_ws, self.last_output, "output"))
        ends_step = Mux(in_ws, self._last_row(m, ends_word), Mux(turned, self.ends_pixels, self.ends_taps))
        ends_tile = ends_chunk & ends_step
        ends_across = ends_tile & self.is_last_across
        m.d.comb += [
            flags.reads_pixel.eq(reads_pixel),
            flags.ends_group.eq(ends_group),
            flags.ends_word.eq(ends_word),
            flags.ends_chunk.eq(ends_chunk),
            flags.ends_tile.eq(ends_tile),
            flags.next_row.eq(Mux(in_ws, ends_word, ends_group)),
            flags.restore_rows.eq(Mux(in_ws, ends_tile, ends_chunk & ~ends_across)),
            flags.save_rows.eq(~in_ws & ends_across),
            flags.next_group.eq(Mux(in_ws, ends_group & ~(turned & self.keeps_group), ends_chunk)),
            flags.restore_slots.eq(Mux(in_ws, ends_chunk & ~ends_across, ends_tile)),
            flags.save_slots.eq(in_ws & ends_across),
        ]
        return m

    def _count(self, m: Module, counts: Value, last: Value | int, name: str) -> Value:
        """Whether the read is the last, number ``last``, of those that count."""
        number = Signal(below(last + 1) if isinstance(last, int) else last.shape(), name=name)
        is_last: Value = number == last
        with m.If(self.moves & counts):
            m.d.sync += number.eq(Mux(is_last, 0, number + 1))
        with m.If(self.start):
            m.d.sync += number.eq(0)
        return is_last

    def _last_row(self, m: Module, ends_word: Value) -> Value:
        """WS: whether the word is that of the tile's last row."""
        left = Signal(COUNT_BITS, name="rows_left")
        is_last: Value = left == 1
        with m.If(self.moves & ends_word):
            m.d.sync += left.eq(Mux(is_last, self.compute.command.length, left - 1))
        with m.If(self.start):
            m.d.sync += left.eq(self.compute.command.length)
        return is_last
