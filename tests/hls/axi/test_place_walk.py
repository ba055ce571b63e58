"""The walk over places against ``pixel_addresses``, which works out every address by division."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stream_bench import Collector, Feeder, Moved, run

from heddle.arch.instructions import Places
from heddle.hls.axi.place_walk import PlaceWalk
from heddle.sim.program.transfers import pixel_addresses

COUNTS = st.integers(1, 5)
STRIDES = st.one_of(st.integers(0, 64), st.integers(0, (1 << 34) - 1))


@st.composite
def some_places(draw: Any) -> Places:
    rows, cols = draw(COUNTS), draw(COUNTS)
    return Places(
        address=draw(st.integers(0, (1 << 39) - 1)),
        first_row=draw(st.integers(0, rows - 1)),
        first_col=draw(st.integers(0, cols - 1)),
        row_positions=rows,
        col_positions=cols,
        col_stride=draw(STRIDES),
        row_stride=draw(STRIDES),
        image_stride=draw(STRIDES),
        pixels=draw(st.integers(1, 40)),
        elements=draw(st.integers(1, (1 << 18) - 1)),
    )


def command(places: Places, wide: int) -> dict[str, Any]:
    return {"places": vars(places), "wide": wide}


def expected(places: Places, wide: int) -> list[tuple[int, int, int]]:
    """Address, bytes and ``last`` of each pixel."""
    last = places.pixels - 1
    nbytes = places.elements * (4 if wide else 2)
    return [(int(address), nbytes, int(i == last)) for i, address in enumerate(pixel_addresses(places))]


def walked(every: list[tuple[Places, int]], idle: float = 0.0, pause: float = 0.0) -> list[Moved]:
    walk = PlaceWalk()
    words = [command(places, wide) for places, wide in every]
    count = sum(places.pixels * (places.elements > 0) for places, _ in every)
    fed, taken = run(walk, [Feeder(walk.tiles, words, idle, seed=1), Collector(walk.pixels, count, pause, seed=2)])
    taken.words = [(pixel.address, pixel.bytes, pixel.last) for pixel in taken.words]
    return [fed, taken]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(some_places(), st.integers(0, 1)), min_size=1, max_size=3), st.sampled_from([0.0, 0.4]))
def test_every_pixel_stands_where_the_simulator_has_it(every: list[tuple[Places, int]], pause: float) -> None:
    _, taken = walked(every, idle=pause / 2, pause=pause)
    assert taken.words == [pixel for places, wide in every for pixel in expected(places, wide)]


TILE = Places(
    address=4096,
    first_row=0,
    first_col=0,
    row_positions=3,
    col_positions=4,
    col_stride=64,
    row_stride=256,
    image_stride=1024,
    pixels=30,
    elements=32,
)


@pytest.mark.parametrize(("row", "col", "clocks"), [(0, 0, 2), (1, 0, 3), (2, 3, 4), (0, 2, 4)])
def test_the_first_pixel_comes_a_clock_later_for_each_bit_of_its_position(row: int, col: int, clocks: int) -> None:
    from_there = Places(**{**vars(TILE), "first_row": row, "first_col": col})
    fed, taken = walked([(from_there, 0)])
    assert taken.clocks == [fed.clocks[0] + clocks + i for i in range(30)]


def test_the_longest_latency_is_that_of_the_widest_position() -> None:
    far = Places(**{**vars(TILE), "first_row": (1 << 24) - 2, "row_positions": (1 << 24) - 1, "pixels": 6})
    fed, taken = walked([(far, 1)])
    assert taken.words == expected(far, 1)
    assert taken.clocks[0] - fed.clocks[0] == PlaceWalk.latency


@pytest.mark.parametrize("nothing", ["pixels", "elements"])
def test_places_of_nothing_give_no_pixel_and_hold_up_no_others(nothing: str) -> None:
    empty = Places(**{**vars(TILE), nothing: 0})
    fed, taken = walked([(empty, 0), (TILE, 0)])
    assert taken.words == expected(TILE, 0)
    assert fed.clocks == [0, 1]
