"""Words of lanes."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.verify.case_file import word_integers
from heddle.verify.cases import pack_lanes


@settings(max_examples=50)
@given(st.integers(1, 64), st.integers(1, 9), st.integers(1, 5), st.randoms(use_true_random=False))
def test_the_first_lane_stands_in_the_least_significant_bits(bits: int, lanes: int, words: int, random: Random) -> None:
    values = [[random.getrandbits(bits) for _ in range(lanes)] for _ in range(words)]
    packed = word_integers(pack_lanes(np.array(values, dtype=np.uint64), bits))
    assert packed == [sum(value << bits * lane for lane, value in enumerate(word)) for word in values]


def test_a_word_takes_whole_bytes() -> None:
    assert pack_lanes(np.zeros((3, 4), np.uint64), 18).shape == (3, 9)
    assert pack_lanes(np.zeros((3, 1), np.uint64), 17).shape == (3, 3)
