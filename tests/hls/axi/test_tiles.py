"""From a tile's places to its bytes: walk, coalescer and an engine together, against the instruction-set simulator."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import connect
from axi_memory import AxiMemory, as_words
from stream_bench import Collector, Feeder, run

from heddle.arch.instructions import Places
from heddle.hls.axi.channels import AxiShape
from heddle.hls.axi.coalescer import Coalescer
from heddle.hls.axi.place_walk import PlaceWalk
from heddle.hls.axi.read_engine import ReadEngine
from heddle.hls.axi.write_engine import WriteEngine
from heddle.sim.program.transfers import pixel_addresses

PORT = AxiShape()
MEMORY_BYTES = 1 << 14


def tile(**changes: int) -> Places:
    """Pixels of a map of 5 x 6, from within its second row on, into the next image."""
    fields = {
        "address": 1000,
        "first_row": 1,
        "first_col": 4,
        "row_positions": 5,
        "col_positions": 6,
        "col_stride": 96,
        "row_stride": 600,
        "image_stride": 3200,
        "pixels": 28,
        "elements": 48,
    }
    return Places(**{**fields, **changes})


TILES = {
    "rows that follow each other": tile(row_stride=576, image_stride=2880),
    "gaps between rows": tile(),
    "some channels": tile(elements=7),
    "every other pixel": tile(col_positions=3, first_col=2, col_stride=192, elements=24),
    "longer than a page": tile(pixels=2, elements=2100, col_stride=5000, first_col=0, first_row=0),
}


def places_of_bytes(places: Places, element_bytes: int) -> np.ndarray:
    return (pixel_addresses(places)[:, np.newaxis] + np.arange(places.elements * element_bytes)).ravel()


def command(places: Places, wide: int) -> dict[str, Any]:
    return {"places": vars(places), "wide": wide}


def behind_a_walk(engine: wiring.Component) -> tuple[Module, PlaceWalk]:
    m = Module()
    m.submodules.walk = walk = PlaceWalk()
    m.submodules.coalescer = coalescer = Coalescer(engine.shape)
    m.submodules.engine = engine
    connect(m, walk.pixels, coalescer.pixels)
    connect(m, coalescer.spans, engine.spans)
    return m, walk


@pytest.mark.parametrize("places", TILES.values(), ids=TILES)
def test_a_tile_is_read_as_the_simulator_reads_it(places: Places) -> None:
    image = np.frombuffer(random.Random(1).randbytes(MEMORY_BYTES), np.uint8)
    engine = ReadEngine(PORT)
    m, walk = behind_a_walk(engine)
    memory = AxiMemory(PORT, bytearray(image), latency=9, pause=0.2)
    expected = as_words(image[places_of_bytes(places, 2)].tobytes(), PORT.data_bytes)
    ends = [Feeder(walk.tiles, [command(places, 0)]), Collector(engine.words, len(expected), 0.1, seed=2)]
    _, taken = run(m, ends, beside=[partial(memory.serve_reads, engine.axi)])
    for word, told in zip(taken.words, expected, strict=True):
        kept = (1 << 8 * told["bytes"]) - 1
        assert (word.data & kept, word.bytes, word.last) == (told["data"] & kept, told["bytes"], told["last"])


@pytest.mark.parametrize(("name", "wide"), [("some channels", 0), ("every other pixel", 1)])
def test_a_tile_is_written_as_the_simulator_writes_it(name: str, wide: int) -> None:
    places = TILES[name]
    where = places_of_bytes(places, 4 if wide else 2)
    data = random.Random(2).randbytes(len(where))
    image = np.frombuffer(random.Random(3).randbytes(MEMORY_BYTES), np.uint8).copy()
    engine = WriteEngine(PORT)
    m, walk = behind_a_walk(engine)
    memory = AxiMemory(PORT, bytearray(image), latency=9, pause=0.2)

    class Done:
        async def run(self, ctx: Any, moved: Any) -> None:
            await ctx.posedge(engine.done)

    feeders = [Feeder(walk.tiles, [command(places, wide)]), Feeder(engine.words, as_words(data, PORT.data_bytes))]
    run(m, [*feeders, Done()], beside=[partial(memory.serve_writes, engine.axi)])
    image[where] = np.frombuffer(data, np.uint8)
    assert memory.contents == image.tobytes()
