from __future__ import annotations

from typing import Any

import pytest
from stream_bench import Collector, Feeder, run, simulate

from heddle.hls.stream.fork import Fork

WORDS = list(range(60))


@pytest.mark.parametrize("pauses", [(0.0, 0.0, 0.0), (0.6, 0.0, 0.0), (0.2, 0.7, 0.5)])
@pytest.mark.parametrize("idle", [0.0, 0.5])
def test_every_output_takes_every_word_once_and_in_order(idle: float, pauses: tuple[float, ...]) -> None:
    fork = Fork(8, ways=3)
    takers = [
        Collector(output, len(WORDS), pause, seed)
        for seed, (output, pause) in enumerate(zip(fork.outputs, pauses, strict=True))
    ]
    fed, *taken = run(fork, [Feeder(fork.input, WORDS, idle, seed=9), *takers])
    assert [way.words for way in taken] == [WORDS] * 3
    assert [max(clocks) for clocks in zip(*(way.clocks for way in taken), strict=True)] == fed.clocks


def test_a_word_moves_every_clock_when_all_outputs_are_ready() -> None:
    fork = Fork(8, ways=2)
    fed, *_ = run(fork, [Feeder(fork.input, WORDS), *(Collector(output, len(WORDS)) for output in fork.outputs)])
    assert fed.clocks == list(range(len(WORDS)))


def test_an_output_takes_its_word_once_while_another_refuses() -> None:
    fork = Fork(8, ways=2)
    offers = []

    async def bench(ctx: Any) -> None:
        ctx.set(fork.input.valid, 1)
        ctx.set(fork.outputs[0].ready, 1)
        for _ in range(3):
            offers.append((ctx.get(fork.outputs[0].valid), ctx.get(fork.outputs[1].valid)))
            await ctx.tick()

    simulate(fork, bench)
    assert offers == [(1, 1), (0, 1), (0, 1)]
