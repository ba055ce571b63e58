"""The array as it is built, register by register and clock by clock, for arrays small enough to step through.

Nothing here knows the timing contract: words move one register a clock, a sum is there when it has passed the
adder's stages, results leave where the chains end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, NamedTuple, TypeVar

Value = int | None
Word = TypeVar("Word")


class Pipe(Generic[Word]):
    """Registers in a row, as many as a word stays clocks; a row of none is a wire."""

    def __init__(self, length: int, empty: Word) -> None:
        self._words = deque([empty] * length)

    @property
    def last(self) -> Word:
        """What the last register holds in this clock."""
        return self._words[0]

    def clock(self, word: Word) -> Word:
        """Take ``word`` in; return the one that comes out in the same clock."""
        self._words.append(word)
        return self._words.popleft()


class Source(Enum):
    """The other addend of a product."""

    RING = 0
    NORTH = 1
    ZERO = 2


class West(NamedTuple):
    """What passes east: what to do, and an activation where there is one."""

    activation: Value = None
    source: Source = Source.ZERO
    load_weight: bool = False
    emit: bool = False


class North(NamedTuple):
    """What passes south."""

    weight: Value = None
    partial: Value = None
    result: Value = None


@dataclass(frozen=True)
class Array:
    """Extents, outputs in rotation, pipeline depths; ``cuts``: rows below a boundary between two dies."""

    rows: int
    cols: int
    interleave: int
    adder_stages: int
    multiplier_stages: int
    cuts: frozenset[int] = frozenset()

    @property
    def ring(self) -> int:
        """Registers that a sum passes before it is back at the adder."""
        return max(self.interleave, self.adder_stages)


class Element:
    """One PE. ``east`` and ``south`` are the registers that its neighbours see."""

    def __init__(self, array: Array, ws: bool) -> None:
        self.east, self.south = West(), North()
        self._ws = ws
        self._weight: Value = None
        self._multiplier: Pipe[Value] = Pipe(array.multiplier_stages, None)
        self._adder: Pipe[Value] = Pipe(array.adder_stages, None)
        self._spare: Pipe[Value] = Pipe(array.ring - array.adder_stages, None)
        self._partials: Pipe[Value] = Pipe(array.interleave, None)
        self._results: Pipe[Value] = Pipe(array.interleave, None)
        # What is said with an operand is needed when its product and its sum are there.
        self._sources = Pipe(array.multiplier_stages, Source.ZERO)
        self._emits = Pipe(array.multiplier_stages + array.adder_stages, False)

    def clock(self, west: West, north: North) -> None:
        """One clock: the operands in the registers are worked on, those at the ports take their place."""
        total = self._adder.last
        self._multiply_add(total, north.partial)
        emit = self._emits.clock(self.east.emit)
        partial, above = self._partials.clock(north.partial), self._results.clock(north.result)
        self.south = North(north.weight, total if self._ws else partial, total if emit else above)
        if west.load_weight:
            self._weight = north.weight
        self.east = west

    def _multiply_add(self, total: Value, partial: Value) -> None:
        ring, product = self._spare.clock(total), None
        if self.east.activation is not None and self._weight is not None:
            product = self.east.activation * self._weight
        product, source = self._multiplier.clock(product), self._sources.clock(self.east.source)
        addend = {Source.RING: ring, Source.NORTH: partial, Source.ZERO: 0}[source]
        self._adder.clock(None if product is None else product + (addend or 0))


class Grid:
    """R x C PEs and their edges: registers that give each row and column its place, and take it back in the south."""

    def __init__(self, array: Array, ws: bool) -> None:
        self._rows, self._cols, self._ws = range(array.rows), range(array.cols), ws
        self._elements = {(r, c): Element(array, ws) for r in self._rows for c in self._cols}
        # In WS a row waits for the sums from the north, which come through one adder a row.
        row_clocks = 1 + array.adder_stages if ws else 1
        # Where a column passes from a die to the next one, there is a register; in the west too, for all rows below.
        self._cuts = {(r, c): Pipe(1, North()) for r in array.cuts for c in self._cols}
        dies = [sum(cut <= r for cut in array.cuts) for r in self._rows]
        self._west = [Pipe(1 + r * row_clocks + dies[r], West()) for r in self._rows]
        self._weights: list[Pipe[Value]] = [Pipe(1 + c, None) for c in self._cols]
        self._partials: list[Pipe[Value]] = [Pipe(1 + c + 1 + array.multiplier_stages, None) for c in self._cols]
        self._south: list[Pipe[Value]] = [Pipe(array.cols - 1 - c, None) for c in self._cols]

    def clock(self, west: Sequence[West], weights: Sequence[Value], partials: Sequence[Value]) -> list[Value]:
        """One clock with these words at the edges; return what all columns give together."""
        leaving = [self._elements[self._rows[-1], c].south for c in self._cols]
        from_west = [pipe.clock(word) for pipe, word in zip(self._west, west, strict=True)]
        from_north = [
            North(self._weights[c].clock(weights[c]), self._partials[c].clock(partials[c])) for c in self._cols
        ]
        # From the south-east, so that every PE sees what its neighbours held at the clock's beginning.
        for r, c in sorted(self._elements, reverse=True):
            north = self._elements[r - 1, c].south if r else from_north[c]
            if (r, c) in self._cuts:
                north = self._cuts[r, c].clock(north)
            self._elements[r, c].clock(self._elements[r, c - 1].east if c else from_west[r], north)
        return [
            pipe.clock(words.partial if self._ws else words.result)
            for pipe, words in zip(self._south, leaving, strict=True)
        ]
