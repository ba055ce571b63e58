"""Buffers of two halves against two lists: what is put can be asked for a clock later, whatever waits."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from amaranth.lib import data
from stream_bench import Collector, Feeder, run, simulate

from heddle.hls.memory.group_buffer import GroupBuffer
from heddle.hls.memory.half_buffer import HalfBuffer

#: Words of a half: no power of two, so that the halves do not end where addresses do.
WORDS = 6
ADDRESSES = 8
BITS = 12
Place = tuple[int, int]


@dataclass
class Traffic:
    """Puts and asks at drawn times; what each half holds, and the answers that are due."""

    buffer: HalfBuffer | GroupBuffer
    most: int  # words of a put
    ports: int  # words of an answer
    busy: float
    seed: int
    held: dict[Place, int] = field(default_factory=dict)
    due: list[list[int | None]] = field(default_factory=list)
    answered: int = 0

    def put(self, rng: random.Random, asked: Place | None) -> tuple[Place, list[int]] | None:
        """Perhaps words for a half, none of them for those that are asked for in the same clock."""
        if rng.random() >= self.busy:
            return None
        half, address = rng.randrange(2), rng.randrange(WORDS)
        count = rng.randint(0 if self.most > 1 else 1, min(self.most, WORDS - address))
        read = range(asked[1], asked[1] + self.ports) if asked is not None and asked[0] == half else range(0)
        is_asked = any(word in read for word in range(address, address + count))
        return None if is_asked else ((half, address), [rng.getrandbits(BITS) for _ in range(count)])

    def payload(self, place: Place, words: list[int], rng: random.Random) -> dict[str, Any]:
        """A put as its payload; groups beyond its count are noise."""
        at = {"half": place[0], "address": place[1]}
        if isinstance(self.buffer, HalfBuffer):
            return {"at": at, "word": words[0]}
        noise = [rng.getrandbits(BITS) for _ in range(self.most - len(words))]
        return {"at": at, "groups": [*words, *noise], "count": len(words)}

    async def bench(self, ctx: Any) -> None:
        rng, asked = random.Random(self.seed), None
        put_port, ask, answer = self.buffer.put, self.buffer.ask, self.buffer.answer
        for _ in range(400):
            if asked is None and self.held and rng.random() < self.busy:
                half, address = rng.choice(sorted(self.held))
                asked = half, address - rng.randrange(self.ports)  # it may begin before the half
                ctx.set(ask.payload, {"half": half, "address": asked[1] % ADDRESSES})
            ctx.set(ask.valid, asked is not None)
            put = self.put(rng, asked)
            ctx.set(put_port.valid, put is not None)
            if put is not None:
                ctx.set(put_port.payload, self.payload(*put, rng))
            ctx.set(answer.ready, rng.random() < self.busy)
            assert ctx.get(put_port.ready)
            if ctx.get(answer.valid) and ctx.get(answer.ready):
                payload = ctx.get(answer.payload)
                found = [payload] if isinstance(self.buffer, HalfBuffer) else list(payload)
                for word, due in zip(found, self.due.pop(0), strict=True):
                    assert due is None or word == due
                self.answered += 1
            if asked is not None and ctx.get(ask.ready):
                self.due.append([self.held.get((asked[0], asked[1] + number)) for number in range(self.ports)])
                asked = None
            if put is not None:
                (half, address), words = put
                self.held.update({(half, address + number): word for number, word in enumerate(words)})
            await ctx.tick()


@pytest.mark.parametrize("busy", [0.3, 0.9])
def test_a_half_buffer_answers_what_was_put_last(busy: float) -> None:
    buffer = HalfBuffer(BITS, WORDS)
    traffic = Traffic(buffer, 1, 1, busy, seed=1)
    simulate(buffer, traffic.bench)
    assert traffic.answered > 40


@pytest.mark.parametrize(("lanes", "ports"), [(1, 1), (2, 1), (4, 1), (1, 2), (4, 2), (2, 4), (4, 8)])
@pytest.mark.parametrize("busy", [0.3, 0.9])
def test_a_group_buffer_answers_what_was_put_last(lanes: int, ports: int, busy: float) -> None:
    buffer = GroupBuffer(BITS, WORDS, lanes, ports)
    traffic = Traffic(buffer, lanes, ports, busy, seed=lanes)
    simulate(buffer, traffic.bench)
    assert traffic.answered > 40


@pytest.mark.parametrize("first", range(5))
def test_a_put_that_reaches_into_the_next_row_of_banks_touches_no_other_group(first: int) -> None:
    buffer, seen = GroupBuffer(data.ArrayLayout(4, 3), 8, 4, 1), []

    async def bench(ctx: Any) -> None:
        for half, base in ((0, 1), (1, 2)):
            for address in (0, 4):
                await put(ctx, half, address, [base] * 4)
        await put(ctx, 1, first, [5, 6, 7, 8])
        ctx.set(buffer.put.valid, 0)
        ctx.set(buffer.answer.ready, 1)
        for half in (0, 1):
            for address in range(8):
                ctx.set(buffer.ask.payload, {"half": half, "address": address})
                ctx.set(buffer.ask.valid, 1)
                await ctx.tick().until(buffer.ask.ready)
                ctx.set(buffer.ask.valid, 0)
                (word,) = await ctx.tick().sample(buffer.answer.payload[0]).until(buffer.answer.valid)
                seen.append([int(word[lane]) for lane in range(3)])

    async def put(ctx: Any, half: int, address: int, groups: list[int]) -> None:
        at = {"half": half, "address": address}
        ctx.set(buffer.put.payload, {"at": at, "groups": [[group, 0, group] for group in groups], "count": 4})
        ctx.set(buffer.put.valid, 1)
        await ctx.tick()

    simulate(buffer, bench)
    changed = [2] * first + [5, 6, 7, 8] + [2] * (4 - first)
    assert seen == [[group, 0, group] for group in [1] * 8 + changed]


@pytest.mark.parametrize(
    ("made", "latency"),
    [
        (lambda: HalfBuffer(BITS, WORDS), 3),
        (lambda: GroupBuffer(BITS, WORDS, 4, 1), 3),
        (lambda: GroupBuffer(BITS, WORDS, 2, 4), 4),
        (lambda: GroupBuffer(BITS, WORDS, 4, 8), 5),
    ],
    ids=["words", "groups", "4 groups", "8 groups"],
)
def test_answers_come_so_many_clocks_after_their_asks_a_word_a_clock(made: Callable[[], Any], latency: int) -> None:
    asks = [{"half": number % 2, "address": number % WORDS} for number in range(20)]
    buffer = made()
    asked, answered = run(buffer, [Feeder(buffer.ask, asks), Collector(buffer.answer, len(asks))])
    assert answered.clocks == [clock + latency for clock in asked.clocks]
    assert asked.clocks == list(range(20))
