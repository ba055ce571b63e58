"""Words of lanes, and cases that reach another process unchanged."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from stand_in_cases import stand_in_case

from heddle.verify.case_file import load_cases, save_cases, word_integers
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


def test_cases_come_back_from_their_file_as_they_were(tmp_path: Path) -> None:
    cases = [stand_in_case("plain", 3), stand_in_case("stalled", 4, seed=5, passes=2, idle=0.25, backpressure=0.5)]
    save_cases(tmp_path / "cases.npz", cases)
    for case, loaded in zip(cases, load_cases(tmp_path / "cases.npz"), strict=True):
        assert (loaded.name, loaded.sim_cycles, loaded.limit_cycles) == (case.name, case.sim_cycles, case.limit_cycles)
        assert (loaded.seed, loaded.rerun, loaded.constants) == (case.seed, case.rerun, case.constants)
        for stream, other in zip(case.inputs, loaded.inputs, strict=True):
            assert (stream.name, stream.idle) == (other.name, other.idle)
            np.testing.assert_array_equal(stream.words, other.words)
            np.testing.assert_array_equal(stream.source, other.source)
        for output, other in zip(case.outputs, loaded.outputs, strict=True):
            assert (output.name, output.lane_bits, output.columns) == (other.name, other.lane_bits, other.columns)
            assert output.backpressure == other.backpressure
            np.testing.assert_array_equal(output.expected, other.expected)
            np.testing.assert_array_equal(output.place, other.place)
