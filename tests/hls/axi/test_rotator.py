from __future__ import annotations

from typing import Any

import pytest
from amaranth.hdl import Const, Module, Signal
from stream_bench import simulate

from heddle.hls.axi.rotator import lanes_of, rotated, rotation_clocks


@pytest.mark.parametrize(("count", "clocks"), [(2, 1), (4, 1), (8, 2), (32, 3)])
def test_lanes_move_up_by_any_amount(count: int, clocks: int) -> None:
    m = Module()
    word, amount = Signal(8 * count), Signal(range(count))
    turned = rotated(m, lanes_of(word, 8), amount, Const(1), name="turned")
    seen = []

    async def bench(ctx: Any) -> None:
        ctx.set(word, int.from_bytes(bytes(range(count)), "little"))
        for turns in range(count + clocks):
            if turns >= clocks:
                seen.append([ctx.get(lane) for lane in turned])
            ctx.set(amount, turns % count)
            await ctx.tick()

    simulate(m, bench)
    assert rotation_clocks(count) == clocks
    assert seen == [[(place - turns) % count for place in range(count)] for turns in range(count)]
