"""A program's words taken one by one as the array takes them, in plain Python on whole numbers.

It knows from the array's rules when a word is taken and what a PE does with it, and nothing of products and tiles.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from heddle.arch.design import ArrayConfig
from heddle.arch.isa import ArrayCommand
from heddle.dataflow.program.product import CommandWords

Sums = list[int]
Groups = list[list[int]]
Weights = list[tuple[int, int]]


def results_of(program: Sequence[CommandWords], array: ArrayConfig) -> list[Sums]:
    """Every result of ``program`` in order, a number for each column. Words too many or too few are an error."""
    results: list[Sums] = []
    for step in program:
        streams = _Streams(step, results)
        walk = _weight_stationary if step.command.ws else _output_stationary
        for word in walk(step.command, streams, array):
            results.append(word)
        assert streams.are_empty(), "words are left over"
    return results


class _Streams:
    """The words that are still to be taken; a partial sum is a result that has already been given."""

    def __init__(self, step: CommandWords, results: list[Sums]) -> None:
        self._left: list[Groups] = step.operands.left.tolist()[::-1]
        self._values: list[list[int]] = step.operands.values.tolist()[::-1]
        self._indices: list[list[int]] = step.operands.indices.tolist()[::-1]
        self._partial: list[int] = step.results.partial.tolist()[::-1]
        self._results = results

    def groups(self) -> Groups:
        return self._left.pop()

    def weights(self) -> Weights:
        return list(zip(self._values.pop(), self._indices.pop(), strict=True))

    def partial(self) -> Sums:
        return list(self._results[self._partial.pop()])

    def are_empty(self) -> bool:
        return not (self._left or self._values or self._indices or self._partial)


def _output_stationary(command: ArrayCommand, streams: _Streams, array: ArrayConfig) -> Iterator[Sums]:
    """Tile by tile; each PE's I outputs in turn, a turn a slot. Partial sums and results: the last row's first."""
    groups: Groups = []
    weights: Weights = []
    for _ in range(command.tiles):
        sums = {(row, output): [0] * array.cols for row in range(array.rows) for output in range(array.interleave)}
        leaving = [(row, output) for row in reversed(range(array.rows)) for output in range(array.interleave)]
        if command.reload:
            sums = {place: streams.partial() for place in leaving}
        for slot in range(command.length):
            for output in range(array.interleave):
                # One group for all outputs of a row serves its slots; else there is a new one each slot.
                held = command.interleave_cols == array.interleave and slot % command.group_slots
                if output % command.interleave_cols == 0 and not held:
                    groups = streams.groups()
                if output == 0 or command.interleave_cols > 1:
                    weights = streams.weights()
                for row in range(array.rows):
                    for col, (value, index) in enumerate(weights):
                        sums[row, output][col] += groups[row][index] * value
        yield from (sums[place] for place in leaving)


def _weight_stationary(command: ArrayCommand, streams: _Streams, array: ArrayConfig) -> Iterator[Sums]:
    """Tile by tile; a row of weights for each row of the array, then an activation row for each result."""
    for tile in range(command.tiles):
        weights = [streams.weights() for _ in range(array.rows)]
        for _ in range(command.length):
            goes_on = command.reload or tile >= command.fresh_tiles
            sums, groups = streams.partial() if goes_on else [0] * array.cols, streams.groups()
            for row in range(array.rows):
                for col, (value, index) in enumerate(weights[row]):
                    sums[col] += groups[row][index] * value
            yield sums
