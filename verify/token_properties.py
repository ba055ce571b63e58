"""What is proven of a queue of instructions: tokens are counted to the last one, and given by those that owe them.

Words are as narrow as the property allows: an instruction is its tokens and nothing else. The engine is assumed to be
done only with what it has, and neighbours not to give more tokens than a counter holds, which stops a program.
"""

from __future__ import annotations

from amaranth.hdl import Assert, Assume, Module, Mux, Signal, Value
from amaranth.lib import data

from heddle.arch.instructions import Tokens
from heddle.hls.control.issue_queue import TOKEN_BITS, IssueQueue
from heddle.hls.layout import layout_of
from heddle.hls.stream.handshake import transfer
from heddle.verify.properties import Harness, headed_queue_invariants, queue_invariants, stability

#: An instruction of tokens alone.
TOKENS_ONLY = data.StructLayout({"tokens": layout_of(Tokens)})


def tokens_counted(queue: IssueQueue) -> Harness:
    """What begins takes a token that a neighbour gave and nobody took; held are those given less those taken."""
    harness = stability(queue)
    m = harness.module
    _assume_honest(m, queue)
    tokens, begins = queue.output.payload.instruction.tokens, transfer(queue.output)
    for name, given, waits, held in (
        ("previous", queue.from_previous, tokens.wait_previous, queue.previous_tokens),
        ("next", queue.from_next, tokens.wait_next, queue.next_tokens),
    ):
        owed = Signal(TOKEN_BITS + 1, name=f"owed_{name}")
        m.d.sync += [
            owed.eq(owed + given - (begins & waits)),
            Assert(~(begins & waits) | (owed != 0)),
            Assert(owed == held),
        ]
    m.d.sync += [*headed_queue_invariants(queue.queued), *queue_invariants(queue.begun)]
    return harness


def tokens_given(queue: IssueQueue) -> Harness:
    """Who is done gives the tokens that it owes, in the order in which they began, and nobody else gives any."""
    harness = stability(queue)
    m = harness.module
    _assume_honest(m, queue)
    begins, tokens = transfer(queue.output), queue.output.payload.instruction.tokens
    owes = Signal(2 * queue.in_flight)
    count = Signal(range(queue.in_flight + 1))
    left = Mux(queue.done, owes >> 2, owes)
    place = (count - queue.done)[: len(count)]
    entering = (tokens.signal_previous | tokens.signal_next << 1) << (2 * place)
    m.d.sync += [
        owes.eq(left | Mux(begins, entering, 0)),
        count.eq(count + begins - queue.done),
        Assert(queue.in_engine == (count != 0)),
        Assert(~begins | (count - queue.done < queue.in_flight)),
        Assert(queue.to_previous == (queue.done & owes[0])),
        Assert(queue.to_next == (queue.done & owes[1])),
    ]
    return harness


def _assume_honest(m: Module, queue: IssueQueue) -> None:
    is_honest: Value = (~queue.done | queue.in_engine) & ~queue.too_many
    m.d.sync += Assume(is_honest)
