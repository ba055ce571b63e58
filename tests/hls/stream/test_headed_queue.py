from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from refusal import assert_refused
from stream_bench import Collector, Feeder, resettable, run, simulate

from heddle.hls.stream.headed_queue import HeadedQueue
from heddle.hls.stream.queue import Queue

WORDS = list(range(1, 120))


@pytest.mark.parametrize("pause", [0.0, 0.3, 0.8])
@pytest.mark.parametrize("idle", [0.0, 0.3, 0.8])
@pytest.mark.parametrize("depth", [2, 3, 4, 8])
def test_to_its_neighbours_it_is_a_queue(depth: int, idle: float, pause: float) -> None:
    """Words come and go in the same clocks: the program timer knows one kind of queue."""
    moved = [
        run(queue, [Feeder(queue.input, WORDS, idle, seed=1), Collector(queue.output, len(WORDS), pause, seed=2)])
        for queue in (HeadedQueue(8, depth), Queue(8, depth))
    ]
    (fed, taken), (fed_queue, taken_queue) = moved
    assert taken.words == WORDS
    assert (fed.clocks, taken.clocks) == (fed_queue.clocks, taken_queue.clocks)


def test_it_takes_as_many_words_as_it_is_deep() -> None:
    queue = HeadedQueue(8, 3)
    ready: list[int] = []

    async def bench(ctx: Any) -> None:
        ctx.set(queue.input.valid, 1)
        for _ in range(5):
            ready.append(ctx.get(queue.input.ready))
            await ctx.tick()

    simulate(queue, bench)
    assert ready == [1, 1, 1, 0, 0]


def test_a_queue_of_one_word_is_refused() -> None:
    assert_refused(partial(HeadedQueue, 8, 1), ValueError, "a headed queue holds at least 2 words, not 1")


def test_reset_empties_it() -> None:
    queue = HeadedQueue(8, depth=3)
    design, reset = resettable(queue)

    async def bench(ctx: Any) -> None:
        ctx.set(queue.input.valid, 1)
        await ctx.tick()
        await ctx.tick()
        assert ctx.get(queue.output.valid) == 1
        ctx.set(reset, 1)
        await ctx.tick()
        assert ctx.get(queue.output.valid) == 0

    simulate(design, bench)
