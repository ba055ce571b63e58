"""The first stop: by time, in one clock by its place, and until the next program."""

from __future__ import annotations

from typing import Any

from stream_bench import simulate

from heddle.hls.control.instruction import Stop
from heddle.hls.system.stops import FirstStop

CAUSES = (Stop.CHECKSUM, Stop.TIMEOUT, Stop.ABORTED)


def test_the_first_reason_stays_until_the_next_program() -> None:
    stops = FirstStop(len(CAUSES))

    def find(ctx: Any, *places: int) -> None:
        for place, cause in enumerate(CAUSES):
            ctx.set(stops.found[place], {"holds": place in places, "stop": cause, "number": 10 + place})

    def told(ctx: Any) -> tuple[Stop, int]:
        return ctx.get(stops.stop), ctx.get(stops.number)

    async def bench(ctx: Any) -> None:
        find(ctx, 0)
        await ctx.tick().repeat(2)
        assert told(ctx) == (Stop.NONE, 0)  # no program runs
        for places, first in (((1, 2), 1), ((0, 2), 0), ((2,), 2)):
            find(ctx)
            ctx.set(stops.begins, 1)
            await ctx.tick()
            ctx.set(stops.begins, 0)
            ctx.set(stops.runs, 1)
            await ctx.tick()
            assert told(ctx) == (Stop.NONE, 0)
            find(ctx, *places)
            await ctx.tick()
            assert told(ctx) == (CAUSES[first], 10 + first)
            find(ctx, 0)
            await ctx.tick()
            ctx.set(stops.runs, 0)
            await ctx.tick()
            assert told(ctx) == (CAUSES[first], 10 + first)

    simulate(stops, bench)
