"""The packer against the bytes that its beats name."""

from __future__ import annotations

import random
from typing import Any

import pytest
from axi_memory import as_words
from stream_bench import Collector, Feeder, Moved, run

from heddle.hls.axi.channels import AxiShape, Response
from heddle.hls.axi.packer import Packer

SHAPE = AxiShape(data_bytes=8, address_bits=12, page_bytes=64)
NOISE = random.Random(9)


def some_beats(count: int) -> list[dict[str, Any]]:
    """Beats with any even bytes, transfers of 1 to 6 of them."""
    beats = []
    for _ in range(count):
        lane = 2 * NOISE.randrange(4)
        nbytes = NOISE.choice([8 - lane, 8 - lane, 2 * NOISE.randint(1, 4 - lane // 2)])
        last = int(NOISE.random() < 0.3)
        beats.append({"data": NOISE.getrandbits(64), "lane": lane, "bytes": nbytes, "last": last, "response": 0})
    return [*beats[:-1], {**beats[-1], "last": 1}]


def words_of(beats: list[dict[str, Any]]) -> list[dict[str, int]]:
    words, transfer = [], b""
    for beat in beats:
        transfer += beat["data"].to_bytes(8, "little")[beat["lane"] : beat["lane"] + beat["bytes"]]
        if beat["last"]:
            words += as_words(transfer, 8)
            transfer = b""
    return words


def pack(beats: list[dict[str, Any]], idle: float = 0.0, pause: float = 0.0) -> tuple[Moved, Moved]:
    packer = Packer(SHAPE)
    ends = [
        Feeder(packer.beats, beats, idle, seed=1),
        Collector(packer.words, len(words_of(beats)), pause, seed=2),
    ]
    fed, taken = run(packer, ends)
    taken.words = [masked(word.data, word.bytes, word.last) for word in taken.words]
    return fed, taken


def masked(data: int, nbytes: int, last: int) -> tuple[int, int, int]:
    """A word without what its lanes hold beyond its bytes."""
    return data & ((1 << 8 * nbytes) - 1), nbytes, last


@pytest.mark.parametrize(("idle", "pause"), [(0.0, 0.0), (0.5, 0.0), (0.0, 0.6), (0.3, 0.3)])
def test_bytes_stand_one_behind_the_other(idle: float, pause: float) -> None:
    beats = some_beats(150)
    _, taken = pack(beats, idle, pause)
    assert taken.words == [masked(word["data"], word["bytes"], word["last"]) for word in words_of(beats)]


def test_a_whole_beat_moves_every_clock() -> None:
    whole = {"data": 5, "lane": 0, "bytes": 8, "last": 0, "response": 0}
    fed, taken = pack([*[whole] * 20, {**whole, "last": 1}])
    assert fed.clocks == list(range(21))
    assert taken.clocks == [clock + 2 for clock in fed.clocks]  # four lanes turn in 1 clock


def test_a_word_more_at_the_end_takes_a_clock() -> None:
    first = {"data": 5, "lane": 2, "bytes": 6, "last": 0, "response": 0}
    second = {"data": 6, "lane": 0, "bytes": 8, "last": 1, "response": 0}
    fed, taken = pack([first, second, first, second])
    assert fed.clocks == [0, 1, 2, 4]
    assert taken.clocks == [3, 4, 6, 7]


def test_the_first_error_is_kept() -> None:
    packer = Packer(SHAPE)
    responses = [Response.OKAY, Response.DECERR, Response.SLVERR, Response.OKAY]
    beats = [{"data": 0, "lane": 0, "bytes": 8, "last": 1, "response": response} for response in responses]
    seen = []

    async def watch(ctx: Any) -> None:
        async for *_, valid, error in ctx.tick().sample(packer.words.valid, packer.error):
            if valid:
                seen.append(error)

    run(packer, [Feeder(packer.beats, beats), Collector(packer.words, 4)], beside=[watch])
    assert seen == [Response.OKAY, Response.DECERR, Response.DECERR, Response.DECERR]
