"""What the proofs of the memory masters share.

What spans and slaves are assumed to do (``assume_…``), and how registers hang together (``check_…``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add

from amaranth.hdl import Array, Assert, Assume, Const, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.data import Layout, View

from heddle.hls.axi.channels import AxiShape
from heddle.hls.axi.cutter import Cutter
from heddle.hls.axi.requester import Requester
from heddle.hls.axi.stretches import STEP_BYTES
from heddle.hls.stream.handshake import transfer
from heddle.hls.stream.queue import Queue
from heddle.hls.stream.ram_queue import RamQueue


def assume_spans(m: Module, spans: wiring.PureInterface, shape: AxiShape) -> None:
    """Assume spans to be what the coalescer makes."""
    assume_within_a_page(m, spans, shape)
    even = (spans.payload.address % STEP_BYTES == 0) & (spans.payload.bytes % STEP_BYTES == 0)
    m.d.sync += Assume(~spans.valid | even)


def assume_within_a_page(m: Module, stream: wiring.PureInterface, shape: AxiShape) -> None:
    """Assume a piece or span to be of one page, and not empty."""
    payload = stream.payload
    within = payload.address[: shape.page_bits] + payload.bytes <= shape.page_bytes
    m.d.sync += Assume(~stream.valid | (within & (payload.bytes != 0)))


def assume_beats(m: Module, beats: wiring.PureInterface, shape: AxiShape, first: Value) -> None:
    """Assume what the requester says of beats that begin in lane ``first``: within the beat, even, not empty."""
    nbytes = beats.payload.bytes
    within = (nbytes != 0) & (first + nbytes <= shape.data_bytes)
    even = (first % STEP_BYTES == 0) & (nbytes % STEP_BYTES == 0)
    m.d.sync += Assume(~beats.valid | (within & even))


def check_requests(m: Module, requester: Requester) -> None:
    """What AXI wants of a request, and what the span wants; and the invariants of the requester's parts."""
    shape, span, request = requester.shape, requester.spans.payload, requester.requests.payload
    begun, asked = transfer(requester.spans), transfer(requester.requests)
    first, last = Signal(shape.address_bits), Signal(shape.address_bits)  # bytes of the span asked for last
    pending, outstanding = Signal(), Signal(range(requester.most_outstanding + 1))
    with m.If(begun):
        m.d.sync += [first.eq(span.address), last.eq(span.address + span.bytes - 1)]
    beat_in_page = request.addr[shape.lane_bits : shape.page_bits]
    beats_between = last[shape.lane_bits :] - first[shape.lane_bits :]
    m.d.sync += [
        pending.eq(begun | (pending & ~asked)),
        outstanding.eq(outstanding + begun - requester.ended),
        Assert(requester.requests.valid == pending),
        Assert(~begun | ~pending | asked),
        Assert(~pending | (beat_in_page + request.len < shape.page_beats)),
        Assert(~pending | (request.addr == first)),
        Assert(~pending | (request.len == beats_between)),
        Assert(first[shape.page_bits :] == last[shape.page_bits :]),
        Assert(requester.outstanding == outstanding),
        Assert(outstanding <= requester.most_outstanding),
        Assert(~requester.ended | (outstanding != 0)),
    ]
    check_queue(m, requester.bursts)
    check_cutter(m, requester.cutter)


@dataclass(frozen=True)
class BeatsOut:
    """Where beats leave: one ``moves``, its burst's last one where ``ends``; ``waits``: it is out of the cutter."""

    moves: Value
    ends: Value
    waits: Value


def check_watched_burst(m: Module, requester: Requester, contents: list[Signal], watch: Signal, out: BeatsOut) -> None:
    """Follow one burst through the queue and the cutter: ``ahead`` bursts come before it, it has ``left`` beats."""
    shape, span, bursts, cutter = requester.shape, requester.spans.payload, requester.bursts, requester.cutter
    watched, ahead, left = Signal(), Signal(range(bursts.depth + 3)), Signal(range(shape.page_beats + 1))
    waits_ending, leaves = out.waits & out.ends, out.moves & out.ends
    inside = bursts.level + cutter.present + waits_ending
    first_beat, last_beat = span.address >> shape.lane_bits, (span.address + span.bytes - 1) >> shape.lane_bits
    with m.If(~watched & watch & transfer(requester.spans)):
        m.d.sync += [watched.eq(1), ahead.eq(inside - leaves), left.eq(last_beat - first_beat + 1)]
    with m.Elif(watched & (ahead != 0)):
        m.d.sync += ahead.eq(ahead - leaves)
    with m.Elif(watched & out.moves):
        m.d.sync += [left.eq(left - 1), watched.eq(left != 1), Assert(out.ends == (left == 1))]
    own_waits = out.waits & (ahead == 0)
    number = (ahead - waits_ending)[: len(ahead)]  # among the cutter's and the queue's bursts
    is_cut = cutter.present & (number == 0)
    stored = Array(_beats(word_at(bursts, contents, i), shape) for i in range(bursts.depth))
    in_queue = stored[(number - cutter.present)[: len(ahead)]]
    m.d.sync += [
        Assert(~watched | (ahead < inside)),
        Assert(~out.waits | out.ends | cutter.present),
        Assert(
            ~watched
            | (left == Mux(own_waits & out.ends, 1, Mux(is_cut, own_waits + uncut_beats(cutter, shape), in_queue)))
        ),
    ]


def assume_read_answers(m: Module, axi: wiring.PureInterface, shape: AxiShape, most: int) -> tuple[Value, Value]:
    """Assume that R answers what AR took, burst by burst; the beats and the bursts that are still to come.

    Asserts that no more than ``most`` bursts are asked for.
    """
    ar, r = axi.ar, axi.r
    left = [Signal(range(shape.page_beats + 1), name=f"left_{i}") for i in range(most)]  # the oldest first
    count = Signal(range(most + 1))
    answered = transfer(r)
    ends = answered & (left[0] == 1)
    place = (count - ends)[: len(count)]  # behind those that stay
    m.d.sync += [
        Assume(~r.valid | ((count != 0) & (r.payload.last == (left[0] == 1)))),
        count.eq(count + transfer(ar) - ends),
        Assert(count <= most),
    ]
    for i, (now, following) in enumerate(zip(left, [*left[1:], Const(0)], strict=True)):
        rest = Mux(ends, following, now - (answered if i == 0 else 0))
        m.d.sync += now.eq(Mux(transfer(ar) & (place == i), ar.payload.len + 1, rest))
        m.d.sync += Assert((count > i) == (now != 0))
        m.d.sync += Assert(now <= shape.page_beats)
    return reduce(add, left), count


def check_bursts_within_a_page(m: Module, requester: Requester, contents: list[Signal]) -> None:
    """What waits in the queue and in the cutter is never empty and ends within its page."""
    bursts, cutter = requester.bursts, requester.cutter
    m.d.sync += Assert(~cutter.present | _fits(cutter.held, requester.shape))
    for i in range(bursts.depth):
        m.d.sync += Assert((bursts.level <= i) | _fits(word_at(bursts, contents, i), requester.shape))


def _fits(burst: View | Value, shape: AxiShape) -> Value:
    return (burst.bytes != 0) & (burst.address + burst.bytes <= shape.page_bytes)


def queued_beats(contents: list[Signal], requester: Requester, shape: AxiShape) -> Value:
    """Beats of the bursts in the queue."""
    bursts = requester.bursts
    each = [Mux(bursts.level > i, _beats(word_at(bursts, contents, i), shape), 0) for i in range(bursts.depth)]
    return reduce(add, each)


def uncut_beats(cutter: Cutter, shape: AxiShape) -> Value:
    """Beats that the cutter has still to give."""
    return Mux(cutter.present, _beats(cutter.held, shape), 0)


def _beats(stretch: View | Value, shape: AxiShape) -> Value:
    """Beats of a stretch: from that of its first byte to that of its last."""
    lane = stretch.address[: shape.lane_bits]
    return ((lane + stretch.bytes - 1)[: shape.page_bits + 1] >> shape.lane_bits) + 1


def contents_of(queue: Queue) -> list[Signal]:
    """The queue's word at each of its places; asked for before the queue is elaborated."""
    return [queue.look(Const(place, max(1, len(queue.read_at)))) for place in range(queue.depth)]


def word_at(queue: Queue, contents: list[Signal], number: int) -> View | Value:
    """The word that is the ``number``-th to leave."""
    word = Array(contents)[(queue.read_at + number) % queue.depth]
    return queue.shape(word) if isinstance(queue.shape, Layout) else word


def check_cutter(m: Module, cutter: Cutter) -> None:
    """What a cutter has worked out ahead is true of the stretch that it holds."""
    room = cutter.boundary - cutter.held.address % cutter.boundary
    m.d.sync += Assert(~cutter.present | ((cutter.room == room) & (cutter.fits == (cutter.held.bytes <= room))))


def check_queue(m: Module, queue: Queue) -> None:
    """How a queue's registers hang together, as ``queue_order`` proves it."""
    m.d.sync += [
        Assert(queue.level <= queue.depth),
        Assert(queue.read_at < queue.depth),
        Assert(queue.write_at == (queue.read_at + queue.level) % queue.depth),
    ]


def check_ram_queue(m: Module, queue: RamQueue) -> None:
    """The same of a queue in RAM."""
    m.d.sync += [
        Assert(queue.stored + queue.output.valid <= queue.depth),
        Assert(queue.read_at < queue.depth),
        Assert(queue.write_at == (queue.read_at + queue.stored) % queue.depth),
    ]
