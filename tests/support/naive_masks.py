"""N:M masks and draws by their definitions, in loops. Nothing of them is shared with the product."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, product

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


# Masks


def magnitude_key(value: np.floating) -> tuple[bool, int, float]:
    """How large a number counts: any NaN is more than any number, and of two NaNs the one with the larger payload."""
    if math.isnan(value):
        return True, int(np.float32(value).view(np.uint32)) & 0x7FFF_FFFF, 0.0
    return False, 0, abs(float(value))


def kept_of_group(group: Sequence[np.floating], n: int) -> set[int]:
    """The places of the ``n`` largest, ties to the lower: each place must beat all but n - 1 of the others."""
    keys = [magnitude_key(value) for value in group]
    kept = set()
    for place, key in enumerate(keys):
        before = sum(other > key or (other == key and at < place) for at, other in enumerate(keys))
        if before < n:
            kept.add(place)
    return kept


def top_n_mask(values: npt.NDArray[np.floating], n: int, m: int, axis: int) -> Mask:
    """Which elements are among the N largest of their M along ``axis``; a partial last group of r keeps min(N, r)."""
    mask = np.zeros(values.shape, np.bool_)
    lines, marks = np.moveaxis(values, axis, -1), np.moveaxis(mask, axis, -1)
    for line in np.ndindex(*lines.shape[:-1]):
        for first in range(0, lines.shape[-1], m):
            for place in kept_of_group(lines[line][first : first + m], n):
                marks[(*line, first + place)] = True
    return mask


def top_n(values: Array, n: int, m: int, axis: int) -> Array:
    """``values`` where ``top_n_mask`` keeps them, 0 elsewhere."""
    return np.where(top_n_mask(values, n, m, axis), values, 0.0)


def greedy_block(block: npt.NDArray[np.floating], n: int) -> Mask:
    """Take the largest element whose row and column still have room, again and again; ties in reading order."""
    kept = np.zeros(block.shape, np.bool_)
    while True:
        open_places = [
            place
            for place in np.ndindex(*block.shape)
            if not kept[place] and kept[place[0]].sum() < n and kept[:, place[1]].sum() < n
        ]
        if not open_places:
            return kept
        kept[max(open_places, key=lambda place: (magnitude_key(block[place]), [-at for at in place]))] = True


def transposable_mask(weight: npt.NDArray[np.floating], n: int, m: int) -> Mask:
    """``greedy_block`` of every M x M block of output and input channels, tap by tap."""
    mask = np.zeros(weight.shape, np.bool_)
    for tap in np.ndindex(*weight.shape[2:]):
        for row, col in product(range(0, weight.shape[0], m), range(0, weight.shape[1], m)):
            block = (slice(row, row + m), slice(col, col + m), *tap)
            mask[block] = greedy_block(weight[block], n)
    return mask


def best_block_sum(block: npt.NDArray[np.floating], n: int) -> float:
    """The largest sum of magnitudes that any mask with at most N a row and a column keeps, by trying all."""
    m = len(block)
    rows = [choice for count in range(n + 1) for choice in combinations(range(m), count)]
    best = 0.0
    for choices in product(rows, repeat=m):
        if all(sum(col in choice for choice in choices) <= n for col in range(m)):
            best = max(best, sum(abs(float(block[row, col])) for row, cols in enumerate(choices) for col in cols))
    return best


def permuted_mask(weight: Array, order: Sequence[int], n: int, m: int) -> Mask:
    """Top N of M along output channels that stand in ``order``."""
    mask = np.zeros(weight.shape, np.bool_)
    mask[list(order)] = top_n_mask(weight[list(order)], n, m, 0)
    return mask


# Draws


def keep_chances(group: Sequence[Fraction], n: int) -> list[Fraction]:
    """Chances in proportion to magnitude that sum to ``n``, none above 1, exactly; fewer non-zeros are all certain."""
    certain: set[int] = set()
    while True:
        rest = [place for place in range(len(group)) if place not in certain and group[place]]
        total = sum((abs(group[place]) for place in rest), Fraction(0))
        chances = [Fraction(place in certain) for place in range(len(group))]
        for place in rest:
            chances[place] = abs(group[place]) * (n - len(certain)) / total
        over = {place for place in rest if chances[place] >= 1}
        if not over:
            return chances
        certain |= over


def drawn_group(group: Sequence[Fraction], n: int, draw: Fraction) -> list[Fraction]:
    """Keep an element when a point of draw, draw + 1, ... lies in its stretch of a line on which chances are laid."""
    values, begin = [], Fraction(0)
    for value, chance in zip(group, keep_chances(group, n), strict=True):
        hit = any(begin <= draw + whole < begin + chance for whole in range(n))
        values.append(value / chance if hit else Fraction(0))
        begin += chance
    return values
