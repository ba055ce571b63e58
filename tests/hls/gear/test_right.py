"""The right gearbox and the counted indices against ``load_right``, and their clocks."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_gear import Tile, Word, as_words
from refusal import assert_refused
from stream_bench import Collector, Feeder, Moved, run

from heddle.arch.nm import index_bits
from heddle.hls.axi.channels import AxiShape
from heddle.hls.gear.right import IndexCounter, RightGearbox

BUS_8, BUS_16, BUS_64 = (AxiShape(nbytes, page_bytes=256) for nbytes in (8, 16, 64))
STALLS = st.sampled_from([(0.0, 0.0, 0.0), (0.5, 0.0, 0.0), (0.0, 0.6, 0.0), (0.0, 0.0, 0.8), (0.3, 0.3, 0.3)])
NONE = (0.0, 0.0, 0.0)
GROUP_M = st.sampled_from([2, 4, 8, 32])


def told(tile: Tile) -> dict[str, int]:
    return {"pixels": tile.pixels, "elements": tile.elements}


def laid_down(
    box: RightGearbox, tiles: list[Tile], words: list[Word], count: int, stalls: tuple[float, float, float] = NONE
) -> list[Moved]:
    """Settings, words in, columns out. ``stalls``: how often bytes, columns and settings pause."""
    return run(
        box,
        [
            Feeder(box.settings, [told(tile) for tile in tiles], stalls[2], seed=5),
            Feeder(box.words, words, stalls[0], seed=6),
            Collector(box.columns, count, stalls[1], seed=7),
        ],
    )


def in_order(every: list[list[list[int]]]) -> list[tuple[list[int], int]]:
    """Columns and ``last`` of each word of each tile."""
    return [(word, int(place == len(words) - 1)) for words in every for place, word in enumerate(words)]


def as_lists(words: list[Any]) -> list[tuple[list[int], int]]:
    return [([*word.columns], word.last) for word in words]


def some_tiles(group_m: int) -> Any:
    tile = st.builds(Tile, st.integers(1, 9), st.integers(1, 20), st.integers(1, group_m), st.just(group_m))
    return st.lists(tile, min_size=1, max_size=3)


@settings(max_examples=16, deadline=None)
@given(some_tiles(4), st.sampled_from([1, 3, 4, 5, 8, 12]), st.sampled_from([BUS_8, BUS_16]), STALLS)
def test_every_value_stands_in_its_column(
    tiles: list[Tile], cols: int, port: AxiShape, stalls: tuple[float, float, float]
) -> None:
    expected = in_order([tile.right_words(cols) for tile in tiles])
    words = [word for tile in tiles for word in as_words(tile.image, port.data_bytes)]
    *_, taken = laid_down(RightGearbox(cols, 16, port), tiles, words, len(expected), stalls)
    assert as_lists(taken.words) == expected


@settings(max_examples=16, deadline=None)
@given(GROUP_M.flatmap(some_tiles), st.sampled_from([1, 3, 4, 5, 8, 32]), st.sampled_from([BUS_8, BUS_16]), STALLS)
def test_every_packed_index_stands_in_its_column(
    tiles: list[Tile], cols: int, port: AxiShape, stalls: tuple[float, float, float]
) -> None:
    width = index_bits(tiles[0].group_m)
    expected = in_order([tile.index_words(cols) for tile in tiles])
    words = [word for tile in tiles for word in as_words(tile.index_image, port.data_bytes)]
    *_, taken = laid_down(RightGearbox(cols, width, port), tiles, words, len(expected), stalls)
    assert as_lists(taken.words) == expected


@settings(max_examples=12, deadline=None)
@given(GROUP_M.flatmap(some_tiles), st.sampled_from([1, 3, 8]), st.sampled_from([0.0, 0.6]))
def test_indices_are_counted_slot_by_slot(tiles: list[Tile], cols: int, pause: float) -> None:
    counter = IndexCounter(cols, tiles[0].group_m)
    every = [tile.counted_words(cols) for tile in tiles]
    count = sum(map(len, every))
    fed, taken = run(
        counter,
        [
            Feeder(counter.settings, [tile.settings for tile in tiles], pause / 2, seed=1),
            Collector(counter.columns, count, pause, seed=2),
        ],
    )
    # Where a slot has no column the values are zeros, and any index will do.
    for (columns, last), (expected, expected_last) in zip(as_lists(taken.words), in_order(every), strict=True):
        assert (columns, last) == ([expected[0]] * cols, expected_last)
    if not pause:
        assert taken.clocks == [fed.clocks[0] + counter.latency + word for word in range(count)]


@pytest.mark.parametrize(
    ("tile", "cols", "clocks"),
    [
        (Tile(12, 32, 8, 8), 32, 12),
        (Tile(3, 128, 8, 8), 32, 12),
        (Tile(6, 64, 8, 8), 64, 12),
        (Tile(12, 27, 8, 8), 32, 12),
        (Tile(4, 15, 8, 8), 5, 12),
        (Tile(4, 50, 8, 8), 64, 8),
    ],
    ids=["a slot a word", "four words a slot", "two bus words a word", "short slots", "5 columns", "50 of 64 columns"],
)
def test_a_piece_of_512_bits_a_clock(tile: Tile, cols: int, clocks: int) -> None:
    box = RightGearbox(cols, 16, BUS_64)
    expected = in_order([tile.right_words(cols)])
    *_, taken = laid_down(box, [tile], as_words(tile.image, 64), len(expected))
    assert as_lists(taken.words) == expected
    assert taken.clocks[-1] - taken.clocks[0] + 1 == clocks - (box.parts - 1)


def test_a_word_of_indices_a_clock() -> None:
    tile = Tile(40, 32, 8, 8)
    expected = in_order([tile.index_words(32)])
    *_, taken = laid_down(RightGearbox(32, 3, BUS_64), [tile], as_words(tile.index_image, 64), len(expected))
    assert as_lists(taken.words) == expected
    assert taken.clocks[-1] - taken.clocks[0] == len(expected) - 1


@pytest.mark.parametrize(("cols", "parts"), [(4, 1), (8, 2)])
def test_latencies(cols: int, parts: int) -> None:
    box = RightGearbox(cols, 16, BUS_8)
    assert box.parts == parts
    tile = Tile(1, cols, 4, 4)
    words = as_words(tile.image, 8)
    _, fed, taken = laid_down(box, [tile], words, 1, (0.95, 0.0, 0.0))
    assert taken.clocks[-1] - fed.clocks[-1] == box.latency
    settings_, _, taken = laid_down(box, [tile], words, 1, (0.0, 0.0, 0.95))
    assert taken.clocks[-1] - settings_.clocks[-1] == box.settings_latency + parts - 1


@pytest.mark.parametrize(("tile", "gap"), [(Tile(3, 8, 4, 4), 1), (Tile(3, 11, 4, 4), 2)])
def test_the_next_tile_follows_without_a_gap_unless_the_last_piece_began_a_word_before(tile: Tile, gap: int) -> None:
    tiles = [tile] * 3
    count = 3 * len(tile.right_words(4))
    *_, taken = laid_down(RightGearbox(4, 16, BUS_16), tiles, as_words(tile.image, 16) * 3, count)
    begins = [clock for clock, word in zip(taken.clocks[1:], taken.words, strict=False) if word.last]
    ends = [clock for clock, word in zip(taken.clocks[:-1], taken.words, strict=False) if word.last]
    assert [begin - end for begin, end in zip(begins, ends, strict=True)] == [gap, gap]


def test_a_tile_of_nothing_gives_no_word_and_holds_up_no_other() -> None:
    box = RightGearbox(4, 16, BUS_8)
    tile = Tile(3, 5, 4, 4)
    expected = in_order([tile.right_words(4)])
    tiles = [Tile(0, 5, 4, 4), Tile(2, 0, 4, 4), tile]
    *_, taken = laid_down(box, tiles, as_words(tile.image, 8), len(expected))
    assert as_lists(taken.words) == expected


def test_an_element_that_no_word_holds_is_refused() -> None:
    assert_refused(
        partial(RightGearbox, 4, 64, AxiShape(4, page_bytes=64)),
        ValueError,
        "an element of 64 bits is more than a word of 4 bytes",
    )
