"""Two readers of one buffer: each gets its words in order, waits only in the same half, and holds not the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from stream_bench import simulate

from heddle.hls.memory.sharing import SharedBuffer

COUNT, LATENCY = 60, 3
#: What a reader may ask for and not take.
HELD = 4


@dataclass
class Reader:
    """Which half a reader reads, how often it asks and takes, of each clock; when it did, and what it was given."""

    half: int
    asks: float = 1.0
    takes: float = 1.0
    asked: list[int] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    words: list[int] = field(default_factory=list)


def read_by(*readers: Reader, clocks: int = 600) -> None:
    """Let each reader ask for the places of its half h, which hold their number plus 1000 x (1 + h), in turn."""
    buffer, rng = SharedBuffer(16, COUNT), Random(3)

    async def bench(ctx: Any) -> None:
        ctx.set(buffer.put.valid, 1)
        for half in range(2):
            for place in range(COUNT):
                ctx.set(buffer.put.payload, {"at": {"half": half, "address": place}, "word": place + 1000 * (1 + half)})
                await ctx.tick()
        ctx.set(buffer.put.valid, 0)
        offers = [False, False]
        for clock in range(clocks):
            for number, reader in enumerate(readers):
                place = len(reader.asked)
                offers[number] = place < COUNT and (offers[number] or rng.random() < reader.asks)
                at = {"half": reader.half, "address": min(place, COUNT - 1)}
                ctx.set(buffer.asks[number].payload, at)
                ctx.set(buffer.asks[number].valid, offers[number])
                ctx.set(buffer.answers[number].ready, rng.random() < reader.takes)
            for number, reader in enumerate(readers):
                ask, answer = buffer.asks[number], buffer.answers[number]
                if ctx.get(ask.valid) and ctx.get(ask.ready):
                    reader.asked.append(clock)
                    offers[number] = False
                if ctx.get(answer.valid) and ctx.get(answer.ready):
                    reader.taken.append(clock)
                    reader.words.append(ctx.get(answer.payload))
            await ctx.tick()

    simulate(buffer, bench)


@pytest.mark.parametrize("halves", [(0, 1), (1, 0), (1, 1)])
@pytest.mark.parametrize("asks", [(1.0, 1.0), (0.4, 1.0), (0.6, 0.6)])
@pytest.mark.parametrize("takes", [(1.0, 1.0), (0.3, 0.8), (0.8, 0.3)])
def test_each_reader_gets_the_words_that_it_asked_for(
    halves: tuple[int, int], asks: tuple[float, float], takes: tuple[float, float]
) -> None:
    readers = [Reader(*each) for each in zip(halves, asks, takes, strict=True)]
    read_by(*readers)
    for reader in readers:
        assert reader.words == [place + 1000 * (1 + reader.half) for place in range(COUNT)]
        assert all(taken >= asked + LATENCY for asked, taken in zip(reader.asked, reader.taken, strict=True))


def test_in_one_half_the_second_waits_while_the_first_asks_and_words_come_one_a_clock() -> None:
    first, second = Reader(0), Reader(0)
    read_by(first, second)
    assert first.asked == list(range(COUNT))
    assert second.asked == list(range(COUNT, 2 * COUNT))
    for reader in (first, second):
        assert reader.taken == [clock + LATENCY for clock in reader.asked]


def test_in_different_halves_both_read_a_word_a_clock() -> None:
    readers = Reader(1), Reader(0)
    read_by(*readers)
    for reader in readers:
        assert reader.asked == list(range(COUNT))
        assert reader.taken == [clock + LATENCY for clock in reader.asked]


@pytest.mark.parametrize("held", [0, 1])
def test_a_reader_that_takes_nothing_holds_no_words_of_the_other(held: int) -> None:
    readers = [Reader(0, asks=0.5), Reader(0, asks=0.5)]  # so that each asks after the other's queue is full
    readers[held].takes = 0.0
    read_by(*readers, clocks=6 * COUNT)
    assert len(readers[held].asked) == HELD
    assert len(readers[1 - held].words) == COUNT
