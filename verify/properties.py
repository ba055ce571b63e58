"""What is proven of the stream components: each property as a harness around the component that it is about.

A harness drives nothing: every input of the component, and every choice that the property makes, is a free input that
the solver may set as it likes, clock by clock, reset too. Inputs that are streams are assumed to keep the stream
contract; the component's own assertions (stability of its outputs) are proven along with the harness's.

Properties of data are stated of one word that the solver picks at any moment: what holds of any word holds of all.
Each harness also asserts the invariants that make it inductive: how the component's registers hang together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise, permutations
from operator import or_
from typing import NamedTuple

from amaranth.hdl import Array, Assert, Cat, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.data import View
from amaranth.lib.wiring import In

from heddle.hls.lanes.ranking import TopN, group_layout
from heddle.hls.stream.fork import Fork
from heddle.hls.stream.handshake import assume_stable, transfer
from heddle.hls.stream.headed_queue import HeadedQueue
from heddle.hls.stream.queue import Queue
from heddle.hls.stream.ram_queue import RamQueue
from heddle.hls.stream.through_queue import ThroughQueue
from heddle.hls.stream.transpose import Transposer


@dataclass(frozen=True)
class Harness:
    """A design with assertions, and the ports at which it is free."""

    module: Module
    ports: Sequence[Value]


def stability(component: wiring.Component, *choices: Signal) -> Harness:
    """The component alone, its input streams assumed stable: what it asserts of itself is to be proven.

    ``choices`` are signals of the property that the solver is free to set.
    """
    m = Module()
    m.submodules.dut = component
    for name, member in component.signature.members.items():
        if member.flow == In and member.is_signature and isinstance(member.signature, stream.Signature):
            assume_stable(m, getattr(component, name))
    leaves = [Value.cast(leaf) for _, _, leaf in component.signature.flatten(component)]
    return Harness(m, [*leaves, *choices])


class _Watched(NamedTuple):
    """Words that a queue holds, and of one of them: whether it is watched, how many leave before it, and what it is."""

    held: Signal
    watched: Signal
    ahead: Signal
    word: Signal


def _watching(queue: Queue | HeadedQueue | RamQueue) -> tuple[Harness, _Watched]:
    """Return the harness of a queue, in which one word is watched from where it enters, whichever the solver likes."""
    watch, watched, ahead = Signal(), Signal(), Signal(range(queue.depth))
    word, held = Signal.like(Value.cast(queue.input.payload)), Signal(range(queue.depth + 1))
    harness = stability(queue, watch)
    m = harness.module
    pushed, popped = transfer(queue.input), transfer(queue.output)
    m.d.sync += held.eq(held + pushed - popped)
    with m.If(watched & popped):
        m.d.sync += [watched.eq(ahead != 0), ahead.eq(ahead - 1)]
    with m.Elif(~watched & pushed & watch):
        m.d.sync += [watched.eq(1), ahead.eq(held - popped), word.eq(queue.input.payload)]
    return harness, _Watched(held, watched, ahead, word)


def queue_order(queue: Queue) -> Harness:
    """A word that entered leaves unchanged once as many words have left as were held before it; levels are true."""
    harness, (held, watched, ahead, word) = _watching(queue)
    m = harness.module
    place = Signal(range(2 * queue.depth))
    m.d.comb += place.eq(queue.read_at + ahead)
    look = queue.look(Mux(place < queue.depth, place, place - queue.depth))
    m.d.sync += [
        Assert(~(watched & (ahead == 0)) | (queue.output.valid & (queue.output.payload == word))),
        Assert(queue.level == held),
        Assert(queue.output.valid == (held != 0)),
        Assert(queue.input.ready == (held != queue.depth)),
        *queue_invariants(queue),
        Assert(~watched | ((ahead < held) & (look == word))),
    ]
    return harness


def queue_invariants(queue: Queue) -> list[Assert]:
    """How a queue's registers hang together: without it an induction begins with states that the queue never has."""
    return [
        Assert(queue.level <= queue.depth),
        Assert(queue.read_at < queue.depth),
        Assert(queue.write_at == (queue.read_at + queue.level) % queue.depth),
    ]


def through_queue_order(queue: ThroughQueue) -> Harness:
    """The same of a queue that a word may go past: it does only where none is held."""
    watch = Signal()
    held = queue.held
    watched, ahead = Signal(), Signal(range(held.depth))
    place = Signal(range(2 * held.depth))
    look = held.look(Mux(place < held.depth, place, place - held.depth))
    harness = stability(queue, watch)
    m = harness.module
    pushed, popped = transfer(queue.input), transfer(queue.output)
    word = Signal.like(Value.cast(queue.input.payload))
    inside = Signal(range(held.depth + 1))
    stays = pushed & ~(popped & (inside == 0))
    m.d.comb += place.eq(held.read_at + ahead)
    m.d.sync += inside.eq(inside + pushed - popped)
    with m.If(watched & popped):
        m.d.sync += [watched.eq(ahead != 0), ahead.eq(ahead - 1)]
    with m.Elif(~watched & stays & watch):
        m.d.sync += [watched.eq(1), ahead.eq(inside - popped), word.eq(queue.input.payload)]
    m.d.sync += [
        Assert(~(watched & (ahead == 0)) | (queue.output.valid & (queue.output.payload == word))),
        Assert(~(pushed & popped & (inside == 0)) | (queue.output.payload == queue.input.payload)),
        Assert(queue.output.valid == ((inside != 0) | queue.input.valid)),
        Assert(queue.input.ready == (inside != held.depth)),
        Assert(held.level == inside),
        *queue_invariants(held),
        Assert(~watched | ((ahead < inside) & (look == word))),
    ]
    return harness


def headed_queue_order(queue: HeadedQueue) -> Harness:
    """The same of a queue whose first word stands in a register: to its neighbours it is a ``Queue``."""
    harness, (held, watched, ahead, word) = _watching(queue)
    m, behind = harness.module, queue.behind
    place = Signal(range(2 * behind.depth + 1))
    m.d.comb += place.eq(behind.read_at + ahead - 1)
    look = behind.look(Mux(place < behind.depth, place, place - behind.depth))
    m.d.sync += [
        Assert(~(watched & (ahead == 0)) | (queue.output.valid & (queue.output.payload == word))),
        Assert(queue.output.valid == (held != 0)),
        Assert(queue.input.ready == (held != queue.depth)),
        Assert(behind.level + queue.output.valid == held),
        *headed_queue_invariants(queue),
        Assert(~watched | ((ahead < held) & ((ahead == 0) | (look == word)))),
    ]
    return harness


def headed_queue_invariants(queue: HeadedQueue) -> list[Assert]:
    """The same of one whose first word stands in a register: without it none is behind."""
    return [*queue_invariants(queue.behind), Assert(queue.output.valid | (queue.behind.level == 0))]


def ram_queue_order(queue: RamQueue) -> Harness:
    """The same of a queue in RAM: its first word is at the output a clock after it was stored, or behind the last."""
    harness, (held, watched, ahead, word) = _watching(queue)
    m, was_stored = harness.module, Signal()
    place = Signal(range(2 * queue.depth))
    m.d.comb += place.eq(queue.read_at + ahead - queue.output.valid)
    look = queue.look(Mux(place < queue.depth, place, place - queue.depth))
    m.d.sync += was_stored.eq(queue.stored != 0)
    is_out = queue.output.valid & (ahead == 0)
    m.d.sync += [
        Assert(~watched | ((ahead < held) & (Mux(is_out, queue.output.payload, look) == word))),
        Assert(queue.level == held),
        Assert(queue.stored + queue.output.valid == held),
        Assert(held <= queue.depth),
        Assert(queue.input.ready == (held != queue.depth)),
        Assert(~was_stored | queue.output.valid),
        Assert(queue.read_at < queue.depth),
        Assert(queue.write_at == (queue.read_at + queue.stored) % queue.depth),
    ]
    return harness


def fork_once(fork: Fork) -> Harness:
    """Every output takes every word exactly once, unchanged, and the input's word moves when the last one has it."""
    harness = stability(fork)
    m = harness.module
    given = Signal(fork.ways)
    for way, output in enumerate(fork.outputs):
        takes = transfer(output)
        m.d.sync += [
            given[way].eq(~transfer(fork.input) & (given[way] | takes)),
            Assert(~takes | (fork.input.valid & ~given[way] & (output.payload == fork.input.payload))),
            Assert(~transfer(fork.input) | given[way] | takes),
            Assert(fork.taken[way] == given[way]),
        ]
    return harness


def transposer_order(transposer: Transposer) -> Harness:
    """Element e of row r leaves as element r of its block's column e; rows and columns come in order, none twice."""
    size = transposer.m
    watch, element = Signal(), Signal(range(size))
    harness = stability(transposer, watch, element)
    m = harness.module
    watched, row, column = Signal(), Signal(range(size)), Signal(range(size))
    block = Signal()
    word = Signal(transposer.word_bits)
    rows, columns = Signal(range(size)), Signal(range(size))
    row_in, column_out = transfer(transposer.input), transfer(transposer.output)
    stored = Array(transposer.look(Cat(row, block)))[(row + column)[: len(row)]]
    m.d.sync += [rows.eq(rows + row_in), columns.eq(columns + column_out)]
    leaves = watched & column_out & (transposer.emptying == block) & (columns == column)
    with m.If(leaves):
        m.d.sync += watched.eq(0)
    with m.Elif(~watched & row_in & watch):
        m.d.sync += [
            watched.eq(1),
            row.eq(rows),
            column.eq(element),
            block.eq(transposer.filling),
            word.eq(Array(transposer.input.payload[e] for e in range(size))[element]),
        ]
    full = transposer.full_blocks
    waits_full = (full == 2) | ((full == 1) & (transposer.emptying == block))
    still_to_leave = (block != transposer.emptying) | (columns <= column)
    just_entered = (block == transposer.filling) & (row < rows)
    m.d.sync += [
        Assert(~leaves | (Array(transposer.output.payload[r] for r in range(size))[row] == word)),
        Assert(transposer.row == rows),
        Assert(transposer.column == columns),
        Assert(full <= 2),
        Assert((transposer.filling == transposer.emptying) == (full != 1)),
        Assert((full != 0) | (columns == 0)),
        Assert((full != 2) | (rows == 0)),
        Assert(~watched | (stored == word)),
        Assert(~watched | Mux(waits_full, still_to_leave, just_entered)),
    ]
    return harness


def ranking_rule(ranking: TopN) -> Harness:
    """What leaves is the packed form of what entered three steps before, by the rule as ``heddle.arch.nm`` words it.

    Stated of the outcome, not computed: N different elements are kept, each kept one stands before each that is not
    (larger magnitude, or equal and lower index), indices rise and each value is the element that its index names.
    """
    harness = stability(ranking)
    m = harness.module
    entered = [Signal(group_layout(ranking.m, ranking.value_bits), name=f"entered_{step}") for step in range(3)]
    present = Signal(3)
    with m.If(ranking.input.ready):
        m.d.sync += present.eq(Cat(ranking.input.valid, present))
        m.d.sync += [later.eq(now) for now, later in zip([ranking.input.payload, *entered], entered, strict=False)]
    m.d.sync += [
        Assert(ranking.valids == present),
        Assert(~present[0] | _compared(ranking, entered[0])),
        Assert(~present[1] | ((ranking.ranked == entered[1]) & _rightly_kept(ranking.n, entered[1], ranking.keep))),
        Assert(ranking.output.valid == present[2]),
        Assert(~present[2] | _rightly_packed(m, ranking, entered[2])),
    ]
    return harness


def _compared(ranking: TopN, group: View) -> Value:
    """The first step's registers: the group, and of each pair whether its first element stands before the other."""
    pairs = [win == _stands_before(group, i, j) for (i, j), win in ranking.wins.items()]
    return (ranking.compared == group) & Cat(pairs).all()


def _rightly_packed(m: Module, ranking: TopN, group: View) -> Value:
    packed = ranking.output.payload
    indices = [packed.indices[slot] for slot in range(ranking.n)]
    named = Signal(ranking.m)
    m.d.comb += named.eq(reduce(or_, (1 << index for index in indices)))
    elements = Array(group[i] for i in range(ranking.m))
    values = [packed.values[slot] == elements[index] for slot, index in enumerate(indices)]
    rising = [lower < higher for lower, higher in pairwise(indices)]
    return Cat(values, rising).all() & _rightly_kept(ranking.n, group, named)


def _rightly_kept(n: int, group: View, kept: Signal) -> Value:
    """Exactly ``n`` bits of ``kept`` are set, and every element kept stands before every element that is not."""
    right_order = [~kept[i] | kept[j] | _stands_before(group, i, j) for i, j in permutations(range(len(kept)), 2)]
    return (sum(kept, start=Value.cast(0)) == n) & Cat(right_order).all()


def _stands_before(group: View, i: int, j: int) -> Value:
    """Element i is larger in magnitude than element j, or as large and of the lower index."""
    ours, theirs = group[i][:-1], group[j][:-1]
    return (ours > theirs) | ((ours == theirs) & (i < j))
