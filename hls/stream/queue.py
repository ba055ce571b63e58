"""Queue: a first-in first-out buffer between two streams, of any depth."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, ShapeLike, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory, MemoryData
from amaranth.lib.wiring import In, Out

from heddle.hls.stream.handshake import assert_stable, transfer
from heddle.hls.stream.level import count_level


class Queue(wiring.Component):
    """A queue of ``depth`` words; no combinational path from either side's handshake to the other's.

    Ports:
        input : stream of ``shape``, in; ready while fewer than ``depth`` words are held
        output : stream of ``shape``, out; valid while a word is held
        level : unsigned up to ``depth``, out; words held (its width holds ``depth`` itself)

    Latency ``latency`` = 1 clock from a write to the word at the output. Throughput one word a clock for depth >= 2;
    a queue of depth 1 takes a word only when empty, so every other clock. Storage is read combinationally (LUTRAM),
    its contents are not reset; reset empties the queue.
    """

    latency = 1

    def __init__(self, shape: ShapeLike, depth: int) -> None:
        """``depth`` >= 1 words of ``shape``. Raises ValueError for a smaller depth."""
        if depth < 1:
            raise ValueError(f"a queue holds at least 1 word, not {depth}")
        self.shape = shape
        self.depth = depth
        super().__init__(
            {
                "input": In(stream.Signature(shape)),
                "output": Out(stream.Signature(shape)),
                "level": Out(range(depth + 1)),
            }
        )
        places = max(depth, 2)  # a single place would have an address of no bits, which yosys cannot take to SMT
        self.contents = MemoryData(shape=shape, depth=places, init=[])
        self.write_at = Signal(range(places))
        self.read_at = Signal(range(places))
        self._looks: list[tuple[Value, Signal]] = []

    def look(self, place: Value) -> Signal:
        """Return the word that is stored at ``place``, for a proof: it asks before the queue is elaborated."""
        self._looks.append((place, Signal.like(Value.cast(self.output.payload), name=f"looked_at_{len(self._looks)}")))
        return self._looks[-1][1]

    def elaborate(self, platform: object) -> Module:
        """Two wrapping pointers and the level, which alone tells full from empty."""
        m = Module()
        m.submodules.storage = storage = Memory(self.contents)
        write, read = storage.write_port(), storage.read_port(domain="comb")
        pushed, popped = transfer(self.input), transfer(self.output)
        m.d.comb += [
            self.input.ready.eq(self.level != self.depth),
            self.output.valid.eq(self.level != 0),
            write.addr.eq(self.write_at),
            write.data.eq(self.input.payload),
            # Whatever stands at the input is written while there is a free place: whether it counts is told by the
            # level, and is known late where it hangs on who takes the words.
            write.en.eq(self.input.ready),
            read.addr.eq(self.read_at),
            self.output.payload.eq(read.data),
        ]
        count_level(m, self.level, pushed, popped)
        with m.If(pushed):
            m.d.sync += self.write_at.eq(self._after(self.write_at))
        with m.If(popped):
            m.d.sync += self.read_at.eq(self._after(self.read_at))
        for place, word in self._looks:
            port = storage.read_port(domain="comb")
            m.d.comb += [port.addr.eq(place), word.eq(port.data)]
        assert_stable(m, self.output)
        return m

    def _after(self, place: Signal) -> Value:
        """The next place: a depth that is no power of two needs the wrap spelt out."""
        return Mux(place == self.depth - 1, 0, place + 1)
