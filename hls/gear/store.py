"""Store gearbox: words of FP32 sums become the packed bytes of the rows that are stored."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth.hdl import Array, Cat, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.arch.formats import FP32, FloatFormat
from heddle.arch.instructions import ELEMENT_BITS, PLACE_BITS
from heddle.hls.axi.channels import AxiShape, Response
from heddle.hls.axi.packer import Packer, loaded_beat_layout
from heddle.hls.axi.rotator import rotation_clocks
from heddle.hls.axi.stretches import STEP_BYTES, word_layout
from heddle.hls.fp.narrower import Narrower
from heddle.hls.gear.rows import RowCuts, cut_layout, largest_part
from heddle.hls.layout import below
from heddle.hls.stream.delay import flags, registers
from heddle.hls.stream.handshake import assert_stable, transfer

#: What a cut says beside its count: FP32, not narrowed.
WIDE = data.StructLayout({"wide": 1})
#: A tile as STORE has it: its rows are pixels.
STORE_SETTINGS = data.StructLayout({"pixels": PLACE_BITS, "elements": ELEMENT_BITS, "wide": 1})


@dataclass(frozen=True)
class StoreShape:
    """Sums of ``cols`` columns, stored in the format ``operand`` or as they are, through ``port``.

    Raises ValueError where ``cols`` is less than 1.
    """

    cols: int
    operand: FloatFormat
    port: AxiShape
    narrower_stages: int = 2

    def __post_init__(self) -> None:
        if self.cols < 1:
            raise ValueError(f"sums of {self.cols} columns")

    @property
    def narrow_part(self) -> int:
        """Columns that are narrowed in one clock: they divide a word of sums and are in a bus word."""
        return largest_part(self.cols, self.port.data_bytes // self.operand.width_bytes)

    @property
    def wide_part(self) -> int:
        """The same in FP32. A bus word has one at least: the port says so."""
        return largest_part(self.cols, self.port.data_bytes // FP32.width_bytes)

    @property
    def sums(self) -> data.ArrayLayout:
        """A word of sums."""
        return data.ArrayLayout(FP32.width, self.cols)


class SumsNarrower(wiring.Component):
    """Takes parts of the words of sums, as cuts say, and narrows them: each part becomes the bytes of a beat.

    Ports:
        sums : stream of ``StoreShape.sums``, in: a row's first elements, then the next, then the next row's
        cuts : stream of ``cut_layout`` with ``WIDE``, in: of up to ``narrow_part``, or ``wide_part`` where wide
        beats : stream of ``loaded_beat_layout``, out: bytes from the lowest on; ``response`` is OKAY

    A word of sums leaves with its last part, or with its row's end.

    Latency ``latency`` clocks, the narrowers', throughput one part a clock. All stages advance together while a beat
    can leave, so ``sums.ready`` and ``cuts.ready`` follow ``beats.ready`` combinationally.
    """

    def __init__(self, shape: StoreShape) -> None:
        self.shape = shape
        self.latency = shape.narrower_stages
        super().__init__(
            {
                "sums": In(stream.Signature(shape.sums)),
                "cuts": In(stream.Signature(cut_layout(shape.narrow_part, WIDE))),
                "beats": Out(stream.Signature(loaded_beat_layout(shape.port))),
            }
        )
        self.place = Signal(below(shape.cols // shape.wide_part))  # of the part, in its word

    def elaborate(self, platform: object) -> Module:
        """Choose a part; narrow it, and let the wide one wait as long; choose between the two."""
        m = Module()
        beat, moves = self.beats.payload, Signal()
        self._take(m, moves)
        wide = self._waiting(m, self._part(self.shape.wide_part), moves, "wide")
        narrow = self._narrowed(m, self._part(self.shape.narrow_part), moves)
        said = self._said(m, moves)
        m.d.comb += [
            moves.eq(~self.beats.valid | self.beats.ready),
            self.beats.valid.eq(flags(m, transfer(self.cuts), self.latency, moves, name="arrived")),
            beat.data.eq(Mux(said.wide, wide, narrow)),
            beat.bytes.eq(said.bytes),
            beat.last.eq(said.last),
            beat.response.eq(Response.OKAY),
        ]
        assert_stable(m, self.beats)
        return m

    def _take(self, m: Module, moves: Value) -> None:
        """Take a cut with its sums, and the sums' word once its last part is taken."""
        cut, shape = self.cuts.payload, self.shape
        last_place = Mux(cut.tag.wide, shape.cols // shape.wide_part - 1, shape.cols // shape.narrow_part - 1)
        spent = cut.ends | (self.place == last_place)
        m.d.comb += [
            self.cuts.ready.eq(moves & self.sums.valid),
            self.sums.ready.eq(moves & self.cuts.valid & spent),
        ]
        with m.If(transfer(self.cuts)):
            m.d.sync += self.place.eq(Mux(spent, 0, self.place + 1))

    def _part(self, cols: int) -> Value:
        """The part of so many columns that is at its place."""
        word = self.sums.payload.as_value()
        return Array(word.word_select(part, cols * FP32.width) for part in range(self.shape.cols // cols))[self.place]

    def _narrowed(self, m: Module, part: Value, moves: Value) -> Value:
        """The sums of a part in the operand format, ``latency`` moves later."""
        chosen = Signal(len(part), name="narrow_part")
        m.d.comb += chosen.eq(part)
        narrow = []
        for col in range(self.shape.narrow_part):
            m.submodules[f"narrower_{col}"] = narrower = Narrower(self.shape.operand, stages=self.latency)
            m.d.comb += [narrower.en.eq(moves), narrower.wide.eq(chosen.word_select(col, FP32.width))]
            narrow.append(narrower.narrow)
        return Cat(narrow)

    def _said(self, m: Module, moves: Value) -> data.View:
        """What the cut says of its beat, ``latency`` moves later."""
        cut, beat = self.cuts.payload, self.beats.payload
        layout = data.StructLayout({"bytes": beat.bytes.shape(), "last": 1, "wide": 1})
        said = Signal(layout)
        m.d.comb += [
            said.bytes.eq(cut.count * Mux(cut.tag.wide, FP32.width_bytes, self.shape.operand.width_bytes)),
            said.last.eq(cut.last),
            said.wide.eq(cut.tag.wide),
        ]
        return layout(self._waiting(m, said.as_value(), moves, "said"))

    def _waiting(self, m: Module, value: Value, moves: Value, name: str) -> Value:
        return registers(m, value, self.latency, moves, name=name)


class StoreGearbox(wiring.Component):
    """Makes the bytes of a tile that is stored: rows packed one behind the other, in the operand format or FP32.

    Ports:
        settings : stream of ``STORE_SETTINGS``, in: one for each transfer, in the transfers' order
        sums : stream of ``StoreShape.sums``, in: a row's first elements, then the next, then the next row's
        words : stream of ``word_layout``, out; a tile of nothing has no word

    What a word of sums has past its row's end is passed over.

    Throughput: ``narrow_part`` columns a clock, or ``wide_part`` where ``wide`` (``StoreShape``). So rows of whole
    words come at the bus's full rate where ``cols`` fill it. A tile follows without a gap, except where the one before
    ends in a word that its last part begins: that word takes a clock of its own.

    Latency: ``latency`` clocks from the sums that fill a word to the word (narrowing, shifting to the bytes' place,
    putting words together), and at least ``settings_latency`` from the settings.
    """

    def __init__(self, shape: StoreShape) -> None:
        self.shape = shape
        self.latency = shape.narrower_stages + rotation_clocks(shape.port.data_bytes // STEP_BYTES) + 1
        self.settings_latency = RowCuts.latency + self.latency
        super().__init__(
            {
                "settings": In(stream.Signature(STORE_SETTINGS)),
                "sums": In(stream.Signature(shape.sums)),
                "words": Out(stream.Signature(word_layout(shape.port))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Settings to cuts; cuts and sums to beats; beats to words."""
        m = Module()
        shape, settings = self.shape, self.settings.payload
        m.submodules.cuts = cuts = RowCuts(shape.narrow_part, tag=WIDE)
        m.submodules.narrower = narrower = SumsNarrower(shape)
        m.submodules.packer = packer = Packer(shape.port)
        m.d.comb += [
            cuts.rows.valid.eq(self.settings.valid),
            cuts.rows.payload.rows.eq(settings.pixels),
            cuts.rows.payload.elements.eq(settings.elements),
            cuts.rows.payload.most.eq(Mux(settings.wide, shape.wide_part, shape.narrow_part)),
            cuts.rows.payload.tag.wide.eq(settings.wide),
            self.settings.ready.eq(cuts.rows.ready),
        ]
        connect(m, cuts.cuts, narrower.cuts)
        connect(m, flipped(self.sums), narrower.sums)
        connect(m, narrower.beats, packer.beats)
        connect(m, packer.words, flipped(self.words))
        return m
