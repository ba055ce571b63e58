"""The store gearbox against ``store``, byte for byte, and its clocks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_gear import in_a_row, in_words
from refusal import assert_refused
from stream_bench import Collector, Feeder, Moved, run

from heddle.arch.formats import BF16, FP16, FloatFormat
from heddle.arch.instructions import NO_TOKENS, Opcode, Store
from heddle.hls.axi.channels import AxiShape
from heddle.hls.gear.store import StoreGearbox, StoreShape
from heddle.sim.program.halves import OutHalf
from heddle.sim.program.transfers import Image, store

BUS_4, BUS_8, BUS_16, BUS_64 = (AxiShape(nbytes, page_bytes=256) for nbytes in (4, 8, 16, 64))
STALLS = st.sampled_from([(0.0, 0.0, 0.0), (0.5, 0.0, 0.0), (0.0, 0.6, 0.0), (0.0, 0.0, 0.8), (0.3, 0.3, 0.3)])
NONE = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Stored:
    """A tile to store: ``pixels`` x ``elements`` sums of noise, so that all kinds of numbers are among them."""

    pixels: int
    elements: int
    wide: int = 0

    @property
    def settings(self) -> dict[str, int]:
        return {"pixels": self.pixels, "elements": self.elements, "wide": self.wide}

    @property
    def sums(self) -> Any:
        noise = np.random.default_rng([self.pixels, self.elements])
        exponents = noise.integers(90, 150, (self.pixels, self.elements), np.uint32)
        corners = noise.integers(0, 8, exponents.shape) == 0
        bits = noise.integers(0, 1 << 23, exponents.shape, np.uint32) | exponents << 23
        return np.where(corners, noise.integers(0, 1 << 32, exponents.shape, np.uint32), bits).astype(np.uint32)

    def words(self, cols: int) -> list[list[int]]:
        """The words of sums that are taken for it."""
        return in_words(self.sums, cols)

    def image(self, operand: FloatFormat) -> Image:
        """Its bytes in memory."""
        element_bytes = 4 if self.wide else operand.width_bytes
        image = np.zeros(self.pixels * self.elements * element_bytes, np.uint8)
        places = in_a_row(self.pixels, self.elements, element_bytes)
        tile = Store(
            opcode=Opcode.STORE,
            tokens=NO_TOKENS,
            half=0,
            ws=0,
            interleave_cols=1,
            wide=self.wide,
            places=places,
        )
        store(tile, OutHalf(self.sums.view(np.float32), 0, 1), image, operand)
        return image


def stored(
    box: StoreGearbox, tiles: list[Stored], count: int, stalls: tuple[float, float, float] = NONE
) -> list[Moved]:
    """Settings and sums in, words out. ``stalls``: how often sums, words and settings pause."""
    return run(
        box,
        [
            Feeder(box.settings, [tile.settings for tile in tiles], stalls[2], seed=5),
            Feeder(box.sums, [word for tile in tiles for word in tile.words(box.shape.cols)], stalls[0], seed=6),
            Collector(box.words, count, stalls[1], seed=7),
        ],
    )


def in_bus_words(image: Image, bus_bytes: int) -> list[tuple[bytes, int]]:
    """The bytes of each word, and ``last``."""
    starts = range(0, len(image), bus_bytes)
    return [(image[start : start + bus_bytes].tobytes(), int(start == starts[-1])) for start in starts]


def as_bytes(words: list[Any]) -> list[tuple[bytes, int]]:
    return [(word.data.to_bytes(1024, "little")[: word.bytes], word.last) for word in words]


TILES = st.lists(
    st.builds(Stored, st.integers(1, 7), st.integers(1, 14), st.integers(0, 1)),
    min_size=1,
    max_size=4,
)


@settings(max_examples=14, deadline=None)
@given(TILES, st.sampled_from([1, 3, 4, 5, 8]), st.sampled_from([BUS_4, BUS_8]), st.sampled_from([FP16, BF16]), STALLS)
def test_every_byte_is_that_of_the_simulator(
    tiles: list[Stored], cols: int, port: AxiShape, operand: FloatFormat, stalls: tuple[float, float, float]
) -> None:
    expected = [word for tile in tiles for word in in_bus_words(tile.image(operand), port.data_bytes)]
    fed, sums, taken = stored(StoreGearbox(StoreShape(cols, operand, port)), tiles, len(expected), stalls)
    assert as_bytes(taken.words) == expected
    assert len(fed.words) == len(tiles)
    assert len(sums.words) == sum(len(tile.words(cols)) for tile in tiles)


@pytest.mark.parametrize(
    ("tile", "cols", "port", "clocks"),
    [
        (Stored(12, 32), 32, BUS_64, 12),
        (Stored(12, 8), 8, BUS_16, 12),
        (Stored(6, 8, wide=1), 8, BUS_16, 12),
        (Stored(6, 16), 16, BUS_16, 12),
        (Stored(12, 7), 8, BUS_16, 12 + 1),
        (Stored(5, 7, wide=1), 8, BUS_16, 10),
        (Stored(6, 3, wide=1), 8, BUS_16, 6 + 1),
    ],
    ids=[
        "512 bits",
        "narrow",
        "wide",
        "two bus words a word",
        "short rows and a rest",
        "short rows, wide",
        "rows of one part of two",
    ],
)
def test_a_part_a_clock(tile: Stored, cols: int, port: AxiShape, clocks: int) -> None:
    box = StoreGearbox(StoreShape(cols, FP16, port))
    expected = in_bus_words(tile.image(FP16), port.data_bytes)
    told, _, taken = stored(box, [tile], len(expected))
    assert as_bytes(taken.words) == expected
    assert taken.clocks[-1] - told.clocks[0] == box.settings_latency + clocks - 1


@pytest.mark.parametrize(("tile", "clocks"), [(Stored(4, 8), 8), (Stored(3, 7), 7)], ids=["whole words", "a rest"])
def test_the_next_tile_follows_without_a_gap_unless_its_last_part_begins_a_word(tile: Stored, clocks: int) -> None:
    count = len(in_bus_words(tile.image(FP16), 8))
    *_, taken = stored(StoreGearbox(StoreShape(4, FP16, BUS_8)), [tile] * 3, 3 * count)
    ends = [clock for clock, word in zip(taken.clocks, taken.words, strict=True) if word.last]
    assert [later - earlier for earlier, later in pairwise(ends)] == [clocks, clocks]


def test_latency() -> None:
    box = StoreGearbox(StoreShape(4, FP16, BUS_8))
    _, sums, taken = stored(box, [Stored(1, 4)], 1, (0.95, 0.0, 0.0))
    assert taken.clocks[0] - sums.clocks[0] == box.latency


def test_tiles_of_nothing_give_no_word_and_hold_up_no_other() -> None:
    tile = Stored(3, 5)
    expected = in_bus_words(tile.image(FP16), 8)
    box = StoreGearbox(StoreShape(4, FP16, BUS_8))
    told = [{**tile.settings, "pixels": 0}, {**tile.settings, "elements": 0}, tile.settings]
    ends = [Feeder(box.settings, told), Feeder(box.sums, tile.words(4)), Collector(box.words, len(expected))]
    *_, taken = run(box, ends)
    assert as_bytes(taken.words) == expected


def test_sums_of_no_columns_are_refused() -> None:
    assert_refused(partial(StoreShape, 0, FP16, BUS_8), ValueError, "sums of 0 columns")
