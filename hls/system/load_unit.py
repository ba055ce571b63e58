"""The load unit: tiles from memory into a half of the activation or of the weight buffer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from amaranth.hdl import Const, Module, Mux, Signal, Value
from amaranth.lib import data, enum, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.arch.design import Design
from heddle.arch.nm import index_bits
from heddle.hls.axi.channels import AxiShape, Response, reading_port
from heddle.hls.axi.coalescer import Coalescer
from heddle.hls.axi.place_walk import PlaceWalk
from heddle.hls.axi.read_engine import ReadEngine
from heddle.hls.axi.slots import bytes_of_slots
from heddle.hls.control.instruction import LOAD
from heddle.hls.gear.left import LeftGearbox
from heddle.hls.gear.right import IndexCounter, RightGearbox
from heddle.hls.stream.fork import Fork
from heddle.hls.stream.handshake import transfer
from heddle.hls.stream.level import count_level
from heddle.hls.stream.queue import Queue
from heddle.hls.system.shape import MachineShape


class Part(enum.Enum, shape=2):  # type: ignore[call-arg]  # its metaclass takes it
    """What is laid down of a tile: activations, or values and then indices, which are read or counted."""

    GROUPS = 0
    VALUES = 1
    INDICES = 2
    COUNTED = 3


#: A part of a tile to be loaded.
STEP = data.StructLayout({"load": LOAD, "part": Part})
#: A transfer of bytes: the part that they are, and whether the tile's bytes end with it.
_TRANSFER = data.StructLayout({"part": Part, "ends": 1})
#: Where the words of a part go, and whether indices are counted.
_DESTINATION = data.StructLayout({"half": 1, "is_counted": 1})
_Gearbox = LeftGearbox | RightGearbox
#: Tiles that may be under way: one whose words are laid down, one whose bytes come, one whose addresses are walked.
_UNDER_WAY = 4


class LoadUnit(wiring.Component):
    """Carries out LOAD instructions.

    Ports
    -----
    input : stream of LOAD, in
    done : Signal(1), out
        For a clock, when the oldest tile that was taken is in its half.
    groups : stream of {at, groups, count}, out; values, indices : streams of {at, word}, out
        To the buffers, which always take them.
    cut : Signal(1), in; owes : Signal(1), out
        No burst begins any more; memory has not answered all that have.
    error : Response, out
        The first response of memory that was not OKAY, once the tile that it is of is the oldest one.
    axi : reading_port, out

    A packed tile is two transfers: the values, then the indices. Throughput: what the walk, the port and the gearboxes
    let through; the next tile's places are walked while this one's bytes still come.
    """

    def __init__(self, design: Design, shape: MachineShape) -> None:
        self.design, self.shape = design, shape
        self.heard = Signal(Response)  # what memory said first that was not OKAY
        super().__init__(
            {
                "input": In(stream.Signature(LOAD)),
                "done": Out(1),
                "cut": In(1),
                "owes": Out(1),
                "groups": Out(stream.Signature(shape.put_groups)),
                "values": Out(stream.Signature(shape.put_values)),
                "indices": Out(stream.Signature(shape.put_indices)),
                "error": Out(Response),
                "axi": Out(reading_port(shape.port)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Each part goes to the walk, to the router of its bytes, to its gearbox, and to those who lay it down."""
        m = Module()
        m.submodules.fork = fork = Fork(STEP, 5)
        self._parts(m, fork.input)
        to_walk, to_router, to_gearboxes, to_writers, to_done = fork.outputs
        words = self._transfers(m, to_walk)
        m.submodules.left = left = LeftGearbox(*self._left_sizes)
        m.submodules.right = right = RightGearbox(*self._right_sizes(self.design.numbers.operand_format.width))
        m.submodules.packed = packed = RightGearbox(*self._right_sizes(index_bits(self.design.sparsity.m)))
        m.submodules.counted = counted = IndexCounter(self.design.array.cols, self.design.sparsity.m)
        gearboxes: dict[Any, _Gearbox] = {Part.GROUPS: left, Part.VALUES: right, Part.INDICES: packed}
        self._route(m, to_router, words, gearboxes)
        self._settle(m, to_gearboxes, {**gearboxes, Part.COUNTED: counted})
        ended = self._lay_down(m, to_writers, left, right, packed, counted)
        self._finish(m, to_done, ended)
        return m

    @property
    def _left_sizes(self) -> tuple[int, int, AxiShape]:
        return self.design.numbers.operand_format.width, self.design.sparsity.m, self.shape.port

    def _right_sizes(self, element_bits: int) -> tuple[int, int, AxiShape]:
        return self.design.array.cols, element_bits, self.shape.port

    def _parts(self, m: Module, steps: wiring.PureInterface) -> None:
        """A tile of weights is two parts."""
        load, is_second = self.input.payload, Signal()
        second_part = Mux(load.packed, Part.INDICES, Part.COUNTED)
        m.d.comb += [
            steps.valid.eq(self.input.valid),
            steps.payload.load.eq(load),
            steps.payload.part.eq(Mux(is_second, second_part, Mux(load.weight, Part.VALUES, Part.GROUPS))),
            self.input.ready.eq(steps.ready & (is_second | ~load.weight)),
        ]
        with m.If(transfer(steps)):
            m.d.sync += is_second.eq(load.weight & ~is_second)

    def _transfers(self, m: Module, steps: wiring.PureInterface) -> wiring.PureInterface:
        """Places to addresses to bursts to bytes; return the stream of bytes.

        Packed indices are one run of bytes; it is asked for when the walk has given its last pixel. So their product is
        begun with the walk, which takes three clocks at least, a clock for each part of it.
        """
        m.submodules.walk = walk = PlaceWalk()
        m.submodules.coalescer = coalescer = Coalescer(self.shape.port)
        m.submodules.reads = reads = ReadEngine(self.shape.port)
        load, part, pixels = steps.payload.load, steps.payload.part, coalescer.pixels
        m.d.comb += walk.tiles.payload.places.eq(load.places)
        with m.Switch(part):
            with m.Case(Part.COUNTED):
                m.d.comb += steps.ready.eq(1)
            with m.Case(Part.INDICES):
                m.d.comb += steps.ready.eq(walk.tiles.ready & pixels.ready)
            with m.Default():
                m.d.comb += [walk.tiles.valid.eq(steps.valid), steps.ready.eq(walk.tiles.ready)]
        indices_bytes = bytes_of_slots(m, load.places, index_bits(self.design.sparsity.m))
        with m.If(walk.tiles.ready):
            m.d.comb += [
                pixels.valid.eq(steps.valid & (part == Part.INDICES)),
                pixels.payload.address.eq(load.index_address),
                pixels.payload.bytes.eq(indices_bytes),
                pixels.payload.last.eq(1),
            ]
        with m.Else():
            m.d.comb += [
                pixels.valid.eq(walk.pixels.valid),
                pixels.payload.eq(walk.pixels.payload),
                walk.pixels.ready.eq(pixels.ready),
            ]
        connect(m, coalescer.spans, reads.spans)
        connect(m, reads.axi, flipped(self.axi))
        m.d.comb += [reads.cut.eq(self.cut), self.owes.eq(reads.owes), self.heard.eq(reads.error)]
        return reads.words

    def _route(
        self, m: Module, steps: wiring.PureInterface, words: wiring.PureInterface, takers: Mapping[Any, _Gearbox]
    ) -> None:
        """Give the bytes of each transfer to the gearbox of its part."""
        m.submodules.transfers = transfers = Queue(_TRANSFER, _UNDER_WAY)
        part, ended = steps.payload.part, transfer(words) & words.payload.last
        is_read = part != Part.COUNTED
        m.d.comb += [
            transfers.input.valid.eq(steps.valid & is_read),
            transfers.input.payload.part.eq(part),
            transfers.input.payload.ends.eq((part != Part.VALUES) | ~steps.payload.load.packed),
            steps.ready.eq(transfers.input.ready | ~is_read),
            transfers.output.ready.eq(ended),
        ]
        self._place_error(m, ended & transfers.output.payload.ends)
        for part, taker in takers.items():
            is_its = transfers.output.valid & (transfers.output.payload.part == part)
            m.d.comb += [taker.words.valid.eq(words.valid & is_its), taker.words.payload.eq(words.payload)]
            with m.If(is_its):
                m.d.comb += words.ready.eq(taker.words.ready)

    def _place_error(self, m: Module, has_read: Value) -> None:
        """Hold an error back until the tiles that were read whole before it are done; ``has_read``: one more is."""
        read, before = Signal(range(2 * _UNDER_WAY + 1)), Signal(range(2 * _UNDER_WAY + 1))  # tiles, not done
        is_heard = Signal()
        count_level(m, read, has_read, self.done)
        with m.If(~is_heard):
            m.d.sync += [is_heard.eq(self.heard != Response.OKAY), before.eq(read - self.done)]
        with m.Elif(before != 0):
            m.d.sync += before.eq(before - self.done)
        with m.If(is_heard & (before == 0)):
            m.d.comb += self.error.eq(self.heard)

    def _settle(self, m: Module, steps: wiring.PureInterface, takers: Mapping[Any, _Gearbox | IndexCounter]) -> None:
        """Tell each gearbox what its tile is."""
        load = steps.payload.load
        for part, taker in takers.items():
            settings, is_its = taker.settings, steps.payload.part == part
            m.d.comb += [
                settings.valid.eq(steps.valid & is_its),
                settings.payload.pixels.eq(load.places.pixels),
                settings.payload.elements.eq(load.places.elements),
            ]
            if part in (Part.GROUPS, Part.COUNTED):
                m.d.comb += settings.payload.group_elements.eq(load.group_elements)
            with m.If(is_its):
                m.d.comb += steps.ready.eq(settings.ready)

    def _lay_down(
        self,
        m: Module,
        steps: wiring.PureInterface,
        left: LeftGearbox,
        right: RightGearbox,
        packed: RightGearbox,
        counted: IndexCounter,
    ) -> tuple[Value, Value, Value]:
        """Put words at their places; return when the last of a tile's groups, of its values, of its indices is put."""
        part, half = steps.payload.part, steps.payload.load.half
        halves = {}
        of_part = {"groups": part == Part.GROUPS, "values": part == Part.VALUES}
        of_part["indices"] = (part == Part.INDICES) | (part == Part.COUNTED)
        for name, is_its in of_part.items():
            m.submodules[f"{name}_halves"] = halves[name] = Queue(_DESTINATION, _UNDER_WAY)
            m.d.comb += [
                halves[name].input.valid.eq(steps.valid & is_its),
                halves[name].input.payload.half.eq(half),
                halves[name].input.payload.is_counted.eq(part == Part.COUNTED),
            ]
            with m.If(is_its):
                m.d.comb += steps.ready.eq(halves[name].input.ready)
        groups, at = left.groups, halves["groups"].output
        ends_groups = self._put(m, "groups", self.groups, groups.valid, groups.payload.count, groups.payload.last, at)
        m.d.comb += [
            groups.ready.eq(at.valid),
            self.groups.payload.groups.eq(groups.payload.groups),
            self.groups.payload.count.eq(groups.payload.count),
        ]
        values, at = right.columns, halves["values"].output
        ends_values = self._put(m, "values", self.values, values.valid, Const(1), values.payload.last, at)
        m.d.comb += [values.ready.eq(at.valid), self.values.payload.word.eq(values.payload.columns)]
        at = halves["indices"].output
        is_counted = at.payload.is_counted
        given = Mux(is_counted, counted.columns.valid, packed.columns.valid)
        columns = Mux(is_counted, counted.columns.payload.as_value(), packed.columns.payload.as_value())
        word = data.View(counted.columns.payload.shape(), columns)
        ends_indices = self._put(m, "indices", self.indices, given, Const(1), word.last, at)
        m.d.comb += [
            counted.columns.ready.eq(at.valid & is_counted),
            packed.columns.ready.eq(at.valid & ~is_counted),
            self.indices.payload.word.eq(word.columns),
        ]
        return ends_groups, ends_values, ends_indices

    def _put(
        self,
        m: Module,
        name: str,
        port: wiring.PureInterface,
        given: Value,
        count: Value,
        is_last: Value,
        at: wiring.PureInterface,
    ) -> Value:
        """Count the words of a tile from 0 on in its half; return when its last word is put."""
        place = Signal.like(port.payload.at.address, name=f"{name}_place")
        moves = given & at.valid
        m.d.comb += [
            port.valid.eq(moves),
            port.payload.at.half.eq(at.payload.half),
            port.payload.at.address.eq(place),
            at.ready.eq(moves & is_last),
        ]
        with m.If(moves):
            m.d.sync += place.eq(Mux(is_last, 0, place + count))
        return moves & is_last

    def _finish(self, m: Module, steps: wiring.PureInterface, ended: tuple[Value, Value, Value]) -> None:
        """Tiles are done in the order in which they were taken, though their gearboxes may end in another."""
        m.submodules.tiles = tiles = Queue(1, 2 * _UNDER_WAY)
        is_first = (steps.payload.part == Part.GROUPS) | (steps.payload.part == Part.VALUES)
        groups, values, indices = (Signal(range(2 * _UNDER_WAY + 1), name=f"ended{part}") for part in range(3))
        is_weight = tiles.output.payload
        is_done = tiles.output.valid & Mux(is_weight, (values != 0) & (indices != 0), groups != 0)
        m.d.comb += [
            tiles.input.valid.eq(steps.valid & is_first),
            tiles.input.payload.eq(steps.payload.load.weight),
            steps.ready.eq(tiles.input.ready | ~is_first),
            tiles.output.ready.eq(is_done),
            self.done.eq(is_done),
        ]
        of_tile = (~is_weight, is_weight, is_weight)
        for count, ends, is_its in zip((groups, values, indices), ended, of_tile, strict=True):
            count_level(m, count, ends, is_done & is_its)
