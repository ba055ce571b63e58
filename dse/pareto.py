"""The exact Pareto front: the points that no other point is at least as good as, in every objective.

All objectives are minimised. Of points that are equal in all of them only the first is kept.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from heddle.arch.jit import kernel

Values = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


@kernel
def _covers(values: Values, a: int, b: int) -> bool:
    """True when point ``a`` is at least as good as point ``b`` in every objective."""
    for o in range(values.shape[1]):  # noqa: SIM110 - Numba compiles no generator expression
        if values[a, o] > values[b, o]:
            return False
    return True


@kernel
def _is_covered(values: Values, point: int, front: Places, count: int) -> bool:
    """True when one of ``front[:count]`` covers ``point``; that one moves half-way to the beginning.

    Neighbouring points tend to be covered by the same one, so that the search mostly ends after a few steps.
    """
    for position in range(count):
        if _covers(values, front[position], point):
            ahead = position // 2
            front[position], front[ahead] = front[ahead], front[position]
            return True
    return False


@kernel
def _fill_front(values: Values, front: Places) -> int:
    """Fill ``front`` with the rows of ``values`` on the Pareto front, in no order; return their number."""
    count = 0
    for point in range(values.shape[0]):
        if _is_covered(values, point, front, count):
            continue
        kept = 0
        for position in range(count):
            if not _covers(values, point, front[position]):
                front[kept] = front[position]
                kept += 1
        front[kept] = point
        count = kept + 1
    return count


def pareto_rows(values: Values) -> npt.NDArray[np.int64]:
    """Return the rows of ``values`` [points, objectives] that make up the Pareto front, rising.

    Exact: a row is left out if and only if another row is nowhere worse and somewhere better, or an earlier row
    is equal. So the front of a union is the front of its parts' fronts, if the parts keep their order.
    """
    front = np.empty(len(values), np.int64)
    count = _fill_front(np.ascontiguousarray(values, np.float64), front)
    return np.sort(front[:count])


def compile_pareto() -> None:
    """Compile the kernels here, or load them from the cache, by running them on nothing."""
    pareto_rows(np.zeros((0, 1)))
