"""Left gearbox: the bytes of a tile's pixels become activation groups, several a clock."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.arch.instructions import ELEMENT_BITS, PLACE_BITS
from heddle.hls.axi.channels import AxiShape
from heddle.hls.axi.stretches import word_layout
from heddle.hls.gear.rows import RowCuts, rows_layout
from heddle.hls.gear.slicer import Slicer, piece_layout
from heddle.hls.stream.handshake import assert_stable

#: Elements of a whole tile: those of all its pixels.
TILE_ELEMENT_BITS = PLACE_BITS + ELEMENT_BITS


def left_settings(group_m: int) -> data.StructLayout:
    """A tile as LOAD has it: pixels, elements of each, and elements of a group (1 to ``group_m``)."""
    return data.StructLayout({"pixels": PLACE_BITS, "elements": ELEMENT_BITS, "group_elements": range(group_m + 1)})


def groups_layout(operand_bits: int, group_m: int, lanes: int) -> data.StructLayout:
    """``count`` consecutive groups from the lowest lane on, each with zeros up to M; ``last``: the tile's last."""
    group = data.ArrayLayout(operand_bits, group_m)
    return data.StructLayout({"groups": data.ArrayLayout(group, lanes), "count": range(lanes + 1), "last": 1})


class WholeGroups(wiring.Component):
    """Says what a word of groups may not reach past: nothing but the tile's end, where its groups are all whole.

    Ports:
        settings : stream of ``left_settings``, in
        rows : stream of ``rows_layout``, out: the tile as one row where ``group_elements`` divides ``elements``, else
            a row a pixel; ``most`` is ``lanes`` groups, ``tag`` is ``group_elements``

    Latency: 1 clock and one for each bit of ``elements`` (at most ``latency`` = 19): the product with ``pixels`` and
    the remainder are added up bit by bit. It takes the next tile when this one is taken.
    """

    latency = 1 + ELEMENT_BITS

    def __init__(self, group_m: int, lanes: int) -> None:
        self.group_m = group_m
        self.lanes = lanes
        super().__init__(
            {
                "settings": In(stream.Signature(left_settings(group_m))),
                "rows": Out(stream.Signature(rows_layout(lanes * group_m, TILE_ELEMENT_BITS, range(group_m + 1)))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Take the tile, go through the bits of ``elements``, offer the rows."""
        m = Module()
        held = Signal(left_settings(self.group_m), reset_less=True)
        bits = Signal(ELEMENT_BITS, reset_less=True)  # of ``elements``, those that are not added yet
        product, multiple = (Signal(TILE_ELEMENT_BITS, reset_less=True, name=name) for name in ("product", "multiple"))
        # Modulo ``group_elements``: the remainder so far, and the power of two that the next bit is worth.
        rest, power = (Signal(range(self.group_m), reset_less=True, name=name) for name in ("rest", "power"))
        with m.FSM():
            with m.State("IDLE"):
                tile = self.settings.payload
                m.d.comb += self.settings.ready.eq(1)
                m.d.sync += [held.eq(tile), bits.eq(tile.elements), product.eq(0), multiple.eq(tile.pixels)]
                m.d.sync += [rest.eq(0), power.eq(1)]
                with m.If(self.settings.valid):
                    m.next = "ADD"
            with m.State("ADD"):
                m.d.sync += [bits.eq(bits >> 1), multiple.eq(multiple << 1), power.eq(self._mod(power << 1, held))]
                with m.If(bits[0]):
                    m.d.sync += [product.eq(product + multiple), rest.eq(self._mod(rest + power, held))]
                with m.If(bits[1:] == 0):
                    m.next = "OFFER"
            with m.State("OFFER"):
                m.d.comb += self.rows.valid.eq(1)
                with m.If(self.rows.ready):
                    m.next = "IDLE"
        whole = rest == 0
        m.d.comb += [
            self.rows.payload.rows.eq(Mux(whole, 1, held.pixels)),
            self.rows.payload.elements.eq(Mux(whole, product, held.elements)),
            self.rows.payload.most.eq(held.group_elements * self.lanes),
            self.rows.payload.tag.eq(held.group_elements),
        ]
        assert_stable(m, self.rows)
        return m

    def _mod(self, value: Value, held: data.View) -> Value:
        """``value``, less than twice ``group_elements``, modulo it."""
        return Mux(value >= held.group_elements, value - held.group_elements, value)


class GroupSpread(wiring.Component):
    """Spreads a piece of up to ``lanes`` groups: each to a lane of its own, with zeros up to M.

    Ports:
        pieces : stream of ``piece_layout`` of ``lanes`` x M elements, in; ``cut.tag`` is ``group_elements``
        groups : stream of ``groups_layout``, out

    Latency ``latency`` = 1 clock, throughput one piece a clock. ``pieces.ready`` follows ``groups.ready``
    combinationally.
    """

    latency = 1

    def __init__(self, operand_bits: int, group_m: int, lanes: int) -> None:
        self.operand_bits = operand_bits
        self.group_m = group_m
        self.lanes = lanes
        super().__init__(
            {
                "pieces": In(stream.Signature(piece_layout(operand_bits, lanes * group_m, range(group_m + 1)))),
                "groups": Out(stream.Signature(groups_layout(operand_bits, group_m, lanes))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Lane l begins at element l x ``group_elements``: a choice of M for each element."""
        m = Module()
        piece = self.pieces.payload
        groups = Signal(self.groups.payload.shape())
        m.d.comb += [
            self.pieces.ready.eq(~self.groups.valid | self.groups.ready),
            groups.last.eq(piece.cut.last),
        ]
        with m.Switch(piece.cut.tag):
            for elements in range(1, self.group_m + 1):
                with m.Case(elements):
                    begun = [piece.cut.count > lane * elements for lane in range(self.lanes)]
                    m.d.comb += groups.count.eq(sum(begun))
                    for lane in range(self.lanes):
                        own = piece.elements.as_value()[lane * elements * self.operand_bits :][
                            : elements * self.operand_bits
                        ]
                        m.d.comb += groups.groups[lane].eq(own)
        with m.If(self.pieces.ready):
            m.d.sync += [self.groups.valid.eq(self.pieces.valid), self.groups.payload.eq(groups)]
        assert_stable(m, self.groups)
        return m


class LeftGearbox(wiring.Component):
    """Lays the pixels of a tile down in groups of ``group_elements``, as LOAD says for the activation buffer.

    Ports:
        settings : stream of ``left_settings``, in: one for each transfer, in the transfers' order
        words : stream of ``word_layout``, in: the bytes of the tile's pixels; a tile of nothing has no word
        groups : stream of ``groups_layout``, out: up to ``lanes`` groups, as many as fill a bus word at M elements

    A word has ``lanes`` groups, except where the tile or a group of less than ``group_elements`` ends. So elements
    that divide into groups of M come at the bus's full rate, and smaller groups at ``lanes`` a clock.

    Latency: at most 4 clocks from the last word of the groups (``latency``), and at most 23 from the settings to the
    first groups (``settings_latency``). While a tile passes, the settings of the next two are taken. A tile follows
    without a gap, except that it waits for its settings where the tile before takes fewer clocks than they do (2 and
    one for each bit of ``elements``), and that a clock is lost where the last piece began in the word before the last.
    """

    latency = Slicer.latency + GroupSpread.latency
    settings_latency = WholeGroups.latency + RowCuts.latency + 1 + GroupSpread.latency

    def __init__(self, operand_bits: int, group_m: int, port: AxiShape) -> None:
        """``group_m`` a power of two. Raises ValueError where a bus word has less than a group."""
        self.lanes = 8 * port.data_bytes // (operand_bits * group_m)
        if self.lanes < 1:
            raise ValueError(
                f"a group of {group_m} x {operand_bits} bits is more than a word of {port.data_bytes} bytes"
            )
        self.operand_bits = operand_bits
        self.group_m = group_m
        self.port = port
        super().__init__(
            {
                "settings": In(stream.Signature(left_settings(group_m))),
                "words": In(stream.Signature(word_layout(port))),
                "groups": Out(stream.Signature(groups_layout(operand_bits, group_m, self.lanes))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Settings to rows to cuts; bytes and cuts to pieces to groups."""
        m = Module()
        most = self.lanes * self.group_m
        m.submodules.whole = whole = WholeGroups(self.group_m, self.lanes)
        m.submodules.cuts = cuts = RowCuts(most, TILE_ELEMENT_BITS, range(self.group_m + 1))
        m.submodules.slicer = slicer = Slicer(self.port, self.operand_bits, most, range(self.group_m + 1))
        m.submodules.spread = spread = GroupSpread(self.operand_bits, self.group_m, self.lanes)
        connect(m, flipped(self.settings), whole.settings)
        connect(m, whole.rows, cuts.rows)
        connect(m, cuts.cuts, slicer.cuts)
        connect(m, flipped(self.words), slicer.words)
        connect(m, slicer.pieces, spread.pieces)
        connect(m, spread.groups, flipped(self.groups))
        return m
