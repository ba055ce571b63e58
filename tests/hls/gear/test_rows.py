"""Cuts of rows against a naive twin, a cut a clock."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stream_bench import Collector, Feeder, run

from heddle.hls.gear.rows import RowCuts, largest_part

Rows = tuple[int, int, int, int]
Cut = tuple[int, int, int, int]


def naive_cuts(rows: int, elements: int, most: int, tag: int) -> list[Cut]:
    """Count, ``ends``, ``last`` and tag of each."""
    row = [(min(most, elements - start), int(start + most >= elements)) for start in range(0, elements, most)]
    cuts = row * rows
    return [(count, ends, int(place == len(cuts) - 1), tag) for place, (count, ends) in enumerate(cuts)]


ROWS = st.tuples(st.integers(0, 5), st.integers(0, 12), st.integers(1, 4), st.integers(0, 3))


@settings(max_examples=20, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=4), st.sampled_from([0.0, 0.5]))
def test_cuts_follow_each_other(every: list[Rows], pause: float) -> None:
    expected = [cut for rows in every for cut in naive_cuts(*rows)]
    cutter = RowCuts(4, element_bits=6, tag=2)
    words = [dict(zip(("rows", "elements", "most", "tag"), rows, strict=True)) for rows in every]
    fed, taken = run(cutter, [Feeder(cutter.rows, words, seed=1), Collector(cutter.cuts, len(expected), pause, seed=2)])
    assert [(cut.count, cut.ends, cut.last, cut.tag) for cut in taken.words] == expected
    if not pause and all(rows and elements for rows, elements, *_ in every):
        assert taken.clocks == [fed.clocks[0] + cutter.latency + place for place in range(len(expected))]


@pytest.mark.parametrize(("cols", "most", "part"), [(5, 32, 5), (32, 32, 32), (64, 32, 32), (48, 32, 24), (37, 32, 1)])
def test_the_largest_equal_parts(cols: int, most: int, part: int) -> None:
    assert largest_part(cols, most) == part
