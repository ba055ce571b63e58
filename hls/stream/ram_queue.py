"""A deep queue in block RAM, between two streams."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Shape, ShapeLike, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory, MemoryData
from amaranth.lib.wiring import In, Out

from heddle.hls.stream.handshake import assert_stable, transfer
from heddle.hls.stream.level import count_level


class RamQueue(wiring.Component):
    """A queue of ``depth`` words whose memory is read by a clock; ``Queue`` is its like in LUTs.

    Ports:
        input : stream of ``shape``, in; ready while fewer than ``depth`` words are held
        output : stream of ``shape``, out; valid while a word stands in the memory's output register
        level : unsigned up to ``depth``, out; words held, the one at the output included

    Latency ``latency`` = 2 clocks from a write to the word at the output. Throughput one word a clock for depth >= 3.
    ``input.ready`` depends on registers only; the memory's read enable follows ``output.ready``. Reset empties the
    queue.
    """

    latency = 2

    def __init__(self, shape: ShapeLike, depth: int) -> None:
        """``depth`` >= 2 words of ``shape``. Raises ValueError for a smaller depth."""
        if depth < 2:
            raise ValueError(f"a queue in RAM holds at least 2 words, not {depth}")
        self.depth = depth
        super().__init__(
            {
                "input": In(stream.Signature(shape)),
                "output": Out(stream.Signature(shape)),
                "level": Out(range(depth + 1)),
            }
        )
        self.contents = MemoryData(shape=Shape.cast(shape), depth=depth, init=[])  # in plain bits, for short Verilog
        self.write_at = Signal(range(depth))
        self.read_at = Signal(range(depth))
        self._looks: list[tuple[Value, Signal]] = []
        self.stored = Signal(range(depth + 1))  # words in the memory that are not at the output yet

    def look(self, place: Value) -> Signal:
        """Return the word that is stored at ``place``, for a proof: it asks before the queue is elaborated."""
        self._looks.append((place, Signal.like(Value.cast(self.output.payload), name=f"looked_at_{len(self._looks)}")))
        return self._looks[-1][1]

    def elaborate(self, platform: object) -> Module:
        """The next word moves to the output register whenever that is free; it counts as held until it leaves."""
        m = Module()
        m.submodules.storage = storage = Memory(self.contents, attrs={"ram_style": "block"})
        write, read = storage.write_port(), storage.read_port()
        pushed, fetched, popped = transfer(self.input), Signal(), transfer(self.output)
        m.d.comb += [
            self.input.ready.eq(self.level != self.depth),
            write.addr.eq(self.write_at),
            write.data.eq(self.input.payload),
            write.en.eq(pushed),
            fetched.eq((self.stored != 0) & (~self.output.valid | self.output.ready)),
            read.addr.eq(self.read_at),
            read.en.eq(fetched),
            Value.cast(self.output.payload).eq(read.data),
            self.level.eq(self.stored + self.output.valid),
        ]
        count_level(m, self.stored, pushed, fetched)
        valid = Signal()
        m.d.comb += self.output.valid.eq(valid)
        m.d.sync += valid.eq(fetched | (valid & ~popped))
        with m.If(pushed):
            m.d.sync += self.write_at.eq(self._after(self.write_at))
        with m.If(fetched):
            m.d.sync += self.read_at.eq(self._after(self.read_at))
        for place, word in self._looks:
            port = storage.read_port(domain="comb")
            m.d.comb += [port.addr.eq(place), word.eq(port.data)]
        assert_stable(m, self.output)
        return m

    def _after(self, place: Signal) -> Value:
        """The next place: a depth that is no power of two needs the wrap spelt out."""
        return Mux(place == self.depth - 1, 0, place + 1)
