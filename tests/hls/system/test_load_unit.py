"""The load unit: tiles are laid down whole, in order, and are done with the last of their words and no sooner."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from axi_memory import AxiMemory
from stream_bench import Feeder, Moved, run

from heddle.arch.design_io import load_design, override
from heddle.hls.system.load_unit import LoadUnit
from heddle.hls.system.shape import MachineShape

#: Rows of a few columns more than a word of the array has, groups of 4, indices of 2 bits.
ODD = override(load_design("tiny"), {"array.rows": 3, "array.cols": 5})
SHAPE = MachineShape(ODD)
NOISE = random.Random(3).randbytes(1 << 13)
GROUP, COLS = ODD.sparsity.m, ODD.array.cols
_ELEMENT_BYTES = 2
_INDICES_AT = 4096


@dataclass(frozen=True)
class Tile:
    """A tile whose pixels, or slots, stand one behind the other from ``address`` on."""

    pixels: int
    elements: int
    address: int = 0
    weight: int = 0
    packed: int = 0
    half: int = 0
    group_elements: int = GROUP

    @property
    def load(self) -> dict[str, Any]:
        stride = self.elements * _ELEMENT_BYTES
        places = {"address": self.address, "row_positions": 1, "col_positions": self.pixels, "col_stride": stride}
        return {
            "weight": self.weight,
            "packed": self.packed,
            "half": self.half,
            "places": {**places, "pixels": self.pixels, "elements": self.elements},
            "index_address": _INDICES_AT + self.address,
            "group_elements": self.group_elements,
        }

    def row(self, pixel: int) -> list[int]:
        start = self.address + pixel * self.elements * _ELEMENT_BYTES
        row = NOISE[start : start + self.elements * _ELEMENT_BYTES]
        return [int.from_bytes(row[at : at + 2], "little") for at in range(0, len(row), 2)]

    def index_row(self, slot: int) -> list[int]:
        if not self.packed:
            return [slot % self.group_elements] * (-(-self.elements // COLS) * COLS)  # past the slot's end too
        slot_bytes = -(-self.elements * 2 // 8)
        start = _INDICES_AT + self.address + slot * slot_bytes
        word = int.from_bytes(NOISE[start : start + slot_bytes], "little")
        return [word >> 2 * at & 3 for at in range(self.elements)]

    def cut(self, row: list[int], width: int, whole: int) -> list[list[int]]:
        """``row`` in pieces of ``width``, each with zeros up to ``whole``."""
        pieces = [row[at : at + width] for at in range(0, len(row), width)]
        return [piece + [0] * (whole - len(piece)) for piece in pieces]

    @property
    def groups(self) -> list[list[int]]:
        if self.weight:
            return []
        return [
            group for pixel in range(self.pixels) for group in self.cut(self.row(pixel), self.group_elements, GROUP)
        ]

    @property
    def values(self) -> list[list[int]]:
        slots = range(self.pixels if self.weight else 0)
        return [word for slot in slots for word in self.cut(self.row(slot), COLS, COLS)]

    @property
    def indices(self) -> list[list[int]]:
        slots = range(self.pixels if self.weight else 0)
        return [word for slot in slots for word in self.cut(self.index_row(slot), COLS, COLS)]


TILES = [
    Tile(3, 6, address=64),
    Tile(8, 7, address=256, weight=1, packed=1, half=1),
    Tile(5, 12, address=512, half=1, group_elements=3),
    Tile(9, 5, address=1024, weight=1, group_elements=2),
    Tile(1, 11, address=1536, weight=1, packed=1),
    Tile(16, 5, address=2048, weight=1, packed=1, half=1),
]


@dataclass
class Laid:
    """What a unit lays down until as many tiles as ``until`` are done, and how much that was when each of them was."""

    unit: LoadUnit
    until: int
    groups: list[tuple[int, int, list[int]]] = field(default_factory=list)
    values: list[tuple[int, int, list[int]]] = field(default_factory=list)
    indices: list[tuple[int, int, list[int]]] = field(default_factory=list)
    when_done: list[tuple[int, int, int]] = field(default_factory=list)

    async def run(self, ctx: Any, moved: Moved) -> None:
        ports = (self.unit.groups, self.unit.values, self.unit.indices)
        for port in ports:
            ctx.set(port.ready, 1)
        seen = [each for port in ports for each in (port.valid, port.payload)]
        async for *_, groups, group, values, value, indices, index, done in ctx.tick().sample(*seen, self.unit.done):
            if groups:
                for lane in range(group.count):
                    self.groups.append((group.at.half, group.at.address + lane, list(group.groups[lane])))
            if values:
                self.values.append((value.at.half, value.at.address, list(value.word)))
            if indices:
                self.indices.append((index.at.half, index.at.address, list(index.word)))
            if done:
                self.when_done.append((len(self.groups), len(self.values), len(self.indices)))
                if len(self.when_done) == self.until:
                    return


@pytest.mark.parametrize(("latency", "pause"), [(0, 0.0), (30, 0.0), (3, 0.7)])
def test_a_tile_is_laid_down_in_its_half_and_done_when_its_last_word_is(latency: int, pause: float) -> None:
    unit = LoadUnit(ODD, SHAPE)
    memory = AxiMemory(SHAPE.port, bytearray(NOISE), latency=latency, pause=pause, seed=7)
    laid = Laid(unit, len(TILES))
    feeder = Feeder(unit.input, [tile.load for tile in TILES])
    run(unit, [feeder, laid], beside=[partial(memory.serve_reads, unit.axi)])
    assert laid.groups == [(tile.half, *word) for tile in TILES for word in enumerate(tile.groups)]
    assert laid.values == [(tile.half, *word) for tile in TILES for word in enumerate(tile.values)]
    assert laid.indices == [(tile.half, *word) for tile in TILES for word in enumerate(tile.indices)]
    for number, found in enumerate(laid.when_done, start=1):
        done = TILES[:number]
        least = [sum(len(getattr(tile, kind)) for tile in done) for kind in ("groups", "values", "indices")]
        assert all(laid_down >= due for laid_down, due in zip(found, least, strict=True)), TILES[number - 1]
