"""The watchdog: as many clocks without a move as the limit says, and not one less."""

from __future__ import annotations

from typing import Any

import pytest
from stream_bench import simulate

from heddle.hls.control.watchdog import Watchdog


def late_clocks(limit: int, moves: set[int], clocks: int, runs: range | None = None) -> list[int]:
    """The clocks in which it says late, where something moves in ``moves``."""
    watchdog, late = Watchdog(), []

    async def bench(ctx: Any) -> None:
        ctx.set(watchdog.limit, limit)
        for clock in range(clocks):
            ctx.set(watchdog.runs, runs is None or clock in runs)
            ctx.set(watchdog.moves, clock in moves)
            if ctx.get(watchdog.late):
                late.append(clock)
            await ctx.tick()

    simulate(watchdog, bench)
    return late


@pytest.mark.parametrize("limit", [1, 2, 7])
def test_it_is_late_once_nothing_has_moved_for_the_limit(limit: int) -> None:
    found = late_clocks(limit, {3}, 20)
    after = [clock for clock in found if clock > 5]
    assert after[0] == 3 + limit + Watchdog.latency
    assert after == list(range(after[0], 20))


def test_a_move_in_the_last_clock_of_the_limit_is_in_time() -> None:
    assert late_clocks(5, {0, 5, 10, 15}, 18) == []
    assert late_clocks(4, {0, 5, 10, 15}, 18) == [6, 11, 16]


def test_no_limit_is_never_late() -> None:
    assert late_clocks(0, set(), 30) == []


def test_it_counts_only_while_a_program_runs() -> None:
    assert late_clocks(4, set(), 20, runs=range(6, 9)) == []
    assert late_clocks(4, set(), 20, runs=range(6, 20))[0] == 6 + 4 + 1


def test_a_limit_that_comes_later_counts_what_has_passed() -> None:
    watchdog = Watchdog()

    async def bench(ctx: Any) -> None:
        ctx.set(watchdog.runs, 1)
        await ctx.tick().repeat(50)
        assert not ctx.get(watchdog.late)
        ctx.set(watchdog.limit, 40)
        await ctx.tick()
        assert ctx.get(watchdog.late)

    simulate(watchdog, bench)
