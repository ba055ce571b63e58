"""Write engine: packed bytes in, spans of memory written."""

from __future__ import annotations

from amaranth.hdl import Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.hls.axi.channels import AxiShape, Response, writing_port
from heddle.hls.axi.requester import Requester
from heddle.hls.axi.spreader import Spreader, spreading_clocks
from heddle.hls.axi.stretches import span_layout, word_layout
from heddle.hls.axi.stripes import WriteStripes
from heddle.hls.description import Described
from heddle.hls.stream.handshake import transfer
from heddle.hls.stream.queue import Queue


def write_data_clocks(shape: AxiShape) -> int:
    """Return the clocks from a span to its first beat on W."""
    return Requester.beat_latency + spreading_clocks(shape)


class WriteEngine(wiring.Component):
    """An AXI4 master that writes transfers.

    Ports:
        spans : stream of spans (``span_layout``), in; ``last`` ends a transfer
        words : stream of words (``word_layout``), in; the transfer's bytes without gaps, as ``Spreader`` has it
        cut : Signal(1), in; no burst begins any more; those that have begun go to their end, their beats that have no
            data yet without strobes, so that nobody need bring any
        owes : Signal(1), out; a burst has begun, and memory has not confirmed it
        done : Signal(1), out; for a clock, when all bursts of a transfer have had their response; in order of transfers
        error : Response, out; the first response that was not OKAY, until reset; with ``done``, of that transfer too
        axi : ``writing_port``, out

    A burst's beats follow its request or overtake it: neither waits for the other, as AXI demands. ``b.ready`` is
    always high. Reset drops everything, so memory must be reset with it: a burst that is still answered would be taken
    for the next one.

    Latency: ``request_latency`` = 1 clock from a span to AW, ``data_latency`` to its first beat on W, if the words are
    there; ``done_latency`` = 1 clock from the last B to ``done``. Throughput one beat a clock, so ``data_bytes`` a
    clock where spans are whole beats.
    """

    request_latency = Requester.latency
    done_latency = 1

    def __init__(self, shape: AxiShape | None = None, most_outstanding: int = 8) -> None:
        self.shape = shape = shape or AxiShape()
        self.requester = Requester(shape, most_outstanding)
        self.spreader = Spreader(shape)
        self.unanswered = Queue(1, most_outstanding)  # of each outstanding burst: is it its transfer's last?
        self.stripes = WriteStripes(shape, most_outstanding) if shape.channels > 1 else None
        self.data_latency = write_data_clocks(shape)
        members = {
            "spans": In(stream.Signature(span_layout(shape))),
            "words": In(stream.Signature(word_layout(shape))),
            "cut": In(1),
            "owes": Out(1),
            "done": Out(1),
            "error": Out(Response),
            "axi": Out(writing_port(shape)),
        }
        latencies = {
            "request_latency": self.request_latency,
            "data_latency": self.data_latency,
            "done_latency": self.done_latency,
        }
        super().__init__(Described(members, latencies, {"most_outstanding": most_outstanding}))

    def elaborate(self, platform: object) -> Module:
        """Ask, spread, and count the answers."""
        m = Module()
        requester, spreader = self.requester, self.spreader
        m.submodules.requester, m.submodules.spreader = requester, spreader
        m.submodules.unanswered = self.unanswered
        axi = self._port(m)
        connect(m, flipped(self.spans), requester.spans)
        connect(m, requester.requests, axi.aw)
        connect(m, requester.beats, spreader.beats)
        connect(m, flipped(self.words), spreader.words)
        connect(m, spreader.written, axi.w)
        m.d.comb += [
            requester.hold.eq(self.cut),
            spreader.cut.eq(self.cut),
            self.owes.eq(requester.outstanding != 0),
        ]
        self._count_answers(m, axi.b)
        return m

    def _port(self, m: Module) -> wiring.PureInterface:
        """The port as what drives it sees it: its own, or the wide one that all channels' make."""
        if self.stripes is None:
            return flipped(self.axi)
        m.submodules.stripes = stripes = self.stripes
        connect(m, stripes.axi, flipped(self.axi))
        return stripes.wide

    def _count_answers(self, m: Module, b: wiring.PureInterface) -> None:
        """B answers bursts in their order; the answer to a transfer's last burst is the transfer's.

        The queue has as many places as bursts may be outstanding, so it has room for each that begins.
        """
        unanswered = self.unanswered
        m.d.comb += [
            b.ready.eq(1),
            unanswered.input.valid.eq(transfer(self.spans)),
            unanswered.input.payload.eq(self.spans.payload.last),
            unanswered.output.ready.eq(transfer(b)),
            self.requester.ended.eq(transfer(unanswered.output)),
        ]
        m.d.sync += self.done.eq(transfer(unanswered.output) & unanswered.output.payload)
        with m.If(transfer(b) & (self.error == Response.OKAY)):
            m.d.sync += self.error.eq(b.payload.resp)
