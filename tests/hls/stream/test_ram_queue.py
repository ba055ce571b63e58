from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from refusal import assert_refused
from stream_bench import Collector, Feeder, resettable, run, simulate

from heddle.hls.stream.ram_queue import RamQueue

WORDS = list(range(1, 80))


@pytest.mark.parametrize(("idle", "pause"), [(0.0, 0.0), (0.5, 0.0), (0.0, 0.7), (0.3, 0.3)])
@pytest.mark.parametrize("depth", [2, 3, 7])
def test_every_word_comes_out_once_and_in_order(depth: int, idle: float, pause: float) -> None:
    queue = RamQueue(8, depth)
    fed, taken = run(
        queue, [Feeder(queue.input, WORDS, idle, seed=1), Collector(queue.output, len(WORDS), pause, seed=2)]
    )
    assert taken.words == WORDS
    assert all(later - earlier >= queue.latency for earlier, later in zip(fed.clocks, taken.clocks, strict=True))


@pytest.mark.parametrize("depth", [3, 8])
def test_from_depth_3_a_word_moves_every_clock(depth: int) -> None:
    queue = RamQueue(8, depth)
    fed, taken = run(queue, [Feeder(queue.input, WORDS), Collector(queue.output, len(WORDS))])
    assert fed.clocks == list(range(len(WORDS)))
    assert taken.clocks == [clock + queue.latency for clock in fed.clocks]


@pytest.mark.parametrize("depth", [2, 5])
def test_it_takes_as_many_words_as_it_is_deep_and_counts_them(depth: int) -> None:
    queue = RamQueue(8, depth)
    levels: list[int] = []

    async def bench(ctx: Any) -> None:
        ctx.set(queue.input.valid, 1)
        for _ in range(depth + 2):
            levels.append(ctx.get(queue.level))
            assert ctx.get(queue.input.ready) == (levels[-1] < depth)
            await ctx.tick()

    simulate(queue, bench)
    assert levels == [*range(depth + 1), depth]


def test_reset_empties_it() -> None:
    queue = RamQueue(8, depth=3)
    design, reset = resettable(queue)

    async def bench(ctx: Any) -> None:
        ctx.set(queue.input.valid, 1)
        await ctx.tick().repeat(3)
        assert (ctx.get(queue.level), ctx.get(queue.output.valid)) == (3, 1)
        ctx.set(reset, 1)
        await ctx.tick()
        assert (ctx.get(queue.level), ctx.get(queue.output.valid)) == (0, 0)

    simulate(design, bench)


def test_a_queue_of_one_word_is_refused() -> None:
    assert_refused(partial(RamQueue, 8, 1), ValueError, "a queue in RAM holds at least 2 words, not 1")
