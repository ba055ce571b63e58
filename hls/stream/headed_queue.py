"""Headed queue: a queue whose first word stands in a register."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, ShapeLike, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.hls.stream.handshake import assert_stable
from heddle.hls.stream.queue import Queue


class HeadedQueue(wiring.Component):
    """A queue of ``depth`` words for a reader who works on the first one in the clock in which it comes.

    A ``Queue`` reads its RAM in that clock. Here the first word has been read before.

    Ports:
        input : stream of ``shape``, in; ready while fewer than ``depth`` words are held
        output : stream of ``shape``, out; valid while a word is held

    Latency ``latency`` = 1 clock from a write to the word at the output. Throughput one word a clock. No combinational
    path from either side's handshake to the other's. Reset empties the queue.
    """

    latency = 1

    def __init__(self, shape: ShapeLike, depth: int) -> None:
        """``depth`` >= 2 words of ``shape``. Raises ValueError for a smaller depth."""
        if depth < 2:
            raise ValueError(f"a headed queue holds at least 2 words, not {depth}")
        self.depth = depth
        self.behind = Queue(shape, depth - 1)
        self.head = Signal(shape, reset_less=True)
        super().__init__({"input": In(stream.Signature(shape)), "output": Out(stream.Signature(shape))})

    def elaborate(self, platform: object) -> Module:
        """The head is empty only while nothing is behind it, so both are full together."""
        m = Module()
        m.submodules.behind = behind = self.behind
        comes, oldest = self.input, behind.output
        is_taken = ~self.output.valid | self.output.ready
        m.d.comb += [
            comes.ready.eq(behind.input.ready),
            self.output.payload.eq(self.head),
            oldest.ready.eq(is_taken),
            behind.input.valid.eq(comes.valid & (oldest.valid | ~is_taken)),
            behind.input.payload.eq(comes.payload),
        ]
        with m.If(is_taken):
            m.d.sync += [
                self.output.valid.eq(oldest.valid | (comes.valid & comes.ready)),
                Value.cast(self.head).eq(Mux(oldest.valid, Value.cast(oldest.payload), Value.cast(comes.payload))),
            ]
        assert_stable(m, self.output)
        return m
