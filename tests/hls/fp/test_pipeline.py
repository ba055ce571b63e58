"""Pipelines whose registers stand where a table says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from amaranth.hdl import Const, Module, Signal, Value
from stream_bench import simulate

from heddle.hls.fp.pipeline import Pipeline, cuts_for


@dataclass(frozen=True)
class _Pair:
    low: Value
    high: Value


def _after_each_clock(position: str) -> list[int]:
    """What stands behind ``position`` of a pipeline cut at "here" while 1, 2, 3 go in, the second clock disabled."""
    m = Module()
    enable, low = Signal(), Signal(2)
    behind = Pipeline(m, enable, frozenset({"here"})).at(position, _Pair(low, Const(2, 3)))
    m.d.sync += Signal().eq(0)  # the simulator wants a clocked design
    seen = []

    async def bench(ctx: Any) -> None:
        for word, enabled in ((1, 1), (2, 0), (3, 1)):
            ctx.set(low, word)
            ctx.set(enable, enabled)
            await ctx.tick()
            seen.append(ctx.get(behind.low))

    simulate(m, bench)
    return seen


def test_a_cut_position_holds_a_register_with_the_clock_enable_and_another_holds_none() -> None:
    assert _after_each_clock("here") == [1, 1, 3]
    assert _after_each_clock("there") == [1, 2, 3]


def test_a_depth_without_a_row_is_refused() -> None:
    with pytest.raises(ValueError, match="a filter has 1 to 2 stages, not 3"):
        cuts_for("a filter", 3, {1: (), 2: ("here",)})
