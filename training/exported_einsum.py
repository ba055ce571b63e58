"""Two operands in Einstein's notation as a batch of matrix products."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

# Stand-ins for the axes of an ellipsis: no letter, so they collide with no label.
_ELLIPSIS_LABELS = "0123456789"


@dataclass(frozen=True)
class Contraction:
    """``batch`` products of [left x inner] by [inner x right]; ``inner`` is 1 where nothing is summed over."""

    batch: int
    left: int
    inner: int
    right: int


def contraction(equation: str, left_shape: tuple[int, ...], right_shape: tuple[int, ...]) -> Contraction:
    """Read a valid two-operand equation, ellipses and an implied result included.

    Labels of both operands are batch where the result has them, else summed over; an axis of size one that
    meets a longer one counts with the longer.
    """
    operands, arrow, result = equation.replace(" ", "").partition("->")
    left_term, right_term = operands.split(",")
    left, right = _labels(left_term, len(left_shape)), _labels(right_term, len(right_shape))
    out = set(_labels(result, None)) if arrow else _implied_result(left + right)
    sizes: dict[str, int] = {}
    for label, size in zip(left + right, left_shape + right_shape, strict=True):
        sizes[label] = max(size, sizes.get(label, 1))
    shared = set(left) & set(right)
    return Contraction(
        batch=_product(sizes, shared & out),
        left=_product(sizes, set(left) - shared),
        inner=_product(sizes, shared - out),
        right=_product(sizes, set(right) - shared),
    )


def _labels(term: str, dimensions: int | None) -> str:
    """One character an axis. An ellipsis takes the last of the stand-ins, as its axes align at the right."""
    if "..." not in term:
        return term
    named = len(term) - len("...")
    covered = len(_ELLIPSIS_LABELS) if dimensions is None else dimensions - named
    return term.replace("...", _ELLIPSIS_LABELS[len(_ELLIPSIS_LABELS) - covered :])


def _implied_result(labels: str) -> set[str]:
    """Without an arrow the result has the ellipsis and every label that occurs once."""
    return {label for label, count in Counter(labels).items() if count == 1 or label in _ELLIPSIS_LABELS}


def _product(sizes: dict[str, int], labels: set[str]) -> int:
    return math.prod(sizes[label] for label in labels)
