"""Stripes: a wide port, made of one AXI4 port for each of memory's channels.

Beat b of a wide port is beat b of every channel: each has its share of the beat's bytes. So the channels are asked for
the same burst, beginning with a whole beat, each in its own time. They answer in their own time too, and their answers
leave together. Where a burst's first or last beat has no byte of a channel, that channel reads a beat that nobody
takes, or writes one without strobes; both stay within the burst's page.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import and_

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.hls.axi.channels import AxiShape, Response, StripedReads, StripedWrites, WriteChannels, ports_of
from heddle.hls.stream.fork import Fork
from heddle.hls.stream.handshake import assert_stable, transfer
from heddle.hls.stream.level import count_level
from heddle.hls.stream.ram_queue import RamQueue
from heddle.hls.stream.through_queue import ThroughQueue


def arrived_layout(shape: AxiShape) -> data.StructLayout:
    """A beat that was read, in the queue between memory and what takes it."""
    return data.StructLayout({"data": 8 * shape.data_bytes, "resp": Response})


class ReadStripes(wiring.Component):
    """Reads by all channels, and queues what each brings until all have the beat.

    Ports:
        requests : stream of ``shape.request``, in; bursts of the wide port
        output : stream of ``arrived_layout``, out; their beats, with the first channel's response that was not OKAY
        ended : Signal(1), out; for a clock, when a burst's last beat has come by all channels
        axi : ``StripedReads``, out

    Each channel has a queue of ``queue_beats``. While no more beats than that are asked for and not taken, ``r.ready``
    is high on each port whenever beats are to come. So no channel's answers wait for another's, even where an
    interconnect brings them one behind the other.

    Latency 0 clocks from a request to AR, the queue's ``latency`` = 2 from the last channel's R to the beat. Throughput
    a request and a beat a clock. ``requests.ready`` follows the channels' ``ar.ready`` combinationally.
    """

    latency = RamQueue.latency

    def __init__(self, shape: AxiShape, most_outstanding: int, queue_beats: int) -> None:
        self.shape = shape
        self.most_outstanding = most_outstanding
        self.asking = Fork(shape.request, shape.channels)
        self.queues = [RamQueue(arrived_layout(shape.of_channel), queue_beats) for _ in range(shape.channels)]
        super().__init__(
            {
                "requests": In(stream.Signature(shape.request)),
                "output": Out(stream.Signature(arrived_layout(shape))),
                "ended": Out(1),
                "axi": Out(StripedReads(shape)),
            }
        )
        # Bursts that have ended on a channel, and not on all.
        self.ahead = [Signal(range(most_outstanding + 1), name=f"ahead_{place}") for place in range(shape.channels)]

    def elaborate(self, platform: object) -> Module:
        """Requests to all ports; a queue behind each."""
        m = Module()
        ports = [port for _, port in ports_of(self.axi)]
        m.submodules.asking = self.asking
        connect(m, flipped(self.requests), self.asking.input)
        _ask(m, self.shape, self.asking.outputs, [port.ar for port in ports])
        for place, (queue, port) in enumerate(zip(self.queues, ports, strict=True)):
            m.submodules[f"queue_{place}"] = queue
            m.d.comb += [
                queue.input.valid.eq(port.r.valid),
                port.r.ready.eq(queue.input.ready),
                queue.input.payload.data.eq(port.r.payload.data),
                queue.input.payload.resp.eq(port.r.payload.resp),
            ]
        beats = [queue.output for queue in self.queues]
        _join(m, beats, self.output)
        m.d.comb += [
            self.output.payload.data.eq(Cat(beat.payload.data for beat in beats)),
            self.output.payload.resp.eq(_first_error([beat.payload.resp for beat in beats])),
        ]
        self._end_bursts(m, [transfer(port.r) & port.r.payload.last for port in ports])
        assert_stable(m, self.output)
        return m

    def _end_bursts(self, m: Module, ends: Sequence[Value]) -> None:
        """A burst has ended as it ends on the last channel."""
        m.d.comb += self.ended.eq(
            reduce(and_, (end | (ahead != 0) for end, ahead in zip(ends, self.ahead, strict=True)))
        )
        for end, ahead in zip(ends, self.ahead, strict=True):
            count_level(m, ahead, end, self.ended)


class WriteStripes(wiring.Component):
    """Writes by all channels, and answers a burst when all have.

    Ports:
        wide : ``WriteChannels`` of the whole port, in
        axi : ``StripedWrites``, out

    Each channel may have answered ``most_outstanding`` bursts that another has not, so ``b.ready`` is high on each port
    whenever an answer is to come. The answer is the first channel's that is not OKAY.

    Latency 0 clocks each way, throughput a request, a beat and an answer a clock. ``wide.aw.ready`` and
    ``wide.w.ready`` follow those of the channels combinationally: a beat leaves when the last channel takes it.
    """

    latency = ThroughQueue.latency

    def __init__(self, shape: AxiShape, most_outstanding: int) -> None:
        self.shape = shape
        self.asking, self.sending = Fork(shape.request, shape.channels), Fork(shape.write_beat, shape.channels)
        self.answers = [ThroughQueue(Response, most_outstanding) for _ in range(shape.channels)]
        super().__init__({"wide": In(WriteChannels(shape)), "axi": Out(StripedWrites(shape))})

    def elaborate(self, platform: object) -> Module:
        """Requests and beats to all ports; a queue of answers behind each."""
        m = Module()
        ports = [port for _, port in ports_of(self.axi)]
        m.submodules.asking, m.submodules.sending = self.asking, self.sending
        connect(m, flipped(self.wide.aw), self.asking.input)
        connect(m, flipped(self.wide.w), self.sending.input)
        _ask(m, self.shape, self.asking.outputs, [port.aw for port in ports])
        self._send(m, [port.w for port in ports])
        for place, (answer, port) in enumerate(zip(self.answers, ports, strict=True)):
            m.submodules[f"answers_{place}"] = answer
            m.d.comb += [
                answer.input.valid.eq(port.b.valid),
                port.b.ready.eq(answer.input.ready),
                answer.input.payload.eq(port.b.payload.resp),
            ]
        answers, b = [answer.output for answer in self.answers], self.wide.b
        _join(m, answers, b)
        m.d.comb += [b.payload.id.eq(0), b.payload.resp.eq(_first_error([answer.payload for answer in answers]))]
        assert_stable(m, b)
        return m

    def _send(self, m: Module, beats: Sequence[wiring.PureInterface]) -> None:
        """Give each channel its bytes of every beat."""
        width = self.shape.of_channel.data_bytes
        for place, (given, beat) in enumerate(zip(self.sending.outputs, beats, strict=True)):
            m.d.comb += [
                beat.valid.eq(given.valid),
                given.ready.eq(beat.ready),
                beat.payload.data.eq(given.payload.data.word_select(place, 8 * width)),
                beat.payload.strb.eq(given.payload.strb.word_select(place, width)),
                beat.payload.last.eq(given.payload.last),
            ]


def _ask(
    m: Module, shape: AxiShape, wide: Sequence[wiring.PureInterface], channels: Sequence[wiring.PureInterface]
) -> None:
    """Ask each channel for the burst that the whole port was asked for."""
    of_channel = shape.of_channel
    for given, channel in zip(wide, channels, strict=True):
        asked, request = given.payload, channel.payload
        m.d.comb += [
            channel.valid.eq(given.valid),
            given.ready.eq(channel.ready),
            request.addr.eq(Cat(Const(0, of_channel.lane_bits), asked.addr[shape.lane_bits :])),
            request.size.eq(of_channel.lane_bits),
            *(request[field].eq(asked[field]) for field in ("id", "len", "burst", "cache", "prot")),
        ]


def _join(m: Module, parts: Sequence[wiring.PureInterface], whole: wiring.PureInterface) -> None:
    """Let ``whole`` be there when all ``parts`` are, and all leave with it."""
    m.d.comb += whole.valid.eq(reduce(and_, (part.valid for part in parts)))
    for part in parts:
        m.d.comb += part.ready.eq(whole.valid & whole.ready)


def _first_error(responses: Sequence[Value]) -> Value:
    """The first response that is not OKAY, or that."""
    found: Value = Const(Response.OKAY)
    for response in reversed(responses):
        found = Mux(response != Response.OKAY, response, found)
    return found
