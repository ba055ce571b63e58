"""The preparation of computations: its counts, and its clocks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from amaranth.sim import Simulator
from samples import TINY

from heddle.arch.design_io import override
from heddle.hls.feed.prepare import Prepare

ROWS, COLS, INTERLEAVE, GROUP_M = 10, 5, 4, 4
ARRAY = override(TINY, {"array.rows": ROWS, "array.cols": COLS, "array.interleave": INTERLEAVE}).array
#: Fields of a computation, and what is worked out of them. A row of the kernel has 3 taps.
DENSE = (
    {"group_elements": 4, "group_slots": 4, "cols": 7},
    {"pixels": 9, "elements": 8, "taps": 6, "first_tap": 5},
    {
        "groups_per_pixel": 2,
        "tap_row": 1,
        "tap_col": 2,
        "col_words": 2,
        "last_row_words": 9 * 2,
        "rows": 9,
        "slots": 48,
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
        "last_row_words": 9 * 1,
        "rows": 2 * 7,
        "slots": 9,
        "fold_groups": 2,
        "fold_slots": 2,
    },
)
#: Of 8 taps from the last of the kernel's first row on, each of 2 groups: 1, 3, 3 and 1.
OF_ROWS = {"crosses_taps": 1, "runs": 4, "first_run": 2, "next_run": 6, "last_run": 2}
OF_TAPS = {"crosses_taps": 0, "runs": 8}
RUNS = {
    "rows": ({"elements": 8}, OF_ROWS),
    "within-a-row": ({"elements": 8, "first_tap": 4, "taps": 2}, {"runs": 1, "first_run": 4}),
    "taps-apart": ({"elements": 8, "cols": {"tap_step": 2}}, {**OF_TAPS, "first_run": 2, "next_run": 2, "last_run": 2}),
    "turned": (
        {"elements": 8, "turned": 1},
        {**OF_ROWS, "first_run": 8, "next_run": 24, "last_run": 8, "group_channels": 4},
    ),
    "turned-one-group": (
        {"elements": 3, "turned": 1},
        {**OF_ROWS, "first_run": 3, "next_run": 9, "last_run": 3, "group_channels": 3},
    ),
    "turned-unlike-groups": (
        {"elements": 7, "turned": 1},
        {**OF_TAPS, "first_run": 7, "next_run": 7, "last_run": 7, "group_channels": 4},
    ),
}


@pytest.mark.parametrize(("walk", "expected"), RUNS.values(), ids=RUNS)
def test_a_run_has_the_taps_of_a_kernel_row_that_follow_each_other(
    walk: dict[str, Any], expected: dict[str, int]
) -> None:
    in_rows = {"taps": 8, "first_tap": 2, **walk, "cols": {"tap_step": 1, "taps": 3, **walk.get("cols", {})}}
    assert prepared({"group_elements": 4, "group_slots": 4, "cols": 7, "walk": in_rows}, expected) == [expected] * 2


@pytest.mark.parametrize(("fields", "walk", "expected"), [DENSE, TURNED])
def test_counts_come_after_the_stated_clocks(
    fields: dict[str, int], walk: dict[str, int], expected: dict[str, int]
) -> None:
    assert prepared({**fields, "walk": {**walk, "cols": {"taps": 3}}}, expected) == [expected] * 2


@pytest.mark.parametrize(
    ("command", "distance"),
    [
        ({"ws": 1, "length": 7, "fresh_tiles": 3, "tiles": 9}, 21),
        ({"ws": 1, "length": 0xABCDEF, "fresh_tiles": 0x123456, "tiles": 1}, 0xABCDEF * 0x123456 % (1 << 32)),
        ({"ws": 0, "length": 7, "fresh_tiles": 3, "tiles": 9}, 9 * ROWS * INTERLEAVE),
    ],
)
def test_a_result_goes_on_from_the_fold_before_or_from_the_computation_before(
    command: dict[str, int], distance: int
) -> None:
    fields = {"group_elements": 4, "group_slots": 4, "cols": 7, "walk": {"elements": 8, "cols": {"taps": 3}}}
    assert prepared({**fields, "command": command}, ["distance"]) == [{"distance": distance}] * 2


def prepared(fields: dict[str, Any], names: Iterable[str]) -> list[dict[str, int]]:
    """What is worked out of ``fields``, twice, and never later than the stated clocks."""
    unit, found = Prepare(ARRAY, GROUP_M), list[dict[str, int]]()

    async def bench(ctx: Any) -> None:
        put(ctx, unit.input.payload, fields)
        ctx.set(unit.output.ready, 1)
        for _ in range(2):
            ctx.set(unit.input.valid, 1)
            assert ctx.get(unit.input.ready)
            await ctx.tick().repeat(unit.latency)
            assert ctx.get(unit.output.valid)
            found.append({name: ctx.get(unit.output.payload[name]) for name in names})
            await ctx.tick()
            assert not ctx.get(unit.output.valid)

    simulator = Simulator(unit)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return found


def put(ctx: Any, view: Any, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        if isinstance(value, dict):
            put(ctx, view[name], value)
        else:
            ctx.set(view[name], value)


def test_counts_do_not_come_before() -> None:
    unit, clocks = Prepare(ARRAY, GROUP_M), 0

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
