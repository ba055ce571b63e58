"""Rows of elements, and the cuts that a gearbox makes in them.

A row is what a word may not reach past: a pixel, a slot of the reduction, a row of results. Its elements come and go
packed, row behind row, and a cut says how many of them the next word has.
"""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.instructions import ELEMENT_BITS, PLACE_BITS
from heddle.hls.stream.handshake import assert_stable, transfer


def rows_layout(most: int, element_bits: int = ELEMENT_BITS) -> data.StructLayout:
    """``rows`` rows of ``elements`` elements each, to be cut into up to ``most`` elements, itself up to that many."""
    return data.StructLayout({"rows": PLACE_BITS, "elements": element_bits, "most": range(most + 1)})


def cut_layout(most: int) -> data.StructLayout:
    """``count`` elements of a row, of ``most`` at a time; ``ends``: the row's last ones; ``last``: the last of all."""
    return data.StructLayout({"count": range(most + 1), "most": range(most + 1), "ends": 1, "last": 1})


class RowCuts(wiring.Component):
    """Cuts rows: ``most`` elements at a time, and at a row's end what is left of it.

    Ports:
        rows : stream of ``rows_layout``, in; rows of nothing, or none, are taken and give no cut
        cuts : stream of ``cut_layout``, out

    Latency ``latency`` = 2 clocks from rows to their first cut. Throughput one cut a clock, the first cut of the next
    rows right behind the last one of these. ``rows.ready`` follows ``cuts.ready`` combinationally.
    """

    latency = 2

    def __init__(self, most: int, element_bits: int = ELEMENT_BITS) -> None:
        self.most = most
        self.element_bits = element_bits
        super().__init__(
            {
                "rows": In(stream.Signature(rows_layout(most, element_bits))),
                "cuts": Out(stream.Signature(cut_layout(most))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """What is left of the row, and whether that is all, in registers, so that no comparison is on the way."""
        m = Module()
        held = Signal(rows_layout(self.most, self.element_bits), reset_less=True)
        left = Signal(self.element_bits, reset_less=True)  # elements of the row that are in no cut yet
        ends = Signal(reset_less=True)  # they fit into one cut
        single = Signal(reset_less=True)  # a whole row does
        present, cuts = Signal(), Signal()
        cut = Signal(cut_layout(self.most))
        rows = self.rows.payload
        m.d.comb += [
            cut.ends.eq(ends),
            cut.last.eq(ends & (held.rows == 1)),
            cut.most.eq(held.most),
            cut.count.eq(Mux(ends, left, held.most)),
            cuts.eq(present & (~self.cuts.valid | self.cuts.ready)),
            self.rows.ready.eq(~present | (cuts & cut.last)),
        ]
        with m.If(transfer(self.cuts)):
            m.d.sync += self.cuts.valid.eq(0)
        with m.If(cuts):
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
