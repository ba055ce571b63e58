"""The reader of sums: every word of a tile is asked for once, in its order, tile after tile."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from stream_bench import Collector, Feeder, run

from heddle.arch.design_io import load_design, override
from heddle.hls.system.shape import MachineShape
from heddle.hls.system.store_unit import SumsReader

ODD = override(load_design("tiny"), {"array.rows": 3, "array.cols": 5})


@dataclass(frozen=True)
class Tile:
    """A tile of results that stands in a half."""

    pixels: int
    elements: int
    half: int = 0

    @property
    def store(self) -> dict[str, object]:
        places = {"pixels": self.pixels, "elements": self.elements}
        return {"half": self.half, "places": places}

    @property
    def asks(self) -> list[tuple[int, int]]:
        """Half and address of each of its words: a row of results fills whole words of the array's columns."""
        words = self.pixels * -(-self.elements // ODD.array.cols)
        return [(self.half, address) for address in range(words)]


TILES = [
    Tile(1, 1),
    Tile(4, 5, half=1),
    Tile(3, 6),
    Tile(1, 23, half=1),
    Tile(5, 10, half=1),
    Tile(6, 2),
]


@pytest.mark.parametrize(("idle", "pause"), [(0.0, 0.0), (0.6, 0.0), (0.0, 0.6), (0.4, 0.4)])
def test_the_words_of_each_tile_are_asked_for_row_by_row(idle: float, pause: float) -> None:
    reader = SumsReader(ODD, MachineShape(ODD))
    expected = [ask for tile in TILES for ask in tile.asks]
    stores = [tile.store for tile in TILES]
    ends = [Feeder(reader.input, stores, idle, seed=1), Collector(reader.ask, len(expected), pause, seed=2)]
    fed, asked = run(reader, ends)
    assert [(place.half, place.address) for place in asked.words] == expected
    if not idle and not pause:
        assert asked.clocks == list(range(fed.clocks[-1] + 1))  # a word in each clock
