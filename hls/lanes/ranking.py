"""Top-N of M by magnitude: which elements of a group are kept, and their packed form (``heddle.arch.nm``, in hardware).

Every pair of elements is compared once, at the same time; an element's rank is the number of others that beat it, and
it is kept when its rank is below N. Magnitude is the bits below the sign as an unsigned integer; equal magnitudes go to
the lower index, so ranks are all different and exactly N elements are kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.data import ArrayLayout, StructLayout, View
from amaranth.lib.wiring import In, Out

from heddle.arch.formats import FP16
from heddle.arch.nm import index_bits
from heddle.arch.sparsity import checked_sparsity
from heddle.arch.timing import SORE_RANK_CYCLES
from heddle.hls.stream.handshake import assert_stable


def group_layout(m: int, value_bits: int) -> ArrayLayout:
    """A dense group: M bit patterns of ``value_bits``, element 0 in the lowest bits."""
    return ArrayLayout(unsigned(value_bits), m)


def packed_layout(n: int, m: int, value_bits: int) -> StructLayout:
    """A packed group: N ``values``, then N ``indices`` of ceil(log2 M) bits, slot 0 in the lowest bits of each."""
    return StructLayout(
        {"values": ArrayLayout(unsigned(value_bits), n), "indices": ArrayLayout(unsigned(index_bits(m)), n)}
    )


class TopN(wiring.Component):
    """Packs groups of M into N values and their indices, rising; one group a clock.

    Ports:
        input : stream of M bit patterns (``group_layout``), in
        output : stream of packed groups (``packed_layout``), out

    Latency ``latency`` = 3 clocks from the input's handshake to the output's first valid clock. The clocks end after:
    the comparison of all pairs; the ranks and the keep bits; the compaction. Throughput one group a clock. All three
    advance together, whenever the output is free, so ``input.ready`` follows ``output.ready`` combinationally.
    Values pass unchanged (-0 and NaN too). Reset empties the pipeline.
    """

    latency = SORE_RANK_CYCLES

    def __init__(self, n: int, m: int, value_bits: int = FP16.width) -> None:
        """Raises HeddleError for an unsupported N:M; ``value_bits`` counts the sign and at least one bit more."""
        checked_sparsity(n, m)
        self.n = n
        self.m = m
        self.value_bits = value_bits
        super().__init__(
            {
                "input": In(stream.Signature(group_layout(m, value_bits))),
                "output": Out(stream.Signature(packed_layout(n, m, value_bits))),
            }
        )
        self.valids = Signal(self.latency)
        self.compared = Signal(group_layout(m, value_bits), reset_less=True)
        self.wins = {(i, j): Signal(name=f"wins_{i}_{j}", reset_less=True) for j in range(m) for i in range(j)}
        self.ranked = Signal(group_layout(m, value_bits), reset_less=True)
        self.keep = Signal(m, reset_less=True)

    def elaborate(self, platform: object) -> Module:
        """Three registered steps under one clock enable."""
        m = Module()
        free = Signal()
        packed = Signal(packed_layout(self.n, self.m, self.value_bits), reset_less=True)
        m.d.comb += [
            free.eq(~self.output.valid | self.output.ready),
            self.input.ready.eq(free),
            self.output.valid.eq(self.valids[-1]),
            self.output.payload.eq(packed),
        ]
        with m.If(free):
            m.d.sync += [
                self.valids.eq(Cat(self.input.valid, self.valids[:-1])),
                self.compared.eq(self.input.payload),
                *(win.eq(self._magnitude(i) >= self._magnitude(j)) for (i, j), win in self.wins.items()),
                self.ranked.eq(self.compared),
                self.keep.eq(Cat(self._kept(i) for i in range(self.m))),
                *self._compact(packed),
            ]
        assert_stable(m, self.output)
        return m

    def _magnitude(self, i: int) -> Value:
        magnitude: Value = self.input.payload[i][:-1]
        return magnitude

    def _kept(self, i: int) -> Value:
        """Whether fewer than N elements, standing before it or after it, win their pair with element i.

        At N = M that is always so; the comparators, left without a reader, vanish in synthesis.
        """
        if self.n == self.m:
            return Const(1)
        before = [self.wins[j, i] for j in range(i)]
        after = [~self.wins[i, j] for j in range(i + 1, self.m)]
        return _count(before + after) < self.n

    def _compact(self, packed: View) -> list[Value]:
        """Element i goes to slot s when it is kept and s elements before it are.

        Only elements s to s + M - N can stand in slot s: s kept ones come before it and N - 1 - s after it.
        """
        kept_before = [_count(self.keep[:i]) for i in range(self.m)]
        statements = []
        for slot in range(self.n):
            value, index = Const(0), Const(0)
            for i in range(slot, slot + self.m - self.n + 1):
                chosen = self.keep[i] & (kept_before[i] == slot)
                value |= Mux(chosen, self.ranked[i], 0)
                index |= Mux(chosen, i, 0)
            statements += [packed.values[slot].eq(value), packed.indices[slot].eq(index)]
        return statements


def _count(bits: Iterable[Value]) -> Value:
    """How many of the one-bit ``bits`` are 1, added as a tree so that depth and width are log2 of their number."""
    terms = list(bits) or [Const(0)]
    while len(terms) > 1:
        terms = [a + b for a, b in zip_longest(terms[::2], terms[1::2], fillvalue=Const(0, 0))]
    return terms[0]
