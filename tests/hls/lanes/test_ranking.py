from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from refusal import assert_refused
from stream_bench import Collector, Feeder, run

from heddle.arch.errors import HeddleError
from heddle.arch.nm import pack
from heddle.hls.lanes.ranking import TopN

# FP16 and BF16 patterns that meet: zeros of both signs, equal magnitudes, infinities, NaN of both signs.
PATTERNS = [0x0000, 0x8000, 0x0001, 0x8001, 0x3C00, 0xBC00, 0x7C00, 0xFC00, 0x7F80, 0x7E00, 0xFE01, 0xFFFF]


def packed_groups(groups: list[list[int]], n: int) -> list[tuple[list[int], list[int]]]:
    packed = pack(np.array(groups, np.uint16), n, len(groups[0]))
    return list(zip(packed.values[:, 0].tolist(), packed.indices[:, 0].tolist(), strict=True))


def ranked(groups: list[list[int]], n: int) -> list[tuple[list[int], list[int]]]:
    ranking = TopN(n, len(groups[0]))
    _, taken = run(ranking, [Feeder(ranking.input, groups), Collector(ranking.output, len(groups))])
    return [(list(word.values), list(word.indices)) for word in taken.words]


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_it_keeps_what_the_encoding_keeps_for_every_n_and_m(data: st.DataObject) -> None:
    m = data.draw(st.sampled_from([2, 4, 8]))
    n = data.draw(st.integers(1, m))
    value = st.sampled_from(PATTERNS) | st.integers(0, 0xFFFF)
    groups = data.draw(st.lists(st.lists(value, min_size=m, max_size=m), min_size=1, max_size=20))
    assert ranked(groups, n) == packed_groups(groups, n)


@pytest.mark.parametrize(("n", "m"), [(1, 16), (2, 16), (16, 16), (3, 32)])
def test_it_keeps_what_the_encoding_keeps_of_wide_groups(n: int, m: int) -> None:
    draw = np.random.default_rng(m + n)
    groups = np.concatenate([draw.integers(0, 1 << 16, (6, m)), draw.choice(PATTERNS, (6, m))]).tolist()
    assert ranked(groups, n) == packed_groups(groups, n)


def test_equal_magnitudes_go_to_the_lower_index() -> None:
    assert ranked([[0x8000, 0x3C00, 0xBC00, 0x3C00]], 2) == [([0x3C00, 0xBC00], [1, 2])]


def test_a_group_leaves_three_clocks_after_it_entered_one_a_clock() -> None:
    ranking = TopN(2, 4)
    fed, taken = run(ranking, [Feeder(ranking.input, [[0] * 4] * 9), Collector(ranking.output, 9)])
    assert fed.clocks == list(range(9))
    assert taken.clocks == [clock + 3 for clock in fed.clocks]
    assert ranking.latency == 3


@pytest.mark.parametrize(
    ("n", "m", "message"),
    [
        (2, 6, "sparsity 2:6: M = 6 is not supported; M is one of 2, 4, 8, 16, 32"),
        (9, 8, "sparsity 9:8: N = 9 is not within 1 and M = 8"),
    ],
)
def test_an_unsupported_sparsity_is_refused(n: int, m: int, message: str) -> None:
    assert_refused(partial(TopN, n, m), HeddleError, message)
