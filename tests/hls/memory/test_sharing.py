"""Two readers of one buffer: each gets its own words in its order, and the first asks first."""

from __future__ import annotations

from collections import deque
from random import Random
from typing import Any

import pytest
from stream_bench import Collector, Feeder, Moved, run

from heddle.hls.memory.sharing import SharedReader

COUNT = 60


def shared(idle: tuple[float, float], pause: tuple[float, float], busy: float) -> tuple[list[Moved], list[int]]:
    """Both readers ask ``COUNT`` places of a buffer that gives each place's number plus 1000, 3 clocks later or more.

    Returns what moved at both asks and both answers, and all places in the order in which the buffer was asked.
    """
    reader, rng, order = SharedReader(8, 16), Random(5), []

    async def buffer(ctx: Any) -> None:
        waiting: deque[tuple[int, int]] = deque()
        clock, offers = 0, False
        while True:
            ctx.set(reader.ask.ready, rng.random() < busy)
            offers = offers or bool(waiting and waiting[0][0] <= clock and rng.random() < busy)
            ctx.set(reader.answer.valid, offers)
            if offers:
                ctx.set(reader.answer.payload, waiting[0][1] + 1000)
            *_, asks, takes_ask, place, takes = await ctx.tick().sample(
                reader.ask.valid, reader.ask.ready, reader.ask.payload, reader.answer.ready
            )
            if asks and takes_ask:
                order.append(place)
                waiting.append((clock + 3, place))
            if offers and takes:
                waiting.popleft()
                offers = False
            clock += 1

    places = [list(range(first, first + COUNT)) for first in (0, 100)]
    ends = [
        *(Feeder(reader.asks[each], places[each], idle[each], seed=each) for each in (0, 1)),
        *(Collector(reader.answers[each], COUNT, pause[each], seed=each + 2) for each in (0, 1)),
    ]
    return run(reader, ends, beside=[buffer]), order


@pytest.mark.parametrize("idle", [(0.0, 0.0), (0.6, 0.0), (0.0, 0.6), (0.4, 0.4)])
@pytest.mark.parametrize(("pause", "busy"), [((0.0, 0.0), 1.0), ((0.7, 0.2), 0.6), ((0.2, 0.7), 0.8)])
def test_each_reader_gets_the_words_that_it_asked_for(
    idle: tuple[float, float], pause: tuple[float, float], busy: float
) -> None:
    (_, _, first, second), order = shared(idle, pause, busy)
    assert first.words == [1000 + place for place in range(COUNT)]
    assert second.words == [1100 + place for place in range(COUNT)]
    assert sorted(order) == [*range(COUNT), *range(100, 100 + COUNT)]


def test_the_second_waits_while_the_first_asks() -> None:
    _, order = shared((0.0, 0.0), (0.0, 0.0), 1.0)
    assert order == [*range(COUNT), *range(100, 100 + COUNT)]


def test_asks_and_answers_pass_in_their_own_clock_a_word_a_clock() -> None:
    (asked, *_, first, _), _ = shared((0.0, 0.0), (0.0, 0.0), 1.0)
    assert asked.clocks == list(range(COUNT))
    assert first.clocks == [clock + 3 for clock in asked.clocks]
