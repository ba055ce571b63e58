"""Packer: the bytes of beats, one behind the other in whole words."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.hls.axi.channels import AxiShape, Response
from heddle.hls.axi.rotator import lanes_of, rotated, rotation_clocks
from heddle.hls.axi.stretches import STEP_BITS, STEP_BYTES, word_layout
from heddle.hls.stream.delay import flags, registers
from heddle.hls.stream.handshake import assert_stable


def loaded_beat_layout(shape: AxiShape) -> data.StructLayout:
    """A beat that came from memory: the ``bytes`` of ``data`` from byte ``lane`` on are wanted."""
    return data.StructLayout(
        {
            "data": 8 * shape.data_bytes,
            "lane": shape.lane_bits,
            "bytes": range(shape.data_bytes + 1),
            "last": 1,
            "response": Response,
        }
    )


def packing_clocks(shape: AxiShape) -> int:
    """Return the clocks from the beat that fills a word to the word: the rotator's, and one to put it together."""
    return rotation_clocks(shape.data_bytes // STEP_BYTES) + 1


class Packer(wiring.Component):
    """Shifts each beat to where the transfer's words stand.

    Ports:
        beats : stream of beats (``loaded_beat_layout``), in; ``last`` ends a transfer
        words : stream of words (``word_layout``), out; lanes from ``bytes`` on are not defined
        error : Response, out; the first response that was not OKAY, until reset

    A beat's ``lane`` and ``bytes`` are even. ``error`` tells of the beats up to those of the word that is offered, and
    of none after it: with a transfer's last word it tells of the whole transfer.

    Latency ``latency`` = ``packing_clocks`` from the beat that fills a word to the word. Throughput one beat a clock;
    where the last beat of a transfer fills a word and begins one more, that one takes a clock of its own. All stages
    advance together while a word can leave, so ``beats.ready`` follows ``words.ready`` combinationally.
    """

    def __init__(self, shape: AxiShape) -> None:
        self.shape = shape
        self.latency = packing_clocks(shape)
        self.turning = self.latency - 1
        super().__init__(
            {
                "beats": In(stream.Signature(loaded_beat_layout(shape))),
                "words": Out(stream.Signature(word_layout(shape))),
                "error": Out(Response),
            }
        )
        self.fill = Signal(shape.lane_bits)  # bytes of the begun word, when the beat at the input is its turn
        self.tail = Signal()  # what is held is the transfer's last word

    def elaborate(self, platform: object) -> Module:
        """Say where each beat goes; turn it; put words together."""
        m = Module()
        shape, beat = self.shape, self.beats.payload
        free, moves = Signal(), Signal()
        m.d.comb += [
            free.eq(~self.words.valid | self.words.ready),
            moves.eq(free & ~self.tail),
            self.beats.ready.eq(moves),
        ]
        total = Signal(range(2 * shape.data_bytes))  # at most a full beat on a word that lacks a lane
        m.d.comb += total.eq(self.fill + beat.bytes)
        with m.If(moves & self.beats.valid):
            m.d.sync += self.fill.eq(Mux(beat.last, 0, total))
        amount = (self.fill - beat.lane)[STEP_BITS : shape.lane_bits]
        turned = rotated(m, lanes_of(beat.data, 8 * STEP_BYTES), amount, moves, name="turned")
        beside = registers(m, Cat(total, beat.last, beat.response), self.turning, moves, name="beside")
        begun = registers(m, self.fill, self.turning - 1, moves, name="begun")
        old = Signal(len(turned), reset_less=True)  # lanes of the begun word; a register, as each decides on many bits
        with m.If(moves):
            m.d.sync += old.eq(Cat(begun > STEP_BYTES * lane for lane in range(len(turned))))
        arrived = flags(m, self.beats.valid, self.turning, moves, name="arrived")
        self._put_together(m, free, moves & arrived, turned, old, beside)
        assert_stable(m, self.words)
        return m

    def _put_together(
        self, m: Module, free: Value, comes: Value, turned: list[Value], old: Value, beside: Value
    ) -> None:
        """Join what is held with the turned beat; a word leaves once it is full or the transfer's last."""
        shape, word = self.shape, self.words.payload
        place = data.StructLayout({"total": shape.lane_bits + 1, "last": 1, "response": Response})(beside)
        held = [Signal(8 * STEP_BYTES, reset_less=True, name=f"held_{lane}") for lane in range(len(turned))]
        tail_bytes = Signal(shape.lane_bits, reset_less=True)
        full, spills = Signal(), Signal()
        # The transfer's tail is a word of what is held alone.
        joined = Cat(Mux(self.tail | is_old, kept, new) for is_old, kept, new in zip(old, held, turned, strict=True))
        m.d.comb += [full.eq(place.total[-1]), spills.eq(full & (place.total[:-1] != 0))]
        with m.If(free):
            m.d.sync += [
                self.words.valid.eq(self.tail | (comes & (full | place.last))),
                word.data.eq(joined),
                word.bytes.eq(Mux(self.tail, tail_bytes, Mux(full, shape.data_bytes, place.total))),
                word.last.eq(self.tail | (place.last & ~spills)),
                self.tail.eq(comes & place.last & spills),
            ]
        with m.If(comes):
            m.d.sync += tail_bytes.eq(place.total)
        for is_old, kept, new in zip(old, held, turned, strict=True):
            with m.If(comes & (full | ~is_old)):  # behind a full word all that is held is this beat's
                m.d.sync += kept.eq(new)
        with m.If(comes & (self.error == Response.OKAY)):
            m.d.sync += self.error.eq(place.response)
