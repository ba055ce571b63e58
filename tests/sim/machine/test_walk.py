"""The walk to bursts: the bytes of all pixels in order, in as few bursts as pages allow, in the coalescer's clocks."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest

from heddle.arch.instructions import PAGE_BYTES, Places
from heddle.arch.records import record_dtype
from heddle.hls.axi.coalescer import Coalescer
from heddle.sim.machine.rows import TRANSFER
from heddle.sim.machine.walk import WalkRow, begin_tile, has_walked, next_span_at, reset_walk, send_span
from heddle.sim.program.transfers import pixel_addresses

ELEMENT_BYTES = 2
#: From the tile to its first pixel, where that is the first of its image.
TO_PIXELS = 2


def spans(places: Places) -> list[tuple[int, int, int]]:
    """The clock from which each burst is offered, its address and its bytes; each is sent as it is offered."""
    walk = np.zeros(1, record_dtype(WalkRow))[0]
    reset_walk(walk)
    tile = np.zeros(1, TRANSFER)[0]
    for field in Places.fields():
        tile[field.name] = getattr(places, field.name)
    tile["pixel_bytes"] = places.elements * ELEMENT_BYTES
    begin_tile(walk, tile, 0)
    found = []
    while (at := next_span_at(walk, PAGE_BYTES)) >= 0:
        found.append((int(at), int(walk["span_address"]), int(walk["span_bytes"])))
        send_span(walk, at)
    assert has_walked(walk)
    return found


def drawn(rng: random.Random) -> Places:
    rows, cols, elements = rng.randint(1, 6), rng.randint(1, 6), rng.choice((1, 8, 40, 1500))
    apart = elements * ELEMENT_BYTES * rng.choice((1, 1, 2))
    return Places(
        address=2 * rng.randrange(PAGE_BYTES),
        first_row=rng.randrange(rows),
        first_col=rng.randrange(cols),
        row_positions=rows,
        col_positions=cols,
        col_stride=apart,
        row_stride=apart * cols * rng.choice((1, 3)),
        image_stride=apart * cols * rows * 4,
        pixels=rng.randint(1, 40),
        elements=elements,
    )


@pytest.mark.parametrize("seed", range(8))
def test_bursts_are_the_pixels_bytes_joined_as_far_as_pages_allow(seed: int) -> None:
    places = drawn(random.Random(seed))
    nbytes = places.elements * ELEMENT_BYTES
    wanted = [byte for address in pixel_addresses(places).tolist() for byte in range(address, address + nbytes)]
    found = spans(places)
    assert [byte for _, address, count in found for byte in range(address, address + count)] == wanted
    assert all(address // PAGE_BYTES == (address + count - 1) // PAGE_BYTES for _, address, count in found)
    for (_, address, count), (_, following, _) in pairwise(found):
        assert following != address + count or following % PAGE_BYTES == 0
    clocks = [at for at, _, _ in found]
    assert clocks == sorted(set(clocks))


@pytest.mark.parametrize("pixels", [1, 2, 30])
def test_a_whole_row_leaves_with_its_last_pixel(pixels: int) -> None:
    places = Places(
        address=0,
        first_row=0,
        first_col=0,
        row_positions=1,
        col_positions=pixels,
        col_stride=16,
        row_stride=0,
        image_stride=0,
        pixels=pixels,
        elements=8,
    )
    assert spans(places) == [(TO_PIXELS + pixels - 1 + Coalescer.latency, 0, 16 * pixels)]
