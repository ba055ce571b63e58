"""What is proven of the memory masters' shifters: every byte goes where it belongs, none is lost or doubled."""

from __future__ import annotations

from amaranth.hdl import Assert, Cat, Mux, Signal

from heddle.hls.axi.packer import Packer
from heddle.hls.axi.spreader import Spreader
from heddle.hls.axi.stretches import STEP_BYTES
from heddle.hls.stream.handshake import transfer
from heddle.verify.axi_invariants import assume_beats
from heddle.verify.properties import Harness, stability


def beats_have_their_bytes(spreader: Spreader) -> Harness:
    """A beat that moves in comes out as one beat, with its own bytes and the strobes and the end that it was told.

    Bytes are stated of any one step (2 bytes) of any word that the solver picks: it is written by the beat that it
    belongs to, in its lane, or not at all where the transfer ends before it. A beat that moves in while the spreader is
    cut off has no strobes and takes no word.
    """
    watch, choice = Signal(), Signal(range(spreader.shape.data_bytes // STEP_BYTES))
    harness = stability(spreader, watch, choice)
    m, beat, shape, written = harness.module, spreader.beats.payload, spreader.shape, spreader.written
    assume_beats(m, spreader.beats, shape, beat.address)
    strobes = Cat((beat.address <= lane) & (lane < beat.address + beat.bytes) for lane in range(shape.data_bytes))
    told, ends, inside = Signal(shape.data_bytes), Signal(), Signal()
    is_out, lane = Signal(), Signal.like(choice)  # the beat that waits to leave has it
    held = Signal(range(2 * shape.data_bytes))  # bytes taken and not written, of a transfer that goes on
    came, left, took = transfer(spreader.beats), transfer(written), transfer(spreader.words)
    fills = came & ~spreader.cut  # the beat has bytes
    with m.If(came):
        m.d.sync += [told.eq(Mux(spreader.cut, 0, strobes)), ends.eq(beat.ends), is_out.eq(0)]
    with m.If(fills):
        brought = Mux(took, shape.data_bytes, 0)
        m.d.sync += held.eq(Mux(beat.last, 0, held + brought - beat.bytes))
    steps, waits = beat.bytes // STEP_BYTES, held // STEP_BYTES
    watched, ahead = Signal(), Signal(range(shape.data_bytes))  # of what is held, steps before the one picked
    step = Signal(8 * STEP_BYTES)
    picks = watch & took & ~watched
    place = Mux(watched, ahead, waits + choice)
    with m.If(fills):
        m.d.sync += [
            is_out.eq((watched | picks) & (place < steps)),
            lane.eq(beat.address // STEP_BYTES + place),
            watched.eq((watched | picks) & (place >= steps) & ~beat.last),
            ahead.eq(place - steps),
        ]
    with m.If(fills & picks):
        m.d.sync += step.eq(spreader.words.payload.data.word_select(choice, 8 * STEP_BYTES))
    in_held = spreader.held.word_select((spreader.at // STEP_BYTES + ahead)[: len(choice)], 8 * STEP_BYTES)
    m.d.sync += [
        inside.eq(came | (inside & ~left)),
        Assert(written.valid == inside),
        Assert(~inside | (written.payload.strb == told)),
        Assert(~inside | (written.payload.last == ends)),
        Assert(~(inside & is_out) | (written.payload.data.word_select(lane, 8 * STEP_BYTES) == step)),
        Assert(~took | fills),
        Assert(held < shape.data_bytes),
        Assert(held == (-spreader.at)[: shape.lane_bits]),
        Assert(held % STEP_BYTES == 0),
        Assert(~watched | ((ahead < waits) & (in_held == step))),
    ]
    return harness


def words_have_the_bytes(packer: Packer) -> Harness:
    """The steps (2 bytes) of beats leave in their order, none lost and none twice, a transfer's last one as its end.

    Of any one step that the solver picks; ``ahead`` steps leave before it.
    """
    shape = packer.shape
    watch, choice = Signal(), Signal(range(shape.data_bytes // STEP_BYTES))
    harness = stability(packer, watch, choice)
    m, beat, word = harness.module, packer.beats.payload, packer.words.payload
    assume_beats(m, packer.beats, shape, beat.lane)
    first, steps, leaving = beat.lane // STEP_BYTES, beat.bytes // STEP_BYTES, word.bytes // STEP_BYTES
    came, left = transfer(packer.beats), transfer(packer.words)
    inside = Signal(range((packer.latency + 2) * shape.data_bytes))  # steps
    gone = Mux(left, leaving, 0)
    watched, ahead, step, ends = Signal(), Signal.like(inside), Signal(8 * STEP_BYTES), Signal()
    m.d.sync += inside.eq(inside + Mux(came, steps, 0) - gone)
    with m.If(watched & left):
        m.d.sync += [watched.eq(ahead >= leaving), ahead.eq(ahead - leaving)]
    with m.Elif(~watched & watch & came & (choice >= first) & (choice < first + steps)):
        m.d.sync += [
            watched.eq(1),
            ahead.eq(inside - gone + choice - first),
            step.eq(beat.data.word_select(choice, 8 * STEP_BYTES)),
            ends.eq(beat.last & (choice == first + steps - 1)),
        ]
    leaves = watched & packer.words.valid & (ahead < leaving)
    in_word = word.data.word_select(ahead[: len(choice)], 8 * STEP_BYTES)
    m.d.sync += [
        Assert(~packer.words.valid | ((leaving != 0) & (leaving <= inside))),
        Assert(~packer.words.valid | word.last | (word.bytes == shape.data_bytes)),
        Assert(~leaves | (in_word == step)),
        Assert(~leaves | (ends == (word.last & (ahead == leaving - 1)))),
    ]
    return harness
