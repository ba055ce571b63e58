"""Rows of elements, and the cuts that a gearbox makes in them.

A row is what a word may not reach past: a pixel, a slot of the reduction, a row of results. Its elements come and go
packed, row behind row, and a cut says how many of them the next word has.
"""

from __future__ import annotations

from amaranth.hdl import Module, Mux, ShapeLike, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.instructions import ELEMENT_BITS, PLACE_BITS
from heddle.hls.stream.handshake import assert_stable, transfer


def rows_layout(most: int, element_bits: int = ELEMENT_BITS, tag: ShapeLike | None = None) -> data.StructLayout:
    """``rows`` rows of ``elements`` elements, to be cut after each ``most``, itself up to that; ``tag`` the user's."""
    return _tagged({"rows": PLACE_BITS, "elements": element_bits, "most": range(most + 1)}, tag)


def cut_layout(most: int, tag: ShapeLike | None = None) -> data.StructLayout:
    """``count`` elements of a row; ``ends``: the row's last ones; ``last``: the last of all rows; ``tag`` the rows'."""
    return _tagged({"count": range(most + 1), "ends": 1, "last": 1}, tag)


def _tagged(fields: dict[str, ShapeLike], tag: ShapeLike | None) -> data.StructLayout:
    """No tag is no field: one of no bits would be a vector that begins below its end in Verilog."""
    return data.StructLayout(fields if tag is None else {**fields, "tag": tag})


def largest_part(cols: int, most: int) -> int:
    """Return the largest number of up to ``most`` that divides ``cols``: the columns of one of a word's equal parts."""
    return next(part for part in range(min(cols, most), 0, -1) if cols % part == 0)


class RowCuts(wiring.Component):
    """Cuts rows: ``most`` elements at a time, and at a row's end what is left of it.

    Ports:
        rows : stream of ``rows_layout``, in; rows of nothing, or none, are taken and give no cut
        cuts : stream of ``cut_layout``, out

    Latency ``latency`` = 2 clocks from rows to their first cut. Throughput one cut a clock, the first cut of the next
    rows right behind the last one of these. ``rows.ready`` follows ``cuts.ready`` combinationally.
    """

    latency = 2

    def __init__(self, most: int, element_bits: int = ELEMENT_BITS, tag: ShapeLike | None = None) -> None:
        self.taken = rows_layout(most, element_bits, tag)
        self.given = cut_layout(most, tag)
        super().__init__(
            {
                "rows": In(stream.Signature(self.taken)),
                "cuts": Out(stream.Signature(self.given)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """What is left of the row, and whether that is all, in registers, so that no comparison is on the way."""
        m = Module()
        held = Signal(self.taken, reset_less=True)
        left = Signal.like(Value.cast(held.elements), reset_less=True)  # elements of the row that are in no cut yet
        ends = Signal(reset_less=True)  # they fit into one cut
        single = Signal(reset_less=True)  # a whole row does
        present, moves = Signal(), Signal()
        cut = Signal(self.given)
        rows = self.rows.payload
        m.d.comb += [
            cut.ends.eq(ends),
            cut.last.eq(ends & (held.rows == 1)),
            cut.count.eq(Mux(ends, left, held.most)),
            moves.eq(present & (~self.cuts.valid | self.cuts.ready)),
            self.rows.ready.eq(~present | (moves & cut.last)),
        ]
        if "tag" in self.given.members:
            m.d.comb += cut.tag.eq(held.tag)
        with m.If(transfer(self.cuts)):
            m.d.sync += self.cuts.valid.eq(0)
        with m.If(moves):
            m.d.sync += [
                self.cuts.valid.eq(1),
                self.cuts.payload.eq(cut),
                left.eq(Mux(ends, held.elements, left - held.most)),
                ends.eq(Mux(ends, single, left <= held.most << 1)),
                held.rows.eq(held.rows - ends),
                present.eq(~cut.last),
            ]
        with m.If(transfer(self.rows)):
            fits = rows.elements <= rows.most
            m.d.sync += [held.eq(rows), left.eq(rows.elements), ends.eq(fits), single.eq(fits)]
            m.d.sync += present.eq((rows.rows != 0) & (rows.elements != 0))
        assert_stable(m, self.cuts)
        return m
