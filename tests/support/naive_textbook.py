"""The textbook array cycle by cycle: one tile, every PE drained by its own wire, no registers but the PEs' own.

Nothing here knows the timing contract. Cycles count from the first operand to the last result, both included.
"""

from __future__ import annotations

from dataclasses import dataclass

from naive_array import Pipe
from naive_program import OsTile, WsTile

Tagged = tuple[int, int] | None


@dataclass(frozen=True)
class TextbookRun:
    """Results by where they come from; cycles of the run."""

    results: dict[tuple[int, ...], int]
    cycles: int


class _Element:
    """An OS PE: multiplier, then a ring of adder and delay line; words carry the number of their output."""

    def __init__(self, ring: int, adder_stages: int, multiplier_stages: int) -> None:
        self._multiplier: Pipe[Tagged] = Pipe(multiplier_stages, None)
        # The adder's last register is the one in which a sum is seen.
        self._adder: Pipe[Tagged] = Pipe(adder_stages - 1, None)
        self._ring: Pipe[Tagged] = Pipe(ring - adder_stages + 1, None)

    def clock(self, product: Tagged) -> Tagged:
        """Take a product, return the sum that is there at the end of this cycle."""
        product, before = self._multiplier.clock(product), self._ring.last
        if product is not None and before is not None:
            assert product[0] == before[0], "the ring brought another output's sum"
            product = (product[0], product[1] + before[1])
        total = self._adder.clock(product)
        self._ring.clock(total)
        return total


def run_output_stationary(tile: OsTile, adder_stages: int, multiplier_stages: int) -> TextbookRun:
    """Run one OS tile; results are keyed (row, column, output)."""
    interleave = len(tile.activations)
    rows, cols, slots = len(tile.activations[0]), len(tile.weights[0]), len(tile.weights[0][0])
    ring = max(interleave, adder_stages)
    elements = {(r, c): _Element(ring, adder_stages, multiplier_stages) for r in range(rows) for c in range(cols)}
    additions = dict.fromkeys(((r, c, i) for r, c in elements for i in range(interleave)), 0)
    results: dict[tuple[int, ...], int] = {}
    cycle = 0
    while len(results) < len(additions):
        for (r, c), element in elements.items():
            # Operands hop one PE a cycle from either edge.
            slot, output = divmod(cycle - r - c, ring)
            product = None
            if 0 <= slot < slots and output < interleave:
                product = (output, tile.activations[output][r][slot] * tile.weights[output][c][slot])
            total = element.clock(product)
            if total is not None:
                additions[r, c, total[0]] += 1
                if additions[r, c, total[0]] == slots:
                    results[r, c, total[0]] = total[1]
        cycle += 1
    return TextbookRun(results, cycle)


def run_weight_stationary(tile: WsTile, adder_stages: int, multiplier_stages: int) -> tuple[int, TextbookRun]:
    """Shift a WS tile's weights in, then stream its activations; results are keyed (m, column).

    Returns the cycles of the shift alone and the run of the stream alone.
    """
    rows, cols = len(tile.weights), len(tile.weights[0])
    held: list[list[int]] = []
    while len(held) < rows:
        held.insert(0, list(tile.weights[rows - 1 - len(held)]))
    places = [(r, c) for r in range(rows) for c in range(cols)]
    multipliers: dict[tuple[int, int], Pipe[Tagged]] = {place: Pipe(multiplier_stages, None) for place in places}
    adders: dict[tuple[int, int], Pipe[Tagged]] = {place: Pipe(adder_stages, None) for place in places}
    results: dict[tuple[int, ...], int] = {}
    cycle = 0
    while len(results) < len(tile.activations) * cols:
        for r, c in reversed(places):
            # Row r starts as many cycles later as the sums from the north need to reach it.
            m = cycle - r * adder_stages - c
            entering = (m, tile.activations[m][r] * held[r][c]) if 0 <= m < len(tile.activations) else None
            product, north = multipliers[r, c].clock(entering), adders[r - 1, c].last if r else None
            if product is not None and north is not None:
                assert product[0] == north[0], "a sum met another row's product"
                product = (product[0], product[1] + north[1])
            adders[r, c].clock(product)
        for c in range(cols):
            leaving = adders[rows - 1, c].last
            if leaving is not None:
                results[leaving[0], c] = leaving[1]
        cycle += 1
    return len(held), TextbookRun(results, cycle)
