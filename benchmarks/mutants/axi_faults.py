"""Faults of the memory masters, of the walk over places, and of what lies between the two."""

from __future__ import annotations

from benchmarks.mutants.checks import proof, unit_tests
from benchmarks.mutants.fault import Fault

SPAN_FAULTS = (
    Fault(
        "row-from-the-first-column",
        "hls/axi/place_walk.py",
        "self.cols_left.eq(places.col_positions - places.first_col - 2)",
        "self.cols_left.eq(places.col_positions - 2)",
        "a tile that begins within a row walks a whole row first",
        unit_tests("hls/axi/test_place_walk.py"),
    ),
    Fault(
        "image-a-row-further",
        "hls/axi/place_walk.py",
        "self.next_image.eq(self.next_image + held.image_stride)",
        "self.next_image.eq(self.next_image + held.row_stride)",
        "the second image after the first pixel's is looked for a row behind the first",
        unit_tests("hls/axi/test_place_walk.py"),
    ),
    Fault(
        "piece-over-the-boundary",
        "hls/axi/cutter.py",
        "fits.eq(taken.bytes <= room)",
        "fits.eq(taken.bytes <= room + 1)",
        "a stretch that ends a byte behind a boundary is not cut there",
        proof("axi-pieces"),
    ),
    Fault(
        "piece-from-the-old-offset",
        "hls/axi/cutter.py",
        "Cat(Const(0, within), held.address[within:] + 1)",
        "held.address + self.boundary",
        "what follows a boundary is looked for as far behind it as the first piece began",
        proof("axi-pieces"),
    ),
    Fault(
        "span-over-the-page",
        "hls/axi/coalescer.py",
        "whole.eq(span.last | (self.end[: self.shape.page_bits] == 0))",
        "whole.eq(span.last)",
        "a span goes on over its page's end",
        proof("axi-spans"),
    ),
    Fault(
        "transfers-joined",
        "hls/axi/coalescer.py",
        "whole.eq(span.last | (self.end[: self.shape.page_bits] == 0))",
        "whole.eq(self.end[: self.shape.page_bits] == 0)",
        "a transfer's last span takes the next one's first piece in",
        proof("axi-spans"),
    ),
)

MASTER_FAULTS = (
    Fault(
        "length-without-the-lane",
        "hls/axi/requester.py",
        "(lane + span.bytes + (shape.data_bytes - 1))",
        "(span.bytes + (shape.data_bytes - 1))",
        "a burst that begins within a beat asks for one too few",
        proof("axi-requests-2"),
    ),
    Fault(
        "request-overwritten",
        "hls/axi/requester.py",
        "may_begin & (~self.requests.valid | self.requests.ready)",
        "may_begin",
        "a request that was not taken gives way to the next one",
        proof("axi-requests-2"),
    ),
    Fault(
        "burst-too-many",
        "hls/axi/requester.py",
        "(self.outstanding != self.most_outstanding)",
        "(self.outstanding != self.most_outstanding + 1)",
        "one burst more is outstanding than allowed",
        proof("axi-requests-2"),
    ),
    Fault(
        "room-for-a-beat",
        "hls/axi/read_engine.py",
        "room_behind < 0",
        "self.room == 0",
        "a burst is asked for while the queue has room for one beat",
        proof("axi-read-2"),
    ),
    Fault(
        "room-given-back-too-early",
        "hls/axi/read_engine.py",
        "self.freed.eq(transfer(arrived.output))",
        "self.freed.eq(transfer(arrived.input))",
        "a beat's room counts as free as it comes",
        proof("axi-read-2"),
    ),
    Fault(
        "done-with-any-burst",
        "hls/axi/write_engine.py",
        "transfer(unanswered.output) & unanswered.output.payload",
        "transfer(unanswered.output)",
        "a transfer is done with its first answer",
        proof("axi-write-2"),
    ),
    Fault(
        "ended-without-an-answer",
        "hls/axi/write_engine.py",
        "self.requester.ended.eq(transfer(unanswered.output))",
        "self.requester.ended.eq(unanswered.output.valid)",
        "a burst that waits for its answer no longer counts",
        proof("axi-write-2"),
    ),
    Fault(
        "last-of-the-transfer-alone",
        "hls/axi/spreader.py",
        "registers(m, beat.ends, ",
        "registers(m, beat.last, ",
        "WLAST stands on the last beat of a transfer, not of each burst",
        proof("axi-write-2"),
    ),
)

GEARBOX_FAULTS = (
    Fault(
        "strobe-a-step-late",
        "hls/axi/spreader.py",
        "(beat.address <= place)",
        "(beat.address < place)",
        "the first bytes of a beat are not written",
        proof("axi-spread"),
    ),
    Fault(
        "rest-of-a-word-kept",
        "hls/axi/spreader.py",
        "self.at.eq(Mux(beat.last, 0, total))",
        "self.at.eq(total)",
        "a transfer begins with what the one before left of its last word",
        proof("axi-spread"),
    ),
    Fault(
        "step-from-the-last-word",
        "hls/axi/spreader.py",
        "(self.at <= STEP_BYTES * lane)",
        "(self.at <= STEP_BYTES * (lane + 1))",
        "a word's last step that is gone is written once more",
        proof("axi-spread"),
    ),
    Fault(
        "turned-by-the-fill",
        "hls/axi/packer.py",
        "(self.fill - beat.lane)[STEP_BITS",
        "self.fill[STEP_BITS",
        "a beat's first lane is packed, wanted or not",
        proof("axi-pack"),
    ),
    Fault(
        "last-word-dropped",
        "hls/axi/packer.py",
        "self.tail.eq(comes & place.last & spills)",
        "self.tail.eq(0)",
        "what a transfer's last beat leaves behind a full word is lost",
        proof("axi-pack"),
    ),
    Fault(
        "last-error-kept",
        "hls/axi/packer.py",
        "m.If(comes & (self.error == Response.OKAY))",
        "m.If(comes)",
        "a good beat wipes an error out",
        unit_tests("hls/axi/test_packer.py"),
    ),
    Fault(
        "digit-turns-once",
        "hls/axi/rotator.py",
        "turns * step",
        "turns",
        "every stage of a rotation moves by single lanes",
        unit_tests("hls/axi/test_rotator.py"),
    ),
    Fault(
        "output-not-counted",
        "hls/stream/ram_queue.py",
        "self.level.eq(self.stored + self.output.valid)",
        "self.level.eq(self.stored)",
        "a full queue in RAM takes a word more",
        proof("ram-queue-3"),
    ),
    Fault(
        "word-fetched-too-early",
        "hls/stream/ram_queue.py",
        "fetched.eq((self.stored != 0) & (~self.output.valid | self.output.ready))",
        "fetched.eq(self.stored != 0)",
        "a word that waits at the output of a queue in RAM gives way to the next",
        proof("ram-queue-3"),
    ),
)

RESET_FAULTS = (
    Fault(
        "fill-survives-reset",
        "hls/axi/packer.py",
        "self.fill = Signal(shape.lane_bits)",
        "self.fill = Signal(shape.lane_bits, reset_less=True)",
        "a transfer after a reset goes on in a word from before it",
        unit_tests("hls/axi/test_reset.py"),
    ),
    Fault(
        "rest-survives-reset",
        "hls/axi/spreader.py",
        "self.at = Signal(shape.lane_bits)",
        "self.at = Signal(shape.lane_bits, reset_less=True)",
        "a transfer after a reset begins with a word from before it",
        unit_tests("hls/axi/test_reset.py"),
    ),
    Fault(
        "piece-survives-reset",
        "hls/axi/cutter.py",
        "self.present = Signal()",
        "self.present = Signal(reset_less=True)",
        "beats of a burst from before a reset are counted after it",
        unit_tests("hls/axi/test_reset.py"),
    ),
)

AXI_FAULTS = (*SPAN_FAULTS, *MASTER_FAULTS, *GEARBOX_FAULTS, *RESET_FAULTS)
