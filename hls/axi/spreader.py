"""Spreader: packed words, shifted to the beats that they are written by."""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.hls.axi.channels import AxiShape
from heddle.hls.axi.cutter import piece_layout
from heddle.hls.axi.rotator import lanes_of, rotated, rotation_clocks
from heddle.hls.axi.stretches import STEP_BITS, STEP_BYTES, word_layout
from heddle.hls.stream.delay import flags, registers
from heddle.hls.stream.handshake import assert_stable


def spreading_clocks(shape: AxiShape) -> int:
    """Return the clocks from a beat to its data, which are the rotator's."""
    return rotation_clocks(shape.data_bytes // STEP_BYTES)


class Spreader(wiring.Component):
    """The packer's mirror image: gives each beat the bytes that are its own, and strobes for them.

    Ports:
        beats : stream of pieces (``piece_layout`` of a beat), in; ``address`` is the lane of the first byte, ``ends``
            the burst's last beat, ``last`` the transfer's
        words : stream of words (``word_layout``), in; as many as the transfer's bytes fill. ``bytes`` and ``last`` are
            not read: beats say how many bytes a transfer has
        cut : Signal(1), in; beats that come now take no words and have no strobes
        written : stream of ``shape.write_beat``, out

    A beat's ``address`` and ``bytes`` are even. Bytes without a strobe are not defined. Latency ``latency`` =
    ``spreading_clocks`` from a beat to its data. Throughput one beat a clock. All stages advance together while a beat
    can leave, so ``beats.ready`` and ``words.ready`` follow ``written.ready`` combinationally.
    """

    def __init__(self, shape: AxiShape) -> None:
        self.shape = shape
        self.latency = spreading_clocks(shape)
        super().__init__(
            {
                "beats": In(stream.Signature(piece_layout(shape.lane_bits, shape.data_bytes))),
                "words": In(stream.Signature(word_layout(shape))),
                "cut": In(1),
                "written": Out(stream.Signature(shape.write_beat)),
            }
        )
        self.held = Signal(8 * shape.data_bytes, reset_less=True)
        self.at = Signal(shape.lane_bits)  # bytes that are gone of the word that is held; 0: nothing is held

    def elaborate(self, platform: object) -> Module:
        """Take a word where the beat needs one; turn what is held and what comes to the beat's lanes."""
        m = Module()
        shape, beat, written = self.shape, self.beats.payload, self.written
        free, needs, moves = Signal(), Signal(), Signal()
        total = Signal(range(2 * shape.data_bytes))  # at most a full beat from a word's last lane on
        m.d.comb += [
            total.eq(self.at + beat.bytes),
            needs.eq(~self.cut & ((self.at == 0) | (total > shape.data_bytes))),
            free.eq(~written.valid | written.ready),
            moves.eq(free & self.beats.valid & (self.words.valid | ~needs)),
            self.beats.ready.eq(free & (self.words.valid | ~needs)),
            self.words.ready.eq(free & self.beats.valid & needs),
        ]
        with m.If(moves & ~self.cut):
            m.d.sync += self.at.eq(Mux(beat.last, 0, total))
        amount = (beat.address - self.at)[STEP_BITS : shape.lane_bits]
        turned = rotated(m, self._sources(m, moves & needs), amount, free, name="turned")
        m.d.comb += [
            written.valid.eq(flags(m, moves, self.latency, free, name="arrived")),
            written.payload.data.eq(Cat(turned)),
            written.payload.strb.eq(Cat(strobe.replicate(STEP_BYTES) for strobe in self._strobes(m, free))),
            written.payload.last.eq(registers(m, beat.ends, self.latency, free, name="ends")),
        ]
        assert_stable(m, written)
        return m

    def _sources(self, m: Module, takes: Value) -> list[Value]:
        """A word's lanes: what is left of the one that is held, and the next one's."""
        comes = self.words.payload.data
        with m.If(takes):
            m.d.sync += self.held.eq(comes)
        lanes = zip(lanes_of(self.held, 8 * STEP_BYTES), lanes_of(comes, 8 * STEP_BYTES), strict=True)
        is_held = self.at != 0
        return [Mux(is_held & (self.at <= STEP_BYTES * lane), old, new) for lane, (old, new) in enumerate(lanes)]

    def _strobes(self, m: Module, free: Value) -> Value:
        """One bit for each step of the beat, as they go beside its data."""
        beat = self.beats.payload
        end = beat.address + beat.bytes
        places = range(0, self.shape.data_bytes, STEP_BYTES)
        strobes = Cat(~self.cut & (beat.address <= place) & (end > place) for place in places)
        return registers(m, strobes, self.latency, free, name="strobes")
