"""The store unit: result tiles from a half of the output buffer to memory."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.arch.design import Design
from heddle.arch.instructions import ELEMENT_BITS, PLACE_BITS
from heddle.hls.array.stce import sums_layout
from heddle.hls.axi.channels import Response, writing_port
from heddle.hls.axi.coalescer import Coalescer
from heddle.hls.axi.place_walk import PlaceWalk
from heddle.hls.axi.write_engine import WriteEngine
from heddle.hls.control.instruction import STORE
from heddle.hls.gear.store import StoreGearbox, StoreShape
from heddle.hls.memory.half_buffer import half_address
from heddle.hls.stream.fork import Fork
from heddle.hls.stream.handshake import assert_stable, transfer
from heddle.hls.system.shape import MachineShape


class SumsReader(wiring.Component):
    """Asks for a tile's words of sums, row by row: they stand one behind the other.

    Ports
    -----
    input : stream of STORE, in
    ask : stream of half_address, out

    Latency 0 clocks from an instruction to its first word. Throughput a word a clock.
    """

    def __init__(self, design: Design, shape: MachineShape) -> None:
        self.design, self.shape = design, shape
        asks = stream.Signature(half_address(shape.out_words))
        super().__init__({"input": In(stream.Signature(STORE)), "ask": Out(asks)})

    def elaborate(self, platform: object) -> Module:
        """Count columns within a row, rows, and words."""
        m = Module()
        store, cols = self.input.payload, self.design.array.cols
        # Where the word ends, and the row: an instruction comes from its queue too late for a sum before a comparison.
        end, end_row = Signal(ELEMENT_BITS + 1, init=cols), Signal(PLACE_BITS + 1, init=1)
        word = Signal.like(self.ask.payload.address)
        ends_row = end >= store.places.elements
        ends = ends_row & (end_row == store.places.pixels)
        m.d.comb += [
            self.ask.valid.eq(self.input.valid),
            self.ask.payload.half.eq(store.half),
            self.ask.payload.address.eq(word),
            self.input.ready.eq(self.ask.ready & ends),
        ]
        with m.If(transfer(self.ask)):
            m.d.sync += [end.eq(Mux(ends_row, cols, end + cols)), word.eq(Mux(ends, 0, word + 1))]
            with m.If(ends_row):
                m.d.sync += end_row.eq(Mux(ends, 1, end_row + 1))
        assert_stable(m, self.ask)
        return m


class StoreUnit(wiring.Component):
    """Carries out STORE instructions.

    Ports
    -----
    input : stream of STORE, in
    done : Signal(1), out
        For a clock, when memory has confirmed all bytes of the oldest tile that was taken.
    cut : Signal(1), in; owes : Signal(1), out
        No burst begins any more, and nothing is done; memory has not confirmed all that have begun (``WriteEngine``).
    ask, sums : streams of half_address, out, and of C x Signal(32), in
        Words of the output buffer.
    error : Response, out
        The first response of memory that was not OKAY.
    axi : writing_port, out

    Throughput: what the walk, the gearbox and the port let through; the next tile's places are walked, and its words
    narrowed, while memory still confirms this one's.
    """

    def __init__(self, design: Design, shape: MachineShape) -> None:
        self.design, self.shape = design, shape
        super().__init__(
            {
                "input": In(stream.Signature(STORE)),
                "done": Out(1),
                "cut": In(1),
                "owes": Out(1),
                "ask": Out(stream.Signature(half_address(shape.out_words))),
                "sums": In(stream.Signature(sums_layout(design))),
                "error": Out(Response),
                "axi": Out(writing_port(shape.port)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Addresses and bytes are made side by side, and meet at the port."""
        m = Module()
        m.submodules.fork = fork = Fork(STORE, 3)
        m.submodules.walk = walk = PlaceWalk()
        m.submodules.coalescer = coalescer = Coalescer(self.shape.port)
        m.submodules.reader = reader = SumsReader(self.design, self.shape)
        stored = StoreShape(self.design.array.cols, self.design.numbers.operand_format, self.shape.port)
        m.submodules.gearbox = gearbox = StoreGearbox(stored)
        m.submodules.writes = writes = WriteEngine(self.shape.port)
        connect(m, flipped(self.input), fork.input)
        to_walk, to_reader, to_gearbox = fork.outputs
        connect(m, to_reader, reader.input)
        connect(m, reader.ask, flipped(self.ask))
        connect(m, flipped(self.sums), gearbox.sums)
        connect(m, gearbox.words, writes.words)
        connect(m, walk.pixels, coalescer.pixels)
        connect(m, coalescer.spans, writes.spans)
        connect(m, writes.axi, flipped(self.axi))
        self._instruct(m, to_walk, walk.tiles)
        self._settle(m, to_gearbox, gearbox.settings)
        m.d.comb += [
            # Bursts that end without data may end before the instruction has been taken whole.
            self.done.eq(writes.done & ~self.cut),
            self.error.eq(writes.error),
            writes.cut.eq(self.cut),
            self.owes.eq(writes.owes),
        ]
        return m

    def _instruct(self, m: Module, stores: wiring.PureInterface, tiles: wiring.PureInterface) -> None:
        m.d.comb += [
            tiles.valid.eq(stores.valid),
            stores.ready.eq(tiles.ready),
            tiles.payload.wide.eq(stores.payload.wide),
            tiles.payload.places.eq(stores.payload.places),
        ]

    def _settle(self, m: Module, stores: wiring.PureInterface, settings: wiring.PureInterface) -> None:
        store: data.View = stores.payload
        m.d.comb += [
            settings.valid.eq(stores.valid),
            stores.ready.eq(settings.ready),
            settings.payload.wide.eq(store.wide),
            *(settings.payload[name].eq(store.places[name]) for name in ("pixels", "elements")),
        ]
