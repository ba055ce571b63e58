"""Einstein's notation as matrix products, against numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.training.exported_einsum import Contraction, contraction


@pytest.mark.parametrize(
    ("equation", "left", "right", "expected"),
    [
        ("ij,jk->ik", (2, 3), (3, 4), Contraction(1, 2, 3, 4)),
        ("ij,jk", (2, 3), (3, 4), Contraction(1, 2, 3, 4)),
        ("bhqd, bhkd -> bhqk", (2, 6, 5, 8), (2, 6, 7, 8), Contraction(12, 5, 8, 7)),
        ("bqhd,bkhd->bhqk", (2, 5, 6, 8), (2, 7, 6, 8), Contraction(12, 5, 8, 7)),
        ("...ij,...jk->...ik", (2, 6, 3, 4), (2, 6, 4, 5), Contraction(12, 3, 4, 5)),
        ("...ij,...jk", (2, 6, 3, 4), (6, 4, 5), Contraction(6, 2 * 3, 4, 5)),
        ("...i,io->...o", (2, 9, 3), (3, 4), Contraction(1, 18, 3, 4)),
        ("i,j->ij", (2,), (3,), Contraction(1, 2, 1, 3)),
        ("bi,bi->bi", (2, 3), (2, 3), Contraction(6, 1, 1, 1)),
        ("bi,bi->b", (2, 3), (2, 3), Contraction(2, 1, 3, 1)),
        ("bij,bkj->bik", (2, 3, 1), (2, 5, 4), Contraction(2, 3, 4, 5)),
    ],
)
def test_equations(equation: str, left: tuple[int, ...], right: tuple[int, ...], expected: Contraction) -> None:
    assert contraction(equation, left, right) == expected


@settings(max_examples=100)
@given(st.data())
def test_the_products_are_those_that_numpy_counts(data: st.DataObject) -> None:
    sizes = {label: data.draw(st.integers(1, 4)) for label in "abcdef"}
    left = "".join(data.draw(st.permutations("abcd")))
    right = "".join(data.draw(st.permutations("cdef")))
    out = "abef" + data.draw(st.sampled_from(["", "c", "d", "cd"]))
    shapes = [tuple(sizes[label] for label in term) for term in (left, right)]
    found = contraction(f"{left},{right}->{out}", *shapes)
    result = np.einsum(f"{left},{right}->{out}", np.ones(shapes[0]), np.ones(shapes[1]))
    assert found.batch * found.left * found.right == result.size
    assert np.all(result == found.inner)
