"""What a memory reads, as a stream: words that come some clocks after they were asked for wait in a queue."""

from __future__ import annotations

from amaranth.hdl import Module, ShapeLike, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from heddle.hls.stream.delay import flags
from heddle.hls.stream.handshake import transfer
from heddle.hls.stream.headed_queue import HeadedQueue
from heddle.hls.stream.level import count_level


class Answers(wiring.Component):
    """Words of a memory in the order in which they were asked for.

    Ports
    -----
    asked : Signal(1), in
        A word was asked for; only where ``has_room``.
    has_room : Signal(1), out
        A word more may be asked for: its place in the queue is free.
    word : in
        The word, ``read_latency`` clocks after ``asked``.
    answer : stream of words, out

    Latency ``read_latency`` + 1 clocks, throughput a word a clock.
    """

    def __init__(self, word: ShapeLike, read_latency: int) -> None:
        self.read_latency = read_latency
        # One more place for the queue's own clock, and one for that of the credit.
        self.queue = HeadedQueue(word, read_latency + 2)
        members = {"asked": In(1), "has_room": Out(1), "word": In(word), "answer": Out(stream.Signature(word))}
        super().__init__(members)

    def elaborate(self, platform: object) -> Module:
        """Count what is asked for and not taken."""
        m = Module()
        m.submodules.queue = queue = self.queue
        connect(m, queue.output, flipped(self.answer))
        held = Signal(range(queue.depth + 1))
        comes = flags(m, self.asked, self.read_latency, name="comes")
        count_level(m, held, self.asked, transfer(self.answer))
        m.d.comb += [
            self.has_room.eq(held != queue.depth),
            queue.input.valid.eq(comes),
            Value.cast(queue.input.payload).eq(Value.cast(self.word)),
        ]
        return m
