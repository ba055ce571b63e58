"""The Pareto front against its definition."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from heddle.dse.pareto import pareto_rows

few_values = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=30).filter(lambda shape: shape[1] <= 7),
    elements=st.integers(0, 4).map(float),
)


def naive_front(values: np.ndarray) -> list[int]:
    """The definition: no other row nowhere worse and somewhere better, no earlier row equal."""
    kept = []
    for i, row in enumerate(values):
        beaten = any((other <= row).all() and (other < row).any() for other in values)
        repeated = any((earlier == row).all() for earlier in values[:i])
        if not beaten and not repeated:
            kept.append(i)
    return kept


@given(few_values)
@settings(max_examples=150, deadline=None)
def test_the_front_is_that_of_the_definition(values: np.ndarray):
    assert pareto_rows(values).tolist() == naive_front(values)


@given(few_values, st.integers(0, 30))
@settings(max_examples=60, deadline=None)
def test_the_front_of_the_parts_fronts_is_the_front(values: np.ndarray, cut: int):
    parts = [np.arange(len(values))[:cut], np.arange(len(values))[cut:]]
    candidates = np.concatenate([part[pareto_rows(values[part])] for part in parts])
    assert candidates[pareto_rows(values[candidates])].tolist() == pareto_rows(values).tolist()


def test_of_equal_points_the_first_is_kept():
    assert pareto_rows(np.array([[2.0, 2.0], [1.0, 1.0], [1.0, 1.0]])).tolist() == [1]


def test_no_points_have_no_front():
    assert pareto_rows(np.zeros((0, 3))).tolist() == []


def test_one_objective_leaves_its_smallest_value():
    assert pareto_rows(np.array([[3.0], [1.0], [2.0], [1.0]])).tolist() == [1]
