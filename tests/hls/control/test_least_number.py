"""The least of some numbers, those that do not count left out."""

from __future__ import annotations

import random
from typing import Any

import pytest
from stream_bench import simulate

from heddle.hls.control.instruction import NUMBER_BITS
from heddle.hls.control.least_number import LeastNumber


@pytest.mark.parametrize(("candidates", "latency"), [(1, 1), (2, 2), (3, 3), (4, 3), (5, 4)])
def test_the_least_valid_number_comes_after_the_latency(candidates: int, latency: int) -> None:
    made, rng, found = LeastNumber(candidates), random.Random(candidates), list[int]()
    assert made.latency == latency
    drawn = [
        [
            (rng.random() < 0.6, rng.choice((rng.randrange(8), rng.randrange(1 << NUMBER_BITS))))
            for _ in range(candidates)
        ]
        for _ in range(200)
    ]

    async def bench(ctx: Any) -> None:
        for clock in range(len(drawn) + latency):
            for place, (valid, number) in enumerate(drawn[min(clock, len(drawn) - 1)]):
                ctx.set(made.candidates[place].valid, valid)
                ctx.set(made.candidates[place].number, number)
            found.append(ctx.get(made.number))
            await ctx.tick()

    simulate(made, bench)
    none = (1 << NUMBER_BITS) - 1
    assert found[latency:] == [min((number for valid, number in each if valid), default=none) for each in drawn]
