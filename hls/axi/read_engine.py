"""Read engine: spans of memory in, their bytes out, packed."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.hls.axi.channels import AxiShape, Response, reading_port
from heddle.hls.axi.packer import Packer, packing_clocks
from heddle.hls.axi.requester import Requester
from heddle.hls.axi.stretches import span_layout, word_layout
from heddle.hls.axi.stripes import ReadStripes, arrived_layout
from heddle.hls.description import Described
from heddle.hls.stream.handshake import transfer
from heddle.hls.stream.ram_queue import RamQueue


def read_data_clocks(shape: AxiShape) -> int:
    """Return the clocks from the beat that fills a word, on R, to the word."""
    return RamQueue.latency + packing_clocks(shape)


class ReadEngine(wiring.Component):
    """An AXI4 master that reads transfers.

    Ports:
        spans : stream of spans (``span_layout``), in; ``last`` ends a transfer
        words : stream of words (``word_layout``), out; the transfer's bytes without gaps, its last word has ``last``
        cut : Signal(1), in; no burst begins any more, and those that have begun go to their end
        owes : Signal(1), out; a burst has begun, and memory has not answered all of it
        error : Response, out; the first response that was not OKAY, until reset; as ``Packer`` has it
        axi : ``reading_port``, out

    A burst is asked for only when the queue has room for all its beats beside those asked for before. So ``r.ready``
    is always high while beats are to come. A beat with an error is a beat like any other: the transfer ends, and
    ``error`` says that its bytes are none. Reset drops everything, so memory must be reset with it: a burst that is
    still answered would be taken for the next one.

    Latency: ``request_latency`` = 1 clock from a span to AR, ``data_latency`` from the beat that fills a word, on R, to
    the word. Throughput one beat a clock, so ``data_bytes`` a clock where spans are whole beats. Memory that answers
    after T clocks needs a queue of about T beats for that.
    """

    request_latency = Requester.latency

    def __init__(
        self, shape: AxiShape | None = None, most_outstanding: int = 8, queue_beats: int | None = None
    ) -> None:
        """The queue holds ``most_outstanding`` bursts of a whole page unless ``queue_beats`` says otherwise.

        Raises ValueError for a queue that is shorter than the longest burst, which could never be asked for.
        """
        self.shape = shape = shape or AxiShape()
        self.queue_beats = most_outstanding * shape.page_beats if queue_beats is None else queue_beats
        if self.queue_beats < shape.page_beats:
            raise ValueError(f"the longest burst has {shape.page_beats} beats, more than a queue of {queue_beats}")
        self.requester = Requester(shape, most_outstanding)
        self.arrived: RamQueue | ReadStripes
        if shape.channels == 1:
            self.arrived = RamQueue(arrived_layout(shape), self.queue_beats)
        else:
            self.arrived = ReadStripes(shape, most_outstanding, self.queue_beats)
        self.packer = Packer(shape)
        self.data_latency = read_data_clocks(shape)
        self.room = Signal(range(self.queue_beats + 1), init=self.queue_beats)  # beats not asked for
        self.freed = Signal()  # one more, by a beat that has left the queue
        members = {
            "spans": In(stream.Signature(span_layout(shape))),
            "words": Out(stream.Signature(word_layout(shape))),
            "cut": In(1),
            "owes": Out(1),
            "error": Out(Response),
            "axi": Out(reading_port(shape)),
        }
        latencies = {"request_latency": self.request_latency, "data_latency": self.data_latency}
        parameters = {"most_outstanding": most_outstanding, "queue_beats": self.queue_beats}
        super().__init__(Described(members, latencies, parameters))

    def elaborate(self, platform: object) -> Module:
        """Ask, queue what comes, and pack it by what was asked for."""
        m = Module()
        requester, arrived, packer = self.requester, self.arrived, self.packer
        m.submodules.requester, m.submodules.arrived, m.submodules.packer = requester, arrived, packer
        connect(m, flipped(self.spans), requester.spans)
        ended = self._ask(m)
        connect(m, packer.words, flipped(self.words))
        span, lane_bits = self.spans.payload, self.shape.lane_bits
        # In bytes, as beats would be counted first: one sum of three.
        room_behind = Cat(Const(0, lane_bits), self.room) - span.address[:lane_bits] - span.bytes
        m.d.comb += [
            self.error.eq(packer.error),
            self.owes.eq(requester.outstanding != 0),
            requester.hold.eq(self.cut | (room_behind < 0)),
            requester.ended.eq(ended),
        ]
        # Room counts a clock later: who takes the words says in the same clock whether he does, and late in it.
        m.d.sync += self.freed.eq(transfer(arrived.output))
        with m.If(transfer(self.spans)):
            m.d.sync += self.room.eq(self.room + self.freed - requester.beat_count)
        with m.Else():
            m.d.sync += self.room.eq(self.room + self.freed)
        self._pack(m)
        return m

    def _ask(self, m: Module) -> Value:
        """Ask the port, or all channels' ports, and queue what comes; return when a burst's last beat has come."""
        arrived, requests = self.arrived, self.requester.requests
        if isinstance(arrived, ReadStripes):
            connect(m, requests, arrived.requests)
            connect(m, arrived.axi, flipped(self.axi))
            return arrived.ended
        connect(m, requests, flipped(self.axi.ar))
        r, entering = self.axi.r, arrived.input
        m.d.comb += [
            entering.valid.eq(r.valid),
            r.ready.eq(entering.ready),
            entering.payload.data.eq(r.payload.data),
            entering.payload.resp.eq(r.payload.resp),
        ]
        return transfer(r) & r.payload.last

    def _pack(self, m: Module) -> None:
        """A beat leaves the queue beside what the requester says of it."""
        wanted, came, beats = self.requester.beats, self.arrived.output, self.packer.beats
        m.d.comb += [
            beats.valid.eq(wanted.valid & came.valid),
            wanted.ready.eq(beats.ready & came.valid),
            came.ready.eq(beats.ready & wanted.valid),
            beats.payload.data.eq(came.payload.data),
            beats.payload.response.eq(came.payload.resp),
            beats.payload.lane.eq(wanted.payload.address),
            beats.payload.bytes.eq(wanted.payload.bytes),
            beats.payload.last.eq(wanted.payload.last),
        ]
