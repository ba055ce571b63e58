"""Division bit by bit."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.sim import Simulator

from heddle.hls.feed.divide import SlowDivider


@pytest.mark.parametrize("bits", [1, 4])
def test_every_quotient_and_remainder_is_there_after_as_many_clocks_as_bits_and_one(bits: int) -> None:
    divider = SlowDivider(bits)

    async def bench(ctx: Any) -> None:
        for dividend in range(1 << bits):
            for divisor in range(1, 1 << bits):
                ctx.set(divider.dividend, dividend)
                ctx.set(divider.divisor, divisor)
                ctx.set(divider.start, 1)
                await ctx.tick()
                ctx.set(divider.start, 0)
                for _ in range(bits):
                    assert not ctx.get(divider.is_done)
                    await ctx.tick()
                assert ctx.get(divider.is_done)
                assert divmod(dividend, divisor) == (ctx.get(divider.quotient), ctx.get(divider.remainder))

    simulator = Simulator(divider)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
