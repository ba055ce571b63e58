"""The spreader against a byte-wise twin: each strobed lane has the transfer's next byte."""

from __future__ import annotations

import random
from typing import Any

import pytest
from axi_memory import as_words
from stream_bench import Collector, Feeder, Moved, run

from heddle.hls.axi.channels import AxiShape
from heddle.hls.axi.spreader import Spreader

SHAPE = AxiShape(data_bytes=8, address_bits=12, page_bytes=64)
NOISE = random.Random(10)


def some_beats(count: int) -> list[dict[str, int]]:
    beats = []
    for _ in range(count):
        lane = 2 * NOISE.randrange(4)
        nbytes = NOISE.choice([8 - lane, 8 - lane, 2 * NOISE.randint(1, 4 - lane // 2)])
        last = int(NOISE.random() < 0.3)
        beats.append({"address": lane, "bytes": nbytes, "ends": last or NOISE.getrandbits(1), "last": last})
    return [*beats[:-1], {**beats[-1], "ends": 1, "last": 1}]


def transfers_of(beats: list[dict[str, int]]) -> list[bytes]:
    transfers, nbytes = [], 0
    for beat in beats:
        nbytes += beat["bytes"]
        if beat["last"]:
            transfers.append(NOISE.randbytes(nbytes))
            nbytes = 0
    return transfers


def strobed(data: int, strobes: int) -> bytes:
    return bytes(data >> 8 * lane & 0xFF for lane in range(8) if strobes >> lane & 1)


def spread(
    beats: list[dict[str, int]], transfers: list[bytes], idle: float, word_idle: float, pause: float
) -> tuple[Moved, Moved]:
    spreader = Spreader(SHAPE)
    words = [word for transfer in transfers for word in as_words(transfer, 8)]
    fed, _, taken = run(
        spreader,
        [
            Feeder(spreader.beats, beats, idle, seed=1),
            Feeder(spreader.words, words, word_idle, seed=2),
            Collector(spreader.written, len(beats), pause, seed=3),
        ],
    )
    return fed, taken


@pytest.mark.parametrize(
    ("idle", "word_idle", "pause"),
    [(0.0, 0.0, 0.0), (0.5, 0.0, 0.0), (0.0, 0.6, 0.0), (0.0, 0.0, 0.6), (0.3, 0.3, 0.3)],
)
def test_every_beat_has_its_own_bytes_and_no_others(idle: float, word_idle: float, pause: float) -> None:
    beats = some_beats(150)
    transfers = transfers_of(beats)
    _, taken = spread(beats, transfers, idle, word_idle, pause)
    for beat, word in zip(beats, taken.words, strict=True):
        assert word.strb == ((1 << beat["bytes"]) - 1) << beat["address"]
        assert word.last == beat["ends"]
    assert b"".join(strobed(word.data, word.strb) for word in taken.words) == b"".join(transfers)


def test_a_whole_beat_moves_every_clock() -> None:
    beats: list[Any] = [{"address": 0, "bytes": 8, "ends": 0, "last": 0}] * 20
    _, taken = spread([*beats, {**beats[0], "last": 1}], [bytes(8 * 21)], 0.0, 0.0, 0.0)
    assert taken.clocks == list(range(1, 22))  # four lanes turn in 1 clock
