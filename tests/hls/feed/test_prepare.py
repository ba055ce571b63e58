"""The preparation of computations: its counts, and its clocks."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.sim import Simulator

from heddle.hls.feed.prepare import Prepare

ROWS, COLS = 10, 5
#: Fields of a computation, and what is worked out of them.
DENSE = (
    {"group_elements": 4, "group_slots": 4, "cols": 7},
    {"pixels": 9, "elements": 8, "taps": 3, "first_tap": 5},
    {
        "groups_per_pixel": 2,
        "tap_row": 1,
        "tap_col": 2,
        "col_words": 2,
        "rows": 9,
        "slots": 24,
        "fold_groups": 2,
        "fold_slots": 2,
    },
)
TURNED = (
    {"group_elements": 3, "group_slots": 4, "cols": 5},
    {"pixels": 9, "elements": 7, "taps": 2, "first_tap": 0, "turned": 1},
    {
        "groups_per_pixel": 3,
        "tap_row": 0,
        "tap_col": 0,
        "col_words": 1,
        "rows": 2 * 7,
        "slots": 9,
        "fold_groups": 2,
        "fold_slots": 2,
    },
)


@pytest.mark.parametrize(("fields", "walk", "expected"), [DENSE, TURNED])
def test_counts_come_after_the_stated_clocks(
    fields: dict[str, int], walk: dict[str, int], expected: dict[str, int]
) -> None:
    unit = Prepare(ROWS, COLS)

    async def bench(ctx: Any) -> None:
        compute, prepared = unit.input.payload, unit.output.payload
        for name, value in fields.items():
            ctx.set(compute[name], value)
        for name, value in walk.items():
            ctx.set(compute.walk[name], value)
        ctx.set(compute.walk.cols.taps, 3)
        ctx.set(unit.output.ready, 1)
        for _ in range(2):
            ctx.set(unit.input.valid, 1)
            assert ctx.get(unit.input.ready)
            await ctx.tick().repeat(unit.latency)
            assert ctx.get(unit.output.valid)
            assert {name: ctx.get(prepared[name]) for name in expected} == expected
            await ctx.tick()
            assert not ctx.get(unit.output.valid)

    simulator = Simulator(unit)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


def test_counts_do_not_come_before() -> None:
    unit, clocks = Prepare(ROWS, COLS), 0

    async def bench(ctx: Any) -> None:
        nonlocal clocks
        ctx.set(unit.input.valid, 1)
        while not ctx.get(unit.output.valid):
            await ctx.tick()
            clocks += 1

    simulator = Simulator(unit)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert clocks == unit.latency
