"""Programs of the naive array: tiles and instructions, clock by clock what enters, and what must come out.

Intervals and waits are the caller's choice. Chosen too short, words meet that must not, or partial sums are asked
for before they have come. What must come out is plain arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import add
from random import Random
from typing import Protocol, TypeVar

from naive_array import Array, Grid, Source, Value, West

Matrix = Sequence[Sequence[int]]
Words = list[tuple[int, ...]]
Word = TypeVar("Word")


class Collision(Exception):  # noqa: N818 - what happened, not an error of the model
    """Two words want to enter the same place in the same clock."""


class Late(Exception):  # noqa: N818 - as above
    """A partial sum is to enter before the result that it is has been taken."""


class Line(dict[int, Word]):
    """What enters an edge, by clock."""

    def put(self, clock: int, word: Word) -> None:
        """Let ``word`` enter in ``clock``."""
        if clock in self:
            raise Collision(f"{word} and {self[clock]} in clock {clock}")
        self[clock] = word


class Feed:
    """What enters the edges: a word for each row, a weight for each column, the number of the result to go on from."""

    def __init__(self, array: Array) -> None:
        self.array = array
        self.left: Line[list[West]] = Line()
        self.right: Line[Sequence[int]] = Line()
        self.partials: Line[int] = Line()


class Tile(Protocol):
    """One array tile."""

    def enter(self, feed: Feed, start: int) -> None:
        """Put the tile's words into ``feed``, its first operands in clock ``start``."""

    def sums(self, given: Words) -> Words:
        """What it must give, word by word, after ``given`` results."""


@dataclass(frozen=True)
class OsTile:
    """``activations[i][row][slot]`` and ``weights[i][col][slot]`` belong to output i of a PE.

    ``partials``: the results that its sums go on from, by number, in the order in which its own leave.
    """

    activations: Sequence[Matrix]
    weights: Sequence[Matrix]
    partials: Sequence[int] = ()

    def enter(self, feed: Feed, start: int) -> None:
        array, slots = feed.array, len(self.weights[0][0])
        first = Source.NORTH if self.partials else Source.ZERO
        for slot in range(slots):
            source, emit = first if slot == 0 else Source.RING, slot == slots - 1
            for output, (rows, cols) in enumerate(zip(self.activations, self.weights, strict=True)):
                clock = start + slot * array.ring + output
                feed.left.put(clock, [West(row[slot], source, True, emit) for row in rows])
                feed.right.put(clock, [col[slot] for col in cols])
        # The last row's come first and go all the way while the others follow.
        for clock, result in enumerate(self.partials, start - (array.rows - 1) * array.interleave):
            feed.partials.put(clock, result)

    def sums(self, given: Words) -> Words:
        last_row_first = reversed(list(zip(*self.activations, strict=True)))
        dots = [_dots(row, cols) for rows in last_row_first for row, cols in zip(rows, self.weights, strict=True)]
        return _going_on(dots, [given[number] for number in self.partials])


@dataclass(frozen=True)
class WsTile:
    """``activations[m][row]`` stream past ``weights[row][col]``; ``partials`` as in OS, one for each m."""

    activations: Matrix
    weights: Matrix
    partials: Sequence[int] = ()

    def enter(self, feed: Feed, start: int) -> None:
        for m, row in enumerate(self.activations):
            feed.left.put(start + m, [West(value, Source.NORTH, m == 0) for value in row])
        for r, weights in enumerate(self.weights):
            feed.right.put(start + r * feed.array.adder_stages, weights)
        for clock, result in enumerate(self.partials, start):
            feed.partials.put(clock, result)

    def sums(self, given: Words) -> Words:
        cols = list(zip(*self.weights, strict=True))
        return _going_on([_dots(row, cols) for row in self.activations], [given[number] for number in self.partials])


def _dots(row: Sequence[int], cols: Matrix) -> tuple[int, ...]:
    return tuple(sum(a * w for a, w in zip(row, col, strict=True)) for col in cols)


def _going_on(dots: Words, partials: Words) -> Words:
    """Word by word, the sums that go on from partial sums, where there are any."""
    if not partials:
        return dots
    return [tuple(map(add, word, before)) for word, before in zip(dots, partials, strict=True)]


def os_tile(array: Array, slots: int, draw: Random, partials: Sequence[int] = ()) -> OsTile:
    """An OS tile of drawn operands."""
    outputs = range(array.interleave)
    activations = [_matrix(array.rows, slots, draw) for _ in outputs]
    return OsTile(activations, [_matrix(array.cols, slots, draw) for _ in outputs], partials)


def ws_tile(array: Array, rows_streamed: int, draw: Random, partials: Sequence[int] = ()) -> WsTile:
    """A WS tile of drawn operands."""
    return WsTile(_matrix(rows_streamed, array.rows, draw), _matrix(array.rows, array.cols, draw), partials)


def _matrix(rows: int, cols: int, draw: Random) -> Matrix:
    return [[draw.randint(-9, 9) for _ in range(cols)] for _ in range(rows)]


@dataclass(frozen=True)
class Instruction:
    """Tiles, one each ``interval`` clocks; the first ``wait`` clocks later than it could."""

    tiles: Sequence[Tile]
    interval: int
    wait: int = 0


@dataclass(frozen=True)
class Run:
    """Every result in the order in which they leave, a value for each column; clocks from first to last, inclusive."""

    results: Words
    cycles: int


def expected(program: Sequence[Instruction]) -> Words:
    """The results of a program, by arithmetic."""
    results: Words = []
    for instruction in program:
        for tile in instruction.tiles:
            results += tile.sums(results)
    return results


def works(array: Array, program: Sequence[Instruction]) -> bool:
    """True when the program gives its results, False when its words meet, come late, or are lost on the way."""
    try:
        return run(array, program).results == expected(program)
    except (Collision, Late):
        return False


def run(array: Array, program: Sequence[Instruction]) -> Run:
    """Run a program, all of it OS or all of it WS, until nothing moves any more. Raises Collision and Late."""
    feed, clock = Feed(array), 0
    for instruction in program:
        # One clock takes the instruction.
        clock += 1 + instruction.wait
        for tile in instruction.tiles:
            tile.enter(feed, clock)
            clock += instruction.interval
    return _clocked(feed, isinstance(program[0].tiles[0], WsTile), clock)


def _clocked(feed: Feed, ws: bool, end: int) -> Run:
    """Clock the array, well beyond ``end``.

    A result waits one clock in the queue behind the array. It can be a partial sum in the clock after it is taken.
    """
    array, grid = feed.array, Grid(feed.array, ws)
    idle, nothing = [West()] * array.rows, [None] * array.cols
    queued: tuple[int, ...] = ()
    results: Words = []
    cycles = 0
    longest_way = (array.rows + array.cols + 2) * (array.ring + array.adder_stages + array.multiplier_stages + 2)
    for clock in range(end + longest_way):
        partials: Sequence[Value] = nothing
        if clock in feed.partials:
            if feed.partials[clock] >= len(results):
                raise Late(f"result {feed.partials[clock]} is not there in clock {clock}")
            partials = results[feed.partials[clock]]
        if queued:
            results.append(queued)
            cycles = clock + 1
        leaving = grid.clock(feed.left.get(clock, idle), feed.right.get(clock, nothing), partials)
        queued = tuple(word for word in leaving if word is not None)
    return Run(results, cycles)
