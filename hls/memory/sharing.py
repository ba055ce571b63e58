"""Two readers of one buffer: the first one first, and each gets what it asked for."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, ShapeLike, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.hls.stream.handshake import assert_stable, transfer
from heddle.hls.stream.queue import Queue


class SharedReader(wiring.Component):
    """Lets two readers ask one buffer.

    Ports
    -----
    asks, answers : two streams of ``place``, in, and of ``word``, out
        Of the first reader and of the second, who waits while the first asks.
    ask, answer : streams of ``place``, out, and of ``word``, in
        Those of the buffer.

    Latency 0 clocks; throughput a word a clock for both together, up to ``depth`` words under way.
    """

    def __init__(self, place: ShapeLike, word: ShapeLike, depth: int = 8) -> None:
        self.owners = Queue(1, depth)
        places, words = stream.Signature(place), stream.Signature(word)
        super().__init__(
            {
                "asks": In(places).array(2),
                "answers": Out(words).array(2),
                "ask": Out(places),
                "answer": In(words),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Who asked stands in a queue; one who has begun to wait for the buffer keeps its turn."""
        m = Module()
        m.submodules.owners = owners = self.owners
        is_waiting, waiting = Signal(), Signal()
        chosen = Mux(is_waiting, waiting, ~self.asks[0].valid)
        m.d.comb += [
            self.ask.valid.eq(Mux(chosen, self.asks[1].valid, self.asks[0].valid) & owners.input.ready),
            self.ask.payload.eq(Mux(chosen, self.asks[1].payload, self.asks[0].payload)),
            owners.input.valid.eq(transfer(self.ask)),
            owners.input.payload.eq(chosen),
            owners.output.ready.eq(transfer(self.answer)),
        ]
        m.d.sync += [is_waiting.eq(self.ask.valid & ~self.ask.ready), waiting.eq(chosen)]
        for number, (asks, answers) in enumerate(zip(self.asks, self.answers, strict=True)):
            is_its = owners.output.valid & (owners.output.payload == number)
            m.d.comb += [
                asks.ready.eq((chosen == number) & self.ask.ready & owners.input.ready),
                answers.valid.eq(self.answer.valid & is_its),
                answers.payload.eq(self.answer.payload),
            ]
            with m.If(is_its):
                m.d.comb += self.answer.ready.eq(answers.ready)
        assert_stable(m, self.ask)
        return m
