"""The systolic array, register by register and cycle by cycle, for arrays small enough to step through.

Nothing here knows the timing contract: operands move one PE a cycle, an addition comes out of the adder's
pipeline when it has passed all its stages, results leave when the chain has shifted them out. The counts and
the products that come out are what the contract and arithmetic must say.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

Matrix = list[list[int]]


@dataclass
class OsElement:
    """One output-stationary PE: multiplier pipeline, then a ring of adder pipeline and delay line."""

    multiplier: deque[tuple[int, int] | None]
    adder: deque[tuple[int, int] | None]
    delay: deque[tuple[int, int] | None]
    captured: dict[int, int] = field(default_factory=dict)
    additions: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, ring: int, adder_stages: int, multiplier_stages: int) -> OsElement:
        """A PE whose adder has ``adder_stages`` registers and whose ring is ``ring`` long."""
        return cls(
            multiplier=deque([None] * multiplier_stages),
            adder=deque([None] * adder_stages),
            delay=deque([None] * (ring - adder_stages)),
        )

    def clock(self, operands: tuple[int, int, int] | None, slots: int) -> None:
        """One cycle: ``operands`` are (output, activation, weight), or None; a finished sum is captured."""
        self.multiplier.append(None if operands is None else (operands[0], operands[1] * operands[2]))
        product = self.multiplier.popleft()
        # What the ring brings round: the sum that entered the adder one turn ago.
        self.delay.append(self._previous)
        partial = self.delay.popleft()
        entering = None
        if product is not None:
            output, value = product
            if partial is not None:
                assert partial[0] == output, "the ring brought another output's sum"
                value += partial[1]
            entering = (output, value)
        self.adder.append(entering)
        self.adder.popleft()
        # The register at the adder's end holds its result at the end of this cycle.
        self._previous = self.adder[0]
        if self._previous is not None:
            output, value = self._previous
            self.additions[output] = self.additions.get(output, 0) + 1
            if self.additions[output] == slots:
                self.captured[output] = value
                self._previous = None

    _previous: tuple[int, int] | None = None


@dataclass(frozen=True)
class Run:
    """What came out: the results by row and column, the cycles from first operand in to last result out."""

    results: dict[tuple[int, ...], int]
    cycles: int


def run_output_stationary(
    activations: list[Matrix],
    weights: list[Matrix],
    *,
    interleave: int,
    adder_stages: int,
    multiplier_stages: int,
    chain: bool,
) -> Run:
    """Run one OS tile. ``activations[i][row][slot]`` and ``weights[i][col][slot]`` belong to output i of a PE.

    With ``chain`` each column shifts its results south, a word a cycle, once its last PE has captured its last
    sum; without it every PE has its own wire. Results are keyed (row, column, i).
    """
    rows, cols, slots = len(activations[0]), len(weights[0]), len(weights[0][0])
    ring = max(interleave, adder_stages)
    elements = {(r, c): OsElement.of(ring, adder_stages, multiplier_stages) for r in range(rows) for c in range(cols)}
    chains: dict[int, deque[tuple[tuple[int, ...], int]]] = {}
    results: dict[tuple[int, ...], int] = {}
    east: dict[tuple[int, int], tuple[int, int] | None] = {}
    south: dict[tuple[int, int], tuple[int, int] | None] = {}
    cycle = 0
    while len(results) < rows * cols * interleave:
        for column, words in chains.items():
            if words:
                key, value = words.popleft()
                assert key[1] == column
                results[key] = value
        before_east, before_south = dict(east), dict(south)
        for (r, c), element in elements.items():
            # Operands come from the edge, delayed by one cycle a row or column, or from the neighbour's register.
            left = _edge(activations, r, cycle - r, ring, slots) if c == 0 else before_east.get((r, c - 1))
            top = _edge(weights, c, cycle - c, ring, slots) if r == 0 else before_south.get((r - 1, c))
            east[r, c], south[r, c] = left, top
            assert (left is None) == (top is None), "operands do not meet"
            operands = None
            if left is not None and top is not None:
                assert left[0] == top[0]
                operands = (left[0], left[1], top[1])
            element.clock(operands, slots)
            if not chain:
                results.update({(r, c, i): value for i, value in element.captured.items()})
        for c in range(cols):
            column = [elements[r, c] for r in range(rows)]
            if chain and c not in chains and all(len(pe.captured) == interleave for pe in column):
                chains[c] = deque(
                    ((r, c, i), elements[r, c].captured[i]) for r in reversed(range(rows)) for i in range(interleave)
                )
        cycle += 1
    return Run(results, cycle)


def _edge(operands: list[Matrix], lane: int, cycle: int, ring: int, slots: int) -> tuple[int, int] | None:
    """What enters a lane of the edge: one turn of the ring a slot, its outputs one after another."""
    slot, output = divmod(cycle, ring)
    if cycle < 0 or slot >= slots or output >= len(operands):
        return None
    return output, operands[output][lane][slot]


def run_weight_stationary(
    activations: Matrix, weights: Matrix, *, adder_stages: int, multiplier_stages: int
) -> tuple[Run, Run]:
    """Shift ``weights[slot][col]`` in, then stream ``activations[m][slot]``; sums leave at the south edge.

    Returns the run of the shift alone and that of the stream alone. Results of the stream are keyed (m, column).
    """
    rows, cols = len(weights), len(weights[0])
    held: list[list[int | None]] = [[None] * cols for _ in range(rows)]
    load_cycles = 0
    while any(value is None for row in held for value in row):
        held = [list(weights[rows - 1 - load_cycles]), *held[:-1]]
        load_cycles += 1
    assert held == weights
    east: dict[tuple[int, int], tuple[int, int] | None] = {}
    multipliers = {(r, c): deque([None] * multiplier_stages) for r in range(rows) for c in range(cols)}
    adders = {(r, c): deque([None] * adder_stages) for r in range(rows) for c in range(cols)}
    results: dict[tuple[int, ...], int] = {}
    cycle = 0
    while len(results) < len(activations) * cols:
        before_east = dict(east)
        before_sums = {place: adder[0] for place, adder in adders.items()}
        for r in range(rows):
            for c in range(cols):
                # Row r starts as many cycles later as the sums from the north need to reach it.
                m = cycle - r * adder_stages
                entering = (m, activations[m][r]) if 0 <= m < len(activations) else None
                east[r, c] = entering if c == 0 else before_east.get((r, c - 1))
                _clock_ws(east[r, c], held[r][c], multipliers[r, c], adders[r, c], before_sums.get((r - 1, c)))
        for c in range(cols):
            leaving = adders[rows - 1, c][0]
            if leaving is not None:
                results[leaving[0], c] = leaving[1]
        cycle += 1
    return Run({}, load_cycles), Run(results, cycle)


def _clock_ws(
    activation: tuple[int, int] | None,
    weight: int | None,
    multiplier: deque[tuple[int, int] | None],
    adder: deque[tuple[int, int] | None],
    from_north: tuple[int, int] | None,
) -> None:
    assert weight is not None
    multiplier.append(None if activation is None else (activation[0], activation[1] * weight))
    product = multiplier.popleft()
    total = product
    if product is not None and from_north is not None:
        assert product[0] == from_north[0], "a sum met another row's product"
        total = (product[0], product[1] + from_north[1])
    adder.append(total)
    adder.popleft()
