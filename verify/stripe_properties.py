"""What is proven of a wide port's stripes: each channel is a master by AXI4's rules, and none runs ahead of its bursts.

The wide side is assumed to ask for what the read and the write engine ask for: bursts within a page, no more of them
than may be outstanding, and no beat that finds no room. A slave of each channel answers what that was asked for,
whenever it likes. Everything is proven for any run, by induction, of two channels: none knows of the others but by what
all have taken.
"""

from __future__ import annotations

from functools import reduce
from operator import or_

from amaranth.hdl import Assert, Assume, Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import wiring

from heddle.hls.axi.channels import AxiShape, ports_of
from heddle.hls.axi.stripes import ReadStripes, WriteStripes
from heddle.hls.stream.fork import Fork
from heddle.hls.stream.handshake import assume_stable, transfer
from heddle.verify.axi_invariants import assume_read_answers, check_queue, check_ram_queue
from heddle.verify.properties import Harness, stability

#: The port that proofs are made with: two channels, bursts of up to 4 beats.
STRIPED = AxiShape(data_bytes=8, address_bits=6, page_bytes=32, channels=2)


def stripes_read(stripes: ReadStripes) -> Harness:
    """Each burst is asked for once by every channel, within its page; its n-th beats leave together; none is refused.

    ``ended`` comes once for each burst, not before the last channel has all of it.
    """
    harness = stability(stripes)
    m, shape, most = harness.module, stripes.shape, stripes.most_outstanding
    wide, queue_beats = stripes.requests, stripes.queues[0].depth
    ports = [port for _, port in ports_of(stripes.axi)]
    owed, bursts = Signal(range(queue_beats + 1)), Signal(range(most + 1))  # beats not taken, bursts not ended
    asks = transfer(wide)
    beats, before = wide.payload.len + 1, Signal(range(shape.page_beats + 1))  # of what is offered, and was
    _assume_bursts(m, wide, shape)
    m.d.sync += [
        before.eq(beats),
        owed.eq(owed + Mux(asks, beats, 0) - transfer(stripes.output)),
        bursts.eq(bursts + asks - stripes.ended),
        Assume(~wide.valid | ((owed + beats <= queue_beats) & (bursts != most))),
        Assert((owed <= queue_beats) & (bursts <= most)),
        Assert(~stripes.output.valid | (owed != 0)),
        Assert(~stripes.ended | (bursts != 0)),
        Assert(reduce(or_, (ahead == 0 for ahead in stripes.ahead))),
    ]
    parts = zip(
        ports, stripes.queues, stripes.ahead, _taken(m, stripes.asking, [port.ar for port in ports]), strict=True
    )
    for place, (port, queue, ahead, taken) in enumerate(parts):
        assume_stable(m, port.r)
        due, due_bursts = assume_read_answers(m, port, shape.of_channel, most)
        check_ram_queue(m, queue)
        _check_request(m, wide, port.ar, shape)
        own = stripes.output.payload.data.word_select(place, 8 * shape.of_channel.data_bytes)
        m.d.sync += [
            Assert(~port.r.valid | port.r.ready),
            Assert(due + queue.level == owed + Mux(taken, before, 0)),
            Assert(~taken | ((owed + before <= queue_beats) & (bursts != most))),
            Assert(due_bursts + ahead == bursts + taken),
            Assert(transfer(queue.output) == transfer(stripes.output)),
            Assert(~stripes.output.valid | (own == queue.output.payload.data)),
        ]
    return harness


def stripes_write(stripes: WriteStripes) -> Harness:
    """Each burst is asked for once by every channel, within its page, and answered once, when every channel has.

    Each channel has its bytes of every beat, and their strobes. No answer is refused.
    """
    harness = stability(stripes)
    m, shape, wide = harness.module, stripes.shape, stripes.wide
    most = stripes.answers[0].held.depth
    ports = [port for _, port in ports_of(stripes.axi)]
    bursts = Signal(range(most + 1))  # not answered
    assume_stable(m, wide.aw)
    assume_stable(m, wide.w)
    _assume_bursts(m, wide.aw, shape)
    m.d.sync += [
        bursts.eq(bursts + transfer(wide.aw) - transfer(wide.b)),
        Assume(~wide.aw.valid | (bursts != most)),
        Assert(~wide.b.valid | (bursts != 0)),
        Assert(bursts <= most),
    ]
    asked = _taken(m, stripes.asking, [port.aw for port in ports])
    sent = _taken(m, stripes.sending, [port.w for port in ports])
    width = shape.of_channel.data_bytes
    for place, (port, answers) in enumerate(zip(ports, stripes.answers, strict=True)):
        assume_stable(m, port.b)
        check_queue(m, answers.held)
        _check_request(m, wide.aw, port.aw, shape)
        pending = Signal(range(most + 1), name=f"pending_{place}")
        beat, own = port.w.payload, wide.w.payload
        m.d.sync += [
            pending.eq(pending + transfer(port.aw) - transfer(port.b)),
            Assume(~port.b.valid | (pending != 0)),
            Assert(~port.b.valid | port.b.ready),
            Assert(pending + answers.held.level == bursts + asked[place]),
            Assert(bursts + asked[place] <= most),
            Assert(port.w.valid == (wide.w.valid & ~sent[place])),
            Assert(~port.w.valid | (beat.last == own.last)),
            Assert(~port.w.valid | (beat.data == own.data.word_select(place, 8 * width))),
            Assert(~port.w.valid | (beat.strb == own.strb.word_select(place, width))),
        ]
    return harness


def _assume_bursts(m: Module, wide: wiring.PureInterface, shape: AxiShape) -> None:
    """Assume what the requester asks for: bursts within a page."""
    first = wide.payload.addr[shape.lane_bits : shape.page_bits]
    m.d.sync += Assume(~wide.valid | (first + wide.payload.len < shape.page_beats))


def _taken(m: Module, fork: Fork, channels: list[wiring.PureInterface]) -> list[Signal]:
    """Whether each channel has taken what ``fork`` offers, and another has not: it is not offered to it once more."""
    taken, waits = [Signal(name=f"taken_{place}") for place in range(len(channels))], Signal()
    wide = fork.input
    m.d.sync += [waits.eq(wide.valid & ~wide.ready), Assert(~Cat(taken).all())]
    for place, (own, channel) in enumerate(zip(taken, channels, strict=True)):
        m.d.sync += [
            own.eq((own | transfer(channel)) & ~transfer(wide)),
            Assert(own == fork.taken[place]),
            Assert(channel.valid == (wide.valid & ~own)),
            Assert(~own | waits),  # so it stays until the others have it
            Assert(~transfer(wide) | own | transfer(channel)),
        ]
    return taken


def _check_request(m: Module, wide: wiring.PureInterface, channel: wiring.PureInterface, shape: AxiShape) -> None:
    """A channel's request: whole beats of its own, as many as the wide one's, within a page."""
    part, request = shape.of_channel, channel.payload
    place: Value = request.addr[part.lane_bits :]
    m.d.sync += [
        Assert(~channel.valid | (request.addr[: part.lane_bits] == Const(0, part.lane_bits))),
        Assert(~channel.valid | (place == wide.payload.addr[shape.lane_bits :])),
        Assert(~channel.valid | (request.len == wide.payload.len)),
        Assert(~channel.valid | (Const(1) << request.size == part.data_bytes)),
        Assert(~channel.valid | (request.addr[part.lane_bits : part.page_bits] + request.len < part.page_beats)),
    ]
