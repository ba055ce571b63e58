"""The reader: every wanted word with its tag, in order, zeros without an ask, whenever the buffer answers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from stream_bench import Collector, Feeder, Moved, run

from heddle.hls.feed.reader import Reader

COUNT = 80
DEPTH = 8
Wanted = list[tuple[int, int, int, int]]  # is zero, half, address, tag


def wanted_words(zeros: float) -> Wanted:
    rng = Random(1)
    return [(int(rng.random() < zeros), rng.randrange(2), rng.randrange(64), rng.randrange(16)) for _ in range(COUNT)]


def word_of(half: int, address: int) -> int:
    return 1000 + 100 * half + address


def buffer_of(reader: Reader, latency: int, busy: float, asked: list[tuple[int, int]]) -> Callable[[Any], Any]:
    """A buffer that answers ``latency`` clocks after the ask, or later."""
    rng = Random(2)

    async def answers(ctx: Any) -> None:
        waiting: deque[tuple[int, int]] = deque()
        clock, offers = 0, False
        while True:
            ctx.set(reader.ask.ready, rng.random() < busy)
            offers = offers or bool(waiting and waiting[0][0] <= clock and rng.random() < busy)
            ctx.set(reader.answer.valid, offers)
            if offers:
                ctx.set(reader.answer.payload, waiting[0][1])
            *_, asks, ready, place, takes = await ctx.tick().sample(
                reader.ask.valid, reader.ask.ready, reader.ask.payload, reader.answer.ready
            )
            if asks and ready:
                asked.append((place.half, place.address))
                waiting.append((clock + latency, word_of(place.half, place.address)))
            if offers and takes:
                waiting.popleft()
                offers = False
            clock += 1

    return answers


def read(
    wanted: Wanted, latency: int, busy: float = 1.0, idle: float = 0.0, pause: float = 0.0
) -> tuple[Moved, Moved, list[tuple[int, int]]]:
    """What went in and came out, and the places that the buffer was asked for."""
    reader, asked = Reader(16, 4, 6, DEPTH), list[tuple[int, int]]()
    fetches = [
        {"is_zero": zero, "ask": {"half": half, "address": address}, "tag": tag} for zero, half, address, tag in wanted
    ]
    ends = [Feeder(reader.input, fetches, idle, seed=3), Collector(reader.output, COUNT, pause, seed=4)]
    fed, taken = run(reader, ends, beside=[buffer_of(reader, latency, busy, asked)])
    return fed, taken, asked


@pytest.mark.parametrize("zeros", [0.0, 0.5])
@pytest.mark.parametrize(
    ("busy", "idle", "pause"), [(1.0, 0.0, 0.0), (0.4, 0.0, 0.0), (1.0, 0.5, 0.0), (0.8, 0.1, 0.6)]
)
def test_each_word_comes_with_its_tag(zeros: float, busy: float, idle: float, pause: float) -> None:
    wanted = wanted_words(zeros)
    _, taken, asked = read(wanted, 3, busy, idle, pause)
    expected = [(0 if zero else word_of(half, address), tag) for zero, half, address, tag in wanted]
    assert [(word.word, word.tag) for word in taken.words] == expected
    assert asked == [(half, address) for zero, half, address, _ in wanted if not zero]


@pytest.mark.parametrize("latency", [1, 3, DEPTH - 1])
def test_a_word_comes_as_the_buffer_answers_one_a_clock(latency: int) -> None:
    fed, taken, _ = read(wanted_words(0.0), latency)
    assert fed.clocks == list(range(COUNT))
    assert taken.clocks == [clock + latency for clock in fed.clocks]


def test_zeros_come_a_clock_later() -> None:
    fed, taken, _ = read(wanted_words(1.0), 3)
    assert fed.clocks == list(range(COUNT))
    assert taken.clocks == [clock + 1 for clock in fed.clocks]
