"""Tensors in memory: each on pages of its own, and all of them within the memory."""

from __future__ import annotations

import pytest

from heddle.arch.errors import HeddleError
from heddle.dataflow.program.memory_map import memory_map
from heddle.dataflow.program.spreads import Spread
from heddle.dataflow.program.tensors import MapTensor, TiledWeights, WeightTile

X = MapTensor("x", 1, 10, 10, 25, 2)
TILE = WeightTile(Spread(range(1), range(8)), range(5), 2, 2, 0, 0)
PACKED = TiledWeights("w", (TILE,), 2, 2, 8)
DENSE = TiledWeights("d", (TILE,), 2, 8, 8)


def test_tensors_begin_at_pages_and_packed_weights_have_two_planes() -> None:
    memory = memory_map([X, PACKED, DENSE], 1 << 20)
    assert {name: (placed.address, placed.index_address) for name, placed in memory.tensors.items()} == {
        "x": (0, 0),
        "w": (8192, 12288),
        "d": (16384, 0),
    }
    assert memory.nbytes == 20480
    assert (PACKED.value_bytes, PACKED.index_bytes, DENSE.index_bytes) == (20, 4, 0)


def test_tensors_that_the_memory_does_not_hold_are_refused() -> None:
    with pytest.raises(HeddleError) as refused:
        memory_map([X], 8191)
    assert str(refused.value) == (
        "the program's tensors take 8,192 bytes, but the memory of the design has 8,191; "
        "take a smaller batch or fewer passes"
    )
