"""Answers of a memory: each in its order and none lost, however long they wait to be taken."""

from __future__ import annotations

import random
from typing import Any

import pytest
from stream_bench import simulate

from heddle.hls.memory.answers import Answers


def answered(latency: int, asks: float, takes: float, seed: int = 0) -> tuple[list[int], list[int], list[int]]:
    """Ask at drawn times a memory whose words are the clocks in which they were asked for.

    Returns the clocks of asks, what was answered, and the clocks of answers.
    """
    answers, rng = Answers(16, latency), random.Random(seed)
    asked: list[int] = []
    words: list[int] = []
    clocks: list[int] = []

    async def bench(ctx: Any) -> None:
        for clock in range(300):
            wants = bool(ctx.get(answers.has_room)) and rng.random() < asks
            ctx.set(answers.asked, wants)
            asked.extend([clock] * wants)
            # The word of the clock ``latency`` ago, and noise where none was asked for.
            ctx.set(answers.word, clock - latency if clock - latency in asked else 0xFFFF)
            ctx.set(answers.answer.ready, rng.random() < takes)
            assert ctx.get(answers.queue.input.ready) or not ctx.get(answers.queue.input.valid), "a word has no place"
            if ctx.get(answers.answer.valid) and ctx.get(answers.answer.ready):
                words.append(ctx.get(answers.answer.payload))
                clocks.append(clock)
            await ctx.tick()

    simulate(answers, bench)
    return asked, words, clocks


@pytest.mark.parametrize("latency", [1, 2, 5])
@pytest.mark.parametrize(("asks", "takes"), [(1.0, 0.2), (0.3, 1.0), (0.8, 0.7)])
def test_words_come_in_order_and_always_have_a_place(latency: int, asks: float, takes: float) -> None:
    asked, words, _ = answered(latency, asks, takes)
    assert words == asked[: len(words)]
    assert len(asked) - len(words) <= latency + 2
    assert len(words) > 30


@pytest.mark.parametrize("latency", [1, 2, 5])
def test_a_word_a_clock_comes_a_clock_after_the_memory_has_it(latency: int) -> None:
    asked, words, clocks = answered(latency, 1.0, 1.0)
    assert asked == list(range(300))
    assert clocks == [ask + latency + 1 for ask in words]


def test_as_many_are_asked_for_as_there_are_places() -> None:
    asked, words, _ = answered(2, 1.0, 0.0)
    assert (asked, words) == ([0, 1, 2, 3], [])
