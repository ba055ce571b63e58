"""What is proven of the memory masters: AXI4's rules, and that a master asks for what it was told to and no more.

Told are spans: any bytes of one page, even in place and number. A slave is assumed to answer what was asked for and
nothing else, whenever it likes; it may take requests and beats whenever it likes. Everything is proven for any run, by
induction; ports are narrow, as no rule depends on how wide they are.
"""

from __future__ import annotations

from amaranth.hdl import Assert, Assume, Const, Mux, Signal

from heddle.hls.axi.channels import AxiShape
from heddle.hls.axi.coalescer import Joiner
from heddle.hls.axi.cutter import Cutter
from heddle.hls.axi.read_engine import ReadEngine
from heddle.hls.axi.requester import Requester
from heddle.hls.axi.write_engine import WriteEngine
from heddle.hls.stream.handshake import assume_stable, transfer
from heddle.hls.stream.ram_queue import RamQueue
from heddle.verify.axi_invariants import (
    BeatsOut,
    assume_read_answers,
    assume_spans,
    assume_within_a_page,
    check_bursts_within_a_page,
    check_cutter,
    check_queue,
    check_ram_queue,
    check_requests,
    check_watched_burst,
    contents_of,
    queued_beats,
    uncut_beats,
    word_at,
)
from heddle.verify.properties import Harness, stability

#: The port that proofs are made with: bursts of up to 4 beats.
NARROW = AxiShape(data_bytes=4, address_bits=6, page_bytes=16)


def requests_are_spans(requester: Requester) -> Harness:
    """Each span is one burst of its beats, in order; no burst leaves its page; never more bursts than allowed.

    Of any one span that the solver picks: as many beats come as its burst has, and ``ends`` stands on the last.
    """
    watch = Signal()
    contents = contents_of(requester.bursts)
    harness = stability(requester, watch)
    m = harness.module
    assume_spans(m, requester.spans, requester.shape)
    m.d.sync += Assume(~requester.ended | (requester.outstanding != 0))
    check_requests(m, requester)
    check_bursts_within_a_page(m, requester, contents)
    beats = requester.beats
    out = BeatsOut(transfer(beats), beats.payload.ends, Const(0))
    check_watched_burst(m, requester, contents, watch, out)
    return harness


def reading(engine: ReadEngine) -> Harness:
    """The read master: no beat finds the queue full, and each beat asked for is one that is wanted.

    Cut off, it begins nothing; it is owed answers as long as some are to come.
    """
    contents = contents_of(engine.requester.bursts)
    harness = stability(engine)
    m, shape, requester = harness.module, engine.shape, engine.requester
    assume_stable(m, engine.axi.r)
    assume_spans(m, engine.spans, shape)
    check_requests(m, requester)
    check_bursts_within_a_page(m, requester, contents)
    assert isinstance(engine.arrived, RamQueue)  # one channel's
    check_ram_queue(m, engine.arrived)
    due, due_bursts = assume_read_answers(m, engine.axi, shape, requester.most_outstanding)
    pending = Mux(engine.axi.ar.valid, engine.axi.ar.payload.len + 1, 0)
    owed = due + pending
    level = engine.arrived.level
    wanted = queued_beats(contents, requester, shape) + uncut_beats(requester.cutter, shape)
    m.d.sync += [
        Assert(~engine.axi.r.valid | engine.axi.r.ready),
        Assert(~(engine.cut & transfer(engine.spans))),
        Assert(engine.owes == ((owed != 0) | engine.axi.ar.valid)),
        Assert(engine.room + engine.freed + owed + level == engine.queue_beats),
        Assert(requester.outstanding == due_bursts + engine.axi.ar.valid),
        Assert(wanted == owed + level),
        Assert((level == 0) | requester.cutter.present | (requester.bursts.level != 0)),
    ]
    return harness


def writing(engine: WriteEngine) -> Harness:
    """The write master: a burst has as many beats as it asked for; ``done`` comes once all of a transfer are answered.

    Of any one span that the solver picks: W has its beats, and says ``last`` with the last of them alone. Cut off, it
    begins nothing, and a beat of what has begun waits for nothing but the one before.
    """
    watch = Signal()
    contents, flags = contents_of(engine.requester.bursts), contents_of(engine.unanswered)
    harness = stability(engine, watch)
    m, requester, unanswered = harness.module, engine.requester, engine.unanswered
    assume_stable(m, engine.axi.b)
    assume_spans(m, engine.spans, engine.shape)
    check_requests(m, requester)
    check_queue(m, unanswered)
    check_bursts_within_a_page(m, requester, contents)
    w = engine.axi.w
    check_watched_burst(m, requester, contents, watch, BeatsOut(transfer(w), w.payload.last, w.valid))
    begun, answered = transfer(engine.spans), transfer(engine.axi.b)
    most = requester.most_outstanding
    last = Signal(most)  # of each outstanding burst, the oldest first: is it its transfer's last
    count = Signal(range(most + 1))
    was_last = Signal()
    after = Mux(answered, last[1:], last)
    place = (count - answered)[: len(count)]  # behind those that stay
    m.d.sync += [
        Assume(~engine.axi.b.valid | (count > engine.axi.aw.valid)),
        count.eq(count + begun - answered),
        last.eq((after & ~(Const(1) << place)) | ((engine.spans.payload.last & begun) << place)),
        was_last.eq(answered & last[0]),
        Assert(engine.axi.b.ready),
        Assert(~(engine.cut & begun)),
        Assert(engine.owes == (count != 0)),
        Assert(~(engine.cut & requester.beats.valid & (~w.valid | w.ready)) | requester.beats.ready),
        Assert(engine.done == was_last),
        Assert(count == requester.outstanding),
        Assert(count == unanswered.level),
        Assert(count <= most),
        *(Assert((count <= i) | (word_at(unanswered, flags, i) == last[i])) for i in range(most)),
    ]
    return harness


def pieces_are_the_stretch(cutter: Cutter) -> Harness:
    """The pieces of a stretch are its bytes, each once and in order, and none crosses a boundary."""
    harness = stability(cutter)
    m, told, piece = harness.module, cutter.input.payload, cutter.output.payload
    width = len(told.address)
    most = len(told.bytes)
    m.d.sync += Assume(~cutter.input.valid | (told.bytes != 0))
    check_cutter(m, cutter)
    at, left, last, present = Signal(width), Signal(most), Signal(), Signal()  # what is not given yet
    came, gave = transfer(cutter.input), transfer(cutter.output)
    with m.If(gave):
        m.d.sync += [at.eq(at + piece.bytes), left.eq(left - piece.bytes)]
    with m.If(came):
        m.d.sync += [at.eq(told.address), left.eq(told.bytes), last.eq(told.last)]
    within = piece.address % cutter.boundary + piece.bytes
    m.d.sync += [
        present.eq(came | (present & ~(gave & (piece.bytes == left)))),
        Assert(cutter.output.valid == present),
        Assert(~came | ~present | (gave & (piece.bytes == left))),
        Assert(~present | ((piece.address == at) & (piece.bytes <= left) & (piece.bytes != 0))),
        Assert(~present | (within <= cutter.boundary)),
        Assert(~present | (piece.ends == (piece.bytes == left))),
        Assert(~present | piece.ends | (within == cutter.boundary)),
        Assert(~present | (piece.last == (piece.ends & last))),
        Assert(~present | ((cutter.held.address == at) & (cutter.held.bytes == left) & (cutter.held.last == last))),
        Assert(~present | (left != 0)),
    ]
    return harness


def spans_stay_in_pages(joiner: Joiner) -> Harness:
    """A span begins with the first piece that went into it, is as long as all of them, and stays in their page."""
    harness = stability(joiner)
    m, shape, piece, span = harness.module, joiner.shape, joiner.input.payload, joiner.output.payload
    assume_within_a_page(m, joiner.input, shape)
    first, total, present = Signal(shape.address_bits), Signal(range(shape.page_bytes + 1)), Signal()
    ended = Signal()
    came, left = transfer(joiner.input), transfer(joiner.output)
    begins = came & (left | ~present)
    with m.If(begins):
        m.d.sync += [first.eq(piece.address), total.eq(piece.bytes)]
    with m.Elif(came):
        m.d.sync += total.eq(total + piece.bytes)
    with m.If(came):
        m.d.sync += ended.eq(piece.last)
    end = (first + total)[: shape.address_bits]
    goes_on = (piece.address == end) & (end[: shape.page_bits] != 0) & ~ended
    m.d.sync += [
        present.eq(came | (present & ~left)),
        Assert(joiner.present == present),
        Assert(~present | (joiner.end == end)),
        Assert(~present | (total != 0)),
        Assert(~present | (first[: shape.page_bits] + total <= shape.page_bytes)),
        Assert(~present | ((span.address == first) & (span.bytes == total) & (span.last == ended))),
        Assert(~(present & came) | (left != goes_on)),
    ]
    return harness
