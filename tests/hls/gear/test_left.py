"""The left gearbox against ``load_left``, and its clocks."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_gear import Tile, as_words
from refusal import assert_refused
from stream_bench import Collector, Feeder, Moved, run

from heddle.hls.axi.channels import AxiShape
from heddle.hls.gear.left import LeftGearbox

BUS_8, BUS_16, BUS_64 = (AxiShape(nbytes, page_bytes=256) for nbytes in (8, 16, 64))

STALLS = st.sampled_from([(0.0, 0.0, 0.0), (0.5, 0.0, 0.0), (0.0, 0.6, 0.0), (0.0, 0.0, 0.8), (0.3, 0.3, 0.3)])


def laid_down(
    box: LeftGearbox, tiles: list[Tile], stalls: tuple[float, float, float] = (0.0, 0.0, 0.0)
) -> tuple[Moved, Moved]:
    """Words in and groups out. ``stalls``: how often bytes, groups and settings pause."""
    words = [word for tile in tiles for word in as_words(tile.image, box.port.data_bytes)]
    count = sum(len(tile.group_words(box.lanes)) for tile in tiles)
    _, fed, taken = run(
        box,
        [
            Feeder(box.settings, [tile.settings for tile in tiles], stalls[2], seed=5),
            Feeder(box.words, words, stalls[0], seed=6),
            Collector(box.groups, count, stalls[1], seed=7),
        ],
    )
    return fed, taken


def expected(tiles: list[Tile], lanes: int) -> list[tuple[list[list[int]], int]]:
    """Groups and ``last`` of each word."""
    every = []
    for tile in tiles:
        words = tile.group_words(lanes)
        every += [(word, int(place == len(words) - 1)) for place, word in enumerate(words)]
    return every


def as_lists(words: list[Any]) -> list[tuple[list[list[int]], int]]:
    return [([[*group] for group in [*word.groups][: word.count]], word.last) for word in words]


@st.composite
def some_tiles(draw: Any) -> tuple[AxiShape, list[Tile]]:
    port, group_m = draw(st.sampled_from([(BUS_8, 2), (BUS_8, 4), (BUS_16, 4), (BUS_16, 2)]))
    tile = st.builds(
        Tile, st.integers(1, 7), st.integers(1, 4 * group_m + 1), st.integers(1, group_m), st.just(group_m)
    )
    return port, draw(st.lists(tile, min_size=1, max_size=3))


@settings(max_examples=20, deadline=None)
@given(some_tiles(), STALLS)
def test_every_group_is_laid_down_as_the_simulator_does(
    drawn: tuple[AxiShape, list[Tile]], stalls: tuple[float, float, float]
) -> None:
    port, tiles = drawn
    box = LeftGearbox(16, tiles[0].group_m, port)
    _, taken = laid_down(box, tiles, stalls)
    assert as_lists(taken.words) == expected(tiles, box.lanes)


@pytest.mark.parametrize(
    ("tile", "clocks"),
    [
        (Tile(6, 64, 8, 8), 12),
        (Tile(48, 8, 8, 8), 12),
        (Tile(16, 24, 8, 8), 12),
        (Tile(48, 3, 3, 8), 12),
        (Tile(12, 12, 6, 8), 6),
        (Tile(12, 13, 7, 8), 12),
    ],
    ids=["whole words", "pixels of a group", "pixels across words", "groups of 3", "two groups of 6", "a short group"],
)
def test_a_word_of_512_bits_a_clock(tile: Tile, clocks: int) -> None:
    _, taken = laid_down(LeftGearbox(16, 8, BUS_64), [tile])
    assert as_lists(taken.words) == expected([tile], 4)
    assert taken.clocks[-1] - taken.clocks[0] + 1 == clocks


@pytest.mark.parametrize(
    ("tile", "gap"),
    [(Tile(4, 40, 4, 4), 1), (Tile(9, 13, 4, 4), 1), (Tile(5, 37, 4, 4), 2)],
    ids=["whole words", "last piece in the last word", "last piece across two words"],
)
def test_the_next_tile_follows_without_a_gap_unless_the_last_piece_began_a_word_before(tile: Tile, gap: int) -> None:
    box = LeftGearbox(16, 4, BUS_16)
    _, taken = laid_down(box, [tile] * 3)
    ends = [clock for clock, word in zip(taken.clocks, taken.words, strict=True) if word.last]
    begins = [taken.clocks[taken.clocks.index(end) + 1] for end in ends[:-1]]
    assert [begin - end for begin, end in zip(begins, ends[:-1], strict=True)] == [gap, gap]


def test_a_tile_of_one_word_waits_for_its_settings() -> None:
    _, taken = laid_down(LeftGearbox(16, 4, BUS_8), [Tile(1, 4, 4, 4)] * 4)
    assert [later - earlier for earlier, later in pairwise(taken.clocks)] == [2 + (4).bit_length()] * 3


def test_latencies() -> None:
    box = LeftGearbox(16, 4, BUS_8)
    longest = {"pixels": 1, "elements": 1 << 17, "group_elements": 4}
    words = as_words(Tile(1, 16, 4, 4).image, 8)[:3]
    told, _, taken = run(box, [Feeder(box.settings, [longest]), Feeder(box.words, words), Collector(box.groups, 3)])
    assert taken.clocks[0] - told.clocks[0] == box.settings_latency
    fed, taken = laid_down(box, [Tile(2, 4, 4, 4)], (0.95, 0.0, 0.0))
    assert taken.clocks[-1] - fed.clocks[-1] == box.latency


def test_a_tile_of_nothing_gives_no_word_and_holds_up_no_other() -> None:
    box = LeftGearbox(16, 4, BUS_8)
    tile = Tile(3, 5, 4, 4)
    empty = [{"pixels": 0, "elements": 5, "group_elements": 4}, {"pixels": 2, "elements": 0, "group_elements": 4}]
    count = len(tile.group_words(1))
    *_, taken = run(
        box,
        [
            Feeder(box.settings, [*empty, tile.settings]),
            Feeder(box.words, as_words(tile.image, 8)),
            Collector(box.groups, count),
        ],
    )
    assert as_lists(taken.words) == expected([tile], 1)


def test_a_group_that_no_word_holds_is_refused() -> None:
    assert_refused(
        partial(LeftGearbox, 16, 8, BUS_8), ValueError, "a group of 8 x 16 bits is more than a word of 8 bytes"
    )
