"""Through queue: a queue whose words may leave in the clock in which they come."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, ShapeLike, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.hls.stream.handshake import assert_stable
from heddle.hls.stream.queue import Queue


class ThroughQueue(wiring.Component):
    """A ``Queue`` with a way around it while it is empty.

    Ports:
        input : stream of ``shape``, in; ready while fewer than ``depth`` words are held
        output : stream of ``shape``, out; valid while a word is held or comes

    Latency 0 clocks while nothing is held; throughput one word a clock. ``output.valid`` follows ``input.valid``
    combinationally, ``input.ready`` depends on registers only. Reset empties the queue.
    """

    latency = 0

    def __init__(self, shape: ShapeLike, depth: int) -> None:
        """``depth`` >= 1 words of ``shape``. Raises ValueError for a smaller depth."""
        self.held = Queue(shape, depth)
        super().__init__({"input": In(stream.Signature(shape)), "output": Out(stream.Signature(shape))})

    def elaborate(self, platform: object) -> Module:
        """What comes is held unless it leaves at once."""
        m = Module()
        m.submodules.held = held = self.held
        oldest, comes = held.output, self.input
        m.d.comb += [
            comes.ready.eq(held.input.ready),
            self.output.valid.eq(oldest.valid | comes.valid),
            Value.cast(self.output.payload).eq(
                Mux(oldest.valid, Value.cast(oldest.payload), Value.cast(comes.payload))
            ),
            oldest.ready.eq(self.output.ready),
            held.input.valid.eq(comes.valid & (oldest.valid | ~self.output.ready)),
            held.input.payload.eq(comes.payload),
        ]
        assert_stable(m, self.output)
        return m
