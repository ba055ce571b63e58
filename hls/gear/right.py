"""Right gearbox: the bytes of a tile's slots become words of the array's columns; and the indices that are counted."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.arch.instructions import ELEMENT_BITS, PLACE_BITS
from heddle.arch.nm import index_bits
from heddle.hls.axi.channels import AxiShape
from heddle.hls.axi.stretches import word_layout
from heddle.hls.gear.rows import RowCuts, largest_part
from heddle.hls.gear.slicer import Slicer, piece_layout
from heddle.hls.stream.handshake import assert_stable, transfer

#: Indices of a slot begin at a whole byte, as LOAD has it; wider elements at an element.
ROW_BITS = 8

#: A tile as LOAD has it: its pixels are slots of the reduction, their elements those of the tile's columns.
RIGHT_SETTINGS = data.StructLayout({"pixels": PLACE_BITS, "elements": ELEMENT_BITS})


def counted_settings(group_m: int) -> data.StructLayout:
    """A tile as LOAD has it, with the slots of a group (1 to ``group_m``)."""
    return data.StructLayout({"pixels": PLACE_BITS, "elements": ELEMENT_BITS, "group_elements": range(group_m + 1)})


def columns_layout(element_bits: int, cols: int) -> data.StructLayout:
    """An element for each of the array's columns, zeros where the slot has none; ``last``: the tile's last word."""
    return data.StructLayout({"columns": data.ArrayLayout(element_bits, cols), "last": 1})


class WordCollector(wiring.Component):
    """Puts words of ``parts`` equal pieces together; where a row ends early, zeros are in the places that are left.

    Ports:
        pieces : stream of ``piece_layout`` of ``part`` elements, in
        words : stream of ``columns_layout`` of ``parts`` x ``part`` columns, out

    Latency ``latency`` = 1 clock from a word's last piece. Throughput one piece a clock. ``pieces.ready`` follows
    ``words.ready`` combinationally.
    """

    latency = 1

    def __init__(self, element_bits: int, part: int, parts: int) -> None:
        self.part_bits = element_bits * part
        self.parts = parts
        super().__init__(
            {
                "pieces": In(stream.Signature(piece_layout(element_bits, part))),
                "words": Out(stream.Signature(columns_layout(element_bits, part * parts))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """The first piece clears the places of the others."""
        m = Module()
        piece = self.pieces.payload
        place = Signal(range(self.parts))
        whole = piece.cut.ends | (place == self.parts - 1)
        columns = self.words.payload.columns.as_value()
        m.d.comb += self.pieces.ready.eq(~self.words.valid | self.words.ready)
        with m.If(transfer(self.words)):
            m.d.sync += self.words.valid.eq(0)
        with m.If(transfer(self.pieces)):
            m.d.sync += [
                self.words.valid.eq(whole),
                self.words.payload.last.eq(piece.cut.last),
                place.eq(Mux(whole, 0, place + 1)),
            ]
            for each in range(self.parts):
                with m.If((place == each) | (place == 0)):
                    own = Mux(place == each, piece.elements.as_value(), 0)
                    m.d.sync += columns.word_select(each, self.part_bits).eq(own)
        assert_stable(m, self.words)
        return m


class RightGearbox(wiring.Component):
    """Lays the slots of a tile down in words of ``cols`` columns, as LOAD says for the weight buffer.

    One of these is for the values. One of ``index_bits(M)`` bits an element is for the plane of packed indices, whose
    slots begin at whole bytes.

    Ports:
        settings : stream of ``RIGHT_SETTINGS``, in: one for each transfer, in the transfers' order
        words : stream of ``word_layout``, in: the bytes of the tile's slots; a tile of nothing has no word
        columns : stream of ``columns_layout``, out: a slot's first ``cols`` elements, then the next, zeros at its end

    Throughput: ``part`` columns a clock, the most that divide ``cols`` and are in a bus word. So where the columns are
    in a bus word, that is a word a clock or the bus's full rate, whichever is less. A tile follows without a gap; a
    clock is lost where its last piece began in the bus word before the last.

    Latency: at most ``latency`` = 3 clocks from the last bus word of the columns, 4 where they have several parts.
    From the settings to the first part ``settings_latency`` = 3 or 4 clocks.
    """

    def __init__(self, cols: int, element_bits: int, port: AxiShape) -> None:
        """``element_bits``: whole bytes, or less than one. Raises ValueError where a bus word has no element."""
        self.row_bits = max(ROW_BITS, element_bits)
        # What stands between two slots is less than ROW_BITS, and a piece takes it along.
        room = 8 * port.data_bytes - (ROW_BITS - 1 if element_bits < ROW_BITS else 0)
        if room < element_bits:
            raise ValueError(f"an element of {element_bits} bits is more than a word of {port.data_bytes} bytes")
        self.part = largest_part(cols, room // element_bits)
        self.parts = cols // self.part
        self.element_bits = element_bits
        self.port = port
        self.latency = Slicer.latency + (WordCollector.latency if self.parts > 1 else 0)
        self.settings_latency = RowCuts.latency + 1 + (self.latency - Slicer.latency)
        super().__init__(
            {
                "settings": In(stream.Signature(RIGHT_SETTINGS)),
                "words": In(stream.Signature(word_layout(port))),
                "columns": Out(stream.Signature(columns_layout(element_bits, cols))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Settings to cuts; bytes and cuts to pieces; pieces to words, or they are words already."""
        m = Module()
        m.submodules.cuts = cuts = RowCuts(self.part)
        m.submodules.slicer = slicer = Slicer(self.port, self.element_bits, self.part, row_bits=self.row_bits)
        m.d.comb += [
            cuts.rows.valid.eq(self.settings.valid),
            cuts.rows.payload.rows.eq(self.settings.payload.pixels),
            cuts.rows.payload.elements.eq(self.settings.payload.elements),
            cuts.rows.payload.most.eq(self.part),
            self.settings.ready.eq(cuts.rows.ready),
        ]
        connect(m, cuts.cuts, slicer.cuts)
        connect(m, flipped(self.words), slicer.words)
        if self.parts > 1:
            m.submodules.collector = collector = WordCollector(self.element_bits, self.part, self.parts)
            connect(m, slicer.pieces, collector.pieces)
            connect(m, collector.words, flipped(self.columns))
            return m
        m.d.comb += [
            self.columns.valid.eq(slicer.pieces.valid),
            self.columns.payload.columns.eq(slicer.pieces.payload.elements),
            self.columns.payload.last.eq(slicer.pieces.payload.cut.last),
            slicer.pieces.ready.eq(self.columns.ready),
        ]
        return m


class IndexCounter(wiring.Component):
    """Gives the indices of a tile whose indices are not packed: slot s counts as s modulo ``group_elements``.

    Ports:
        settings : stream of ``counted_settings``, in: one for each transfer
        columns : stream of ``columns_layout``, out: as many words as the values have; a word has the same index in all
            columns, those past the slot's end too

    Latency ``latency`` = 2 clocks from the settings, throughput one word a clock, tiles without a gap.
    """

    latency = RowCuts.latency

    def __init__(self, cols: int, group_m: int) -> None:
        self.cols = cols
        self.group_m = group_m
        super().__init__(
            {
                "settings": In(stream.Signature(counted_settings(group_m))),
                "columns": Out(stream.Signature(columns_layout(index_bits(group_m), cols))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Count the rows' ends."""
        m = Module()
        m.submodules.cuts = cuts = RowCuts(self.cols, tag=range(self.group_m + 1))
        settings, rows, cut = self.settings.payload, cuts.rows.payload, cuts.cuts.payload
        index = Signal(index_bits(self.group_m))
        m.d.comb += [
            cuts.rows.valid.eq(self.settings.valid),
            rows.rows.eq(settings.pixels),
            rows.elements.eq(settings.elements),
            rows.most.eq(self.cols),
            rows.tag.eq(settings.group_elements),
            self.settings.ready.eq(cuts.rows.ready),
            self.columns.valid.eq(cuts.cuts.valid),
            self.columns.payload.columns.as_value().eq(index.replicate(self.cols)),
            self.columns.payload.last.eq(cut.last),
            cuts.cuts.ready.eq(self.columns.ready),
        ]
        with m.If(transfer(self.columns) & cut.ends):
            m.d.sync += index.eq(Mux(cut.last | (index == cut.tag - 1), 0, index + 1))
        assert_stable(m, self.columns)
        return m
