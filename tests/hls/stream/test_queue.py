from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from refusal import assert_refused
from stream_bench import Collector, Feeder, resettable, run, simulate

from heddle.hls.stream.queue import Queue

WORDS = list(range(1, 120))


@pytest.mark.parametrize("pause", [0.0, 0.3, 0.8])
@pytest.mark.parametrize("idle", [0.0, 0.3, 0.8])
@pytest.mark.parametrize("depth", [1, 2, 3, 4, 7])
def test_every_word_comes_out_once_and_in_order(depth: int, idle: float, pause: float) -> None:
    queue = Queue(8, depth)
    fed, taken = run(
        queue, [Feeder(queue.input, WORDS, idle, seed=1), Collector(queue.output, len(WORDS), pause, seed=2)]
    )
    assert taken.words == WORDS
    assert all(later - earlier >= queue.latency for earlier, later in zip(fed.clocks, taken.clocks, strict=True))


@pytest.mark.parametrize(("depth", "clocks_a_word"), [(1, 2), (2, 1), (3, 1), (8, 1)])
def test_from_depth_2_a_word_moves_every_clock(depth: int, clocks_a_word: int) -> None:
    queue = Queue(8, depth)
    fed, taken = run(queue, [Feeder(queue.input, WORDS), Collector(queue.output, len(WORDS))])
    assert fed.clocks == [clocks_a_word * word for word in range(len(WORDS))]
    assert taken.clocks == [clock + queue.latency for clock in fed.clocks]


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_it_takes_as_many_words_as_it_is_deep_and_counts_them(depth: int) -> None:
    queue = Queue(8, depth)
    levels: list[int] = []

    async def bench(ctx: Any) -> None:
        ctx.set(queue.input.valid, 1)
        for _ in range(depth + 2):
            levels.append(ctx.get(queue.level))
            assert ctx.get(queue.input.ready) == (levels[-1] < depth)
            await ctx.tick()

    simulate(queue, bench)
    assert levels == [*range(depth + 1), depth]


def test_a_queue_of_no_words_is_refused() -> None:
    assert_refused(partial(Queue, 8, 0), ValueError, "a queue holds at least 1 word, not 0")


def test_reset_empties_it() -> None:
    queue = Queue(8, depth=3)
    design, reset = resettable(queue)

    async def bench(ctx: Any) -> None:
        ctx.set(queue.input.valid, 1)
        await ctx.tick()
        await ctx.tick()
        assert ctx.get(queue.level) == 2
        ctx.set(reset, 1)
        await ctx.tick()
        assert (ctx.get(queue.level), ctx.get(queue.output.valid)) == (0, 0)

    simulate(design, bench)
