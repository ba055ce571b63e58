from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.arch.errors import HeddleError
from heddle.arch.timing import slots_of
from heddle.dataflow.program.slots import dense_slots, pack_columns, packed_slots


def largest_first(column: list[int], n: int) -> list[int]:
    """The indices of the n largest magnitudes of a group, ties to the lower one, in rising order."""
    order = sorted(range(len(column)), key=lambda index: (-(column[index] & 0x7FFF), index))
    return sorted(order[:n])


@settings(max_examples=150)
@given(
    length=st.integers(1, 40),
    cols=st.integers(1, 3),
    m=st.sampled_from([2, 4, 8, 16]),
    keep=st.floats(0, 1),
    seed=st.integers(0, 2**32 - 1),
)
def test_each_group_gives_its_largest_elements_and_a_partial_one_no_more_than_it_has(
    length: int, cols: int, m: int, keep: float, seed: int
) -> None:
    n = max(1, round(keep * m))
    right = np.random.default_rng(seed).choice(np.array([0, 0x8000, 1, 0x8001, 0x3C00], np.uint16), (length, cols))
    slots = packed_slots(pack_columns(right, n, m), length)
    assert slots.values.shape == slots.k_index.shape == (slots_of(length, n, m), cols)
    for col in range(cols):
        expected = [
            first + index
            for first in range(0, length, m)
            for index in largest_first(right[first : first + m, col].tolist(), n)
        ]
        assert slots.k_index[:, col].tolist() == expected
        assert np.array_equal(slots.values[:, col], right[expected, col])


@pytest.mark.parametrize("length", [1, 7, 8, 13])
def test_dense_is_m_of_m(length: int) -> None:
    right = np.random.default_rng(0).integers(0, 1 << 16, (length, 5), dtype=np.uint16)
    dense, packed = dense_slots(right), packed_slots(pack_columns(right, 8, 8), length)
    assert np.array_equal(dense.values, packed.values)
    assert np.array_equal(dense.k_index, packed.k_index)


def test_an_operand_of_another_length_is_refused() -> None:
    packed = pack_columns(np.zeros((16, 3), np.uint16), 2, 8)
    with pytest.raises(HeddleError, match="packed operand has 2 groups of 8, but the left operand has k = 17"):
        packed_slots(packed, 17)
