"""Requester: spans become bursts, as many as may be outstanding."""

from __future__ import annotations

from amaranth.hdl import Const, Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.hls.axi.channels import CACHE, AxiShape, Burst
from heddle.hls.axi.cutter import Cutter, piece_layout
from heddle.hls.axi.stretches import span_layout, stretch_layout
from heddle.hls.stream.handshake import assert_stable, transfer
from heddle.hls.stream.level import count_level
from heddle.hls.stream.queue import Queue


class Requester(wiring.Component):
    """Asks for each span as one burst, and says of each of its beats which bytes belong to the span.

    Ports:
        spans : stream of spans (``span_layout``), in; one that moves is a burst begun
        hold : Signal(1), in; no burst may begin now
        ended : Signal(1), in; a burst that is outstanding has had its response
        requests : stream of ``shape.request``, out; AR or AW
        beats : stream of pieces (``piece_layout`` of a beat), out; ``address`` is the first byte's lane
        beat_count : out; beats of the burst that the offered span would be
        outstanding : out; bursts begun and not ended, at most ``most_outstanding``

    Latency ``latency`` = 1 clock from a span to its request, ``beat_latency`` = 2 to its first beat. Throughput one
    request a clock, and one beat a clock. ``spans.ready`` follows ``requests.ready`` and ``hold`` combinationally.
    Beats may be taken late: up to ``most_outstanding`` bursts wait for that in a queue.
    """

    latency = 1
    beat_latency = Queue.latency + Cutter.latency

    def __init__(self, shape: AxiShape, most_outstanding: int) -> None:
        """Raises ValueError for no burst at all."""
        if most_outstanding < 1:
            raise ValueError(f"at least 1 burst must be allowed, not {most_outstanding}")
        self.shape = shape
        self.most_outstanding = most_outstanding
        super().__init__(
            {
                "spans": In(stream.Signature(span_layout(shape))),
                "hold": In(1),
                "ended": In(1),
                "requests": Out(stream.Signature(shape.request)),
                "beats": Out(stream.Signature(piece_layout(shape.lane_bits, shape.data_bytes))),
                "beat_count": Out(range(shape.page_beats + 1)),
                "outstanding": Out(range(most_outstanding + 1)),
            }
        )
        self.bursts = Queue(stretch_layout(shape.lane_bits, shape.page_bytes), most_outstanding)
        self.cutter = Cutter(shape.lane_bits, shape.page_bytes, shape.data_bytes)

    def elaborate(self, platform: object) -> Module:
        """A span begins its burst and enters the queue of bursts in the same clock."""
        m = Module()
        shape, span = self.shape, self.spans.payload
        m.submodules.bursts, m.submodules.cutter = self.bursts, self.cutter
        begins = transfer(self.spans)
        lane = span.address[: shape.lane_bits]
        may_begin = (self.outstanding != self.most_outstanding) & self.bursts.input.ready & ~self.hold
        m.d.comb += [
            self.beat_count.eq((lane + span.bytes + (shape.data_bytes - 1)) >> shape.lane_bits),
            self.spans.ready.eq(may_begin & (~self.requests.valid | self.requests.ready)),
            self.bursts.input.valid.eq(begins),
            self.bursts.input.payload.address.eq(lane),
            self.bursts.input.payload.bytes.eq(span.bytes),
            self.bursts.input.payload.last.eq(span.last),
        ]
        count_level(m, self.outstanding, begins, self.ended)
        connect(m, self.bursts.output, self.cutter.input)
        connect(m, self.cutter.output, flipped(self.beats))
        self._request(m)
        return m

    def _request(self, m: Module) -> None:
        """A register of the request: what a burst asks for, from its first byte on."""
        request = self.requests.payload
        m.d.comb += [
            request.id.eq(0),
            request.size.eq(self.shape.lane_bits),
            request.burst.eq(Burst.INCR),
            request.cache.eq(CACHE),
            request.prot.eq(0),
        ]
        with m.If(self.requests.ready):
            m.d.sync += self.requests.valid.eq(0)
        with m.If(transfer(self.spans)):
            m.d.sync += [
                self.requests.valid.eq(Const(1)),
                request.addr.eq(self.spans.payload.address),
                request.len.eq(self.beat_count - 1),
            ]
        assert_stable(m, self.requests)
