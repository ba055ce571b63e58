"""One queue of instructions: each begins when its tokens are there, and gives tokens when it is done."""

from __future__ import annotations

from amaranth.hdl import Assert, Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from heddle.hls.control.instruction import NUMBER_BITS
from heddle.hls.stream.handshake import assert_stable, transfer
from heddle.hls.stream.headed_queue import HeadedQueue
from heddle.hls.stream.level import count_level
from heddle.hls.stream.queue import Queue

#: Tokens of a neighbour that may lie there untaken: a compiler's program has two.
TOKEN_BITS = 8

#: What is remembered of an instruction until it is done.
_BEGUN = data.StructLayout({"number": NUMBER_BITS, "signal_previous": 1, "signal_next": 1})


def numbered(layout: data.StructLayout) -> data.StructLayout:
    """Return the layout of an instruction with its number in the program."""
    return data.StructLayout({"number": NUMBER_BITS, "instruction": layout})


class IssueQueue(wiring.Component):
    """Instructions of one kind, in program order.

    Ports
    -----
    input : stream of ``numbered(layout)``, in
    output : stream of ``numbered(layout)``, out
        To the engine. An instruction is offered when its tokens are there; as it is taken, so are they.
    done : Signal(1), in
        The oldest instruction that the engine took is done.
    from_previous, from_next : Signal(1), in
        A neighbour gives a token.
    to_previous, to_next : Signal(1), out
        A token for a neighbour, in the clock of ``done``.
    hold : Signal(1), in
        Nothing more is offered.
    waits : Signal(1), out
        Nothing begins until a token comes: nothing is in the engine, and what is first in the queue, if anything is,
        lacks one. Without regard to ``hold``.
    is_empty : Signal(1), out
        No instruction is queued.
    lacks_previous, lacks_next : Signal(1), out
        The first one queued, where there is one, waits for a token of that neighbour.
    first_number : Signal(32), out
        The number of the first one queued, where there is one.
    in_engine : Signal(1), out
        The engine has taken an instruction that is not done.
    works, current_number : Signal(1), Signal(32), out
        The engine has taken an instruction that is not done, or is offered one; the number of the oldest of these.
        Memory may answer for an instruction before it is taken: an engine takes it when it needs its fields no more.
    too_many : Signal(1), out
        A token comes that no counter holds.

    Latency: 1 clock from an instruction to its offer, and from a token to the offer of what waits for it. Throughput:
    an instruction a clock, up to ``in_flight`` of them in the engine.
    """

    def __init__(self, layout: data.StructLayout, depth: int, in_flight: int) -> None:
        """A queue of ``depth`` instructions before the engine, and of ``in_flight`` in it."""
        self.layout, self.depth, self.in_flight = layout, depth, in_flight
        self.queued, self.begun = HeadedQueue(numbered(layout), depth), Queue(_BEGUN, in_flight)
        self.previous_tokens, self.next_tokens = Signal(TOKEN_BITS), Signal(TOKEN_BITS)
        super().__init__(
            {
                "input": In(stream.Signature(numbered(layout))),
                "output": Out(stream.Signature(numbered(layout))),
                "done": In(1),
                "from_previous": In(1),
                "from_next": In(1),
                "to_previous": Out(1),
                "to_next": Out(1),
                "hold": In(1),
                "waits": Out(1),
                "is_empty": Out(1),
                "lacks_previous": Out(1),
                "lacks_next": Out(1),
                "first_number": Out(NUMBER_BITS),
                "in_engine": Out(1),
                "works": Out(1),
                "current_number": Out(NUMBER_BITS),
                "too_many": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        """Queue, offer, and remember what is in the engine."""
        m = Module()
        m.submodules.queued, m.submodules.begun = queued, begun = self.queued, self.begun
        wiring.connect(m, wiring.flipped(self.input), queued.input)
        first, taken = queued.output, transfer(self.output)
        tokens = first.payload.instruction.tokens
        lacks_token = self._tokens(m, tokens, taken)
        is_offered = Signal()
        m.d.sync += is_offered.eq(self.output.valid & ~self.output.ready)
        m.d.comb += [
            self.output.payload.eq(first.payload),
            self.output.valid.eq(first.valid & ~lacks_token & begun.input.ready & (~self.hold | is_offered)),
            first.ready.eq(taken),
            begun.input.valid.eq(taken),
            begun.input.payload.number.eq(first.payload.number),
            begun.input.payload.signal_previous.eq(tokens.signal_previous),
            begun.input.payload.signal_next.eq(tokens.signal_next),
            begun.output.ready.eq(self.done),
            self.to_previous.eq(self.done & begun.output.payload.signal_previous),
            self.to_next.eq(self.done & begun.output.payload.signal_next),
            self.in_engine.eq(begun.output.valid),
            self.is_empty.eq(~first.valid),
            self.waits.eq(~begun.output.valid & (~first.valid | lacks_token)),
            self.first_number.eq(first.payload.number),
            self.works.eq(begun.output.valid | self.output.valid),
            self.current_number.eq(Mux(begun.output.valid, begun.output.payload.number, first.payload.number)),
        ]
        m.d.sync += Assert(~self.done | begun.output.valid, "an engine is done with an instruction that it has not")
        assert_stable(m, self.output)
        return m

    def _tokens(self, m: Module, tokens: data.View, taken: Value) -> Value:
        """Count the tokens of both neighbours; return whether the first instruction lacks one."""
        for held, comes, waited in (
            (self.previous_tokens, self.from_previous, tokens.wait_previous),
            (self.next_tokens, self.from_next, tokens.wait_next),
        ):
            goes = taken & waited
            count_level(m, held, comes, goes)
            with m.If(comes & ~goes & held.all()):
                m.d.comb += self.too_many.eq(1)
        m.d.comb += [
            self.lacks_previous.eq(tokens.wait_previous & (self.previous_tokens == 0)),
            self.lacks_next.eq(tokens.wait_next & (self.next_tokens == 0)),
        ]
        return self.lacks_previous | self.lacks_next
