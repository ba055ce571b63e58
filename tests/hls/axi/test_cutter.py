from __future__ import annotations

import random

import pytest
from naive_spans import as_stream
from stream_bench import Collector, Feeder, Moved, run

from heddle.hls.axi.cutter import Cutter

NOISE = random.Random(8)
STRETCHES = [(NOISE.randrange(200), NOISE.randrange(1, 50)) for _ in range(30)]
Piece = tuple[int, int, int, int]


def pieces_of(stretches: list[tuple[int, int]], boundary: int) -> list[Piece]:
    """Address, bytes, ``ends`` and ``last`` of each piece."""
    pieces: list[Piece] = []
    for start, nbytes in stretches:
        starts = [address for address in range(start, start + nbytes) if address == start or address % boundary == 0]
        ends = [*starts[1:], start + nbytes]
        pieces += [(at, end - at, int(end == start + nbytes), 0) for at, end in zip(starts, ends, strict=True)]
    return [*pieces[:-1], (*pieces[-1][:3], 1)]


def cut(cutter: Cutter, idle: float = 0.0, pause: float = 0.0) -> tuple[Moved, Moved]:
    count = len(pieces_of(STRETCHES, cutter.boundary))
    ends = [Feeder(cutter.input, as_stream(STRETCHES), idle, seed=1), Collector(cutter.output, count, pause, seed=2)]
    fed, taken = run(cutter, ends)
    taken.words = [(piece.address, piece.bytes, piece.ends, piece.last) for piece in taken.words]
    return fed, taken


@pytest.mark.parametrize(("idle", "pause"), [(0.0, 0.0), (0.5, 0.0), (0.0, 0.6), (0.3, 0.3)])
@pytest.mark.parametrize("boundary", [4, 16, 256])
def test_pieces_end_where_the_stretch_or_its_page_does(boundary: int, idle: float, pause: float) -> None:
    _, taken = cut(Cutter(8, 50, boundary), idle, pause)
    assert taken.words == pieces_of(STRETCHES, boundary)


def test_a_piece_leaves_every_clock() -> None:
    fed, taken = cut(Cutter(8, 50, 16))
    assert taken.clocks == list(range(Cutter.latency, Cutter.latency + len(taken.words)))
    assert fed.clocks[0] == 0
