"""The requester: what it asks for, what it says of the beats, and how many bursts it allows."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import pytest
from naive_spans import as_stream
from refusal import assert_refused
from stream_bench import Collector, Feeder, run, simulate

from heddle.hls.axi.channels import AxiShape, Burst
from heddle.hls.axi.requester import Requester

SHAPE = AxiShape(data_bytes=8, address_bits=12, page_bytes=64)
NOISE = random.Random(11)


def some_spans(count: int) -> list[tuple[int, int]]:
    spans = []
    for _ in range(count):
        offset = 2 * NOISE.randrange(32)
        spans.append((64 * NOISE.randrange(64) + offset, 2 * NOISE.randint(1, 32 - offset // 2)))
    return spans


@pytest.mark.parametrize(
    ("idle", "pauses"), [(0.0, (0.0, 0.0)), (0.5, (0.0, 0.0)), (0.0, (0.6, 0.0)), (0.0, (0.0, 0.6)), (0.2, (0.3, 0.3))]
)
def test_each_span_is_one_burst_with_a_beat_for_each_of_its_words(idle: float, pauses: tuple[float, float]) -> None:
    spans = some_spans(40)
    requester = Requester(SHAPE, 3)
    touched = [range(address // 8, (address + nbytes - 1) // 8 + 1) for address, nbytes in spans]

    async def answers(ctx: Any) -> None:
        """A burst ends when its last beat is taken."""
        beats = requester.beats
        async for *_, valid, ready, beat in ctx.tick().sample(beats.valid, beats.ready, beats.payload):
            ctx.set(requester.ended, valid & ready & beat.ends)

    _, asked, beats = run(
        requester,
        [
            Feeder(requester.spans, as_stream(spans), idle, seed=1),
            Collector(requester.requests, len(spans), pauses[0], seed=2),
            Collector(requester.beats, sum(map(len, touched)), pauses[1], seed=3),
        ],
        beside=[answers],
    )
    assert [(word.addr, word.len + 1) for word in asked.words] == [
        (address, len(words)) for (address, _), words in zip(spans, touched, strict=True)
    ]
    assert {(word.id, word.size, word.burst, word.cache, word.prot) for word in asked.words} == {
        (0, 3, Burst.INCR, 0b0011, 0)
    }
    assert [beat.ends for beat in beats.words] == [int(word == words[-1]) for words in touched for word in words]
    assert sum(beat.bytes for beat in beats.words) == sum(nbytes for _, nbytes in spans)


@pytest.mark.parametrize("most", [1, 3])
def test_no_burst_begins_while_so_many_are_outstanding_or_it_is_held(most: int) -> None:
    requester = Requester(SHAPE, most)
    begun = []

    async def bench(ctx: Any) -> None:
        ctx.set(requester.spans.payload, {"address": 0, "bytes": 8, "last": 1})
        ctx.set(requester.spans.valid, 1)
        ctx.set(requester.requests.ready, 1)
        ctx.set(requester.beats.ready, 1)
        for clock in range(12):
            ctx.set(requester.ended, clock == 8)
            ctx.set(requester.hold, clock == 0)
            *_, begins, outstanding = await ctx.tick().sample(requester.spans.ready, requester.outstanding)
            begun.append(begins)
            assert outstanding <= most

    simulate(requester, bench)
    assert begun == [0, *[1] * most, *[0] * (8 - most), 1, 0, 0]


def test_no_burst_at_all_is_refused() -> None:
    assert_refused(partial(Requester, SHAPE, 0), ValueError, "at least 1 burst must be allowed, not 0")
