"""Delay lines: plain registers, a submodule of them, and the memory that moves a step at a time."""

from __future__ import annotations

import random
from typing import Any

import pytest
from amaranth.hdl import Fragment, Module, Signal
from stream_bench import resettable, simulate

from heddle.arch.lut_memory import QUICK_LINE_CLOCKS
from heddle.hls.stream.delay import DelayLine, StepDelay, delayed, quick_registers

WORDS = [random.Random(3).randrange(1 << 9) for _ in range(40)]


@pytest.mark.parametrize("cycles", [1, 2, 7])
def test_a_line_gives_each_word_its_clocks_later_whatever_reset_does(cycles: int) -> None:
    line = DelayLine(9, cycles)
    design, reset = resettable(line)
    seen = []

    async def bench(ctx: Any) -> None:
        for clock, word in enumerate(WORDS):
            ctx.set(line.entering, word)
            ctx.set(reset, clock % 5 == 3)
            seen.append(ctx.get(line.leaving))
            await ctx.tick()

    simulate(design, bench)
    assert seen == [0] * cycles + WORDS[:-cycles]


@pytest.mark.parametrize("cycles", [0, 1, QUICK_LINE_CLOCKS, QUICK_LINE_CLOCKS + 1])
def test_quick_registers_delay_and_keep_their_last_word_out_of_a_shift_register(cycles: int) -> None:
    m = Module()
    entering, enable = Signal(9), Signal()
    leaving = quick_registers(m, entering, cycles, enable, name="line")
    assert (leaving is entering) == (cycles == 0)
    assert cycles == 0 or leaving.attrs["shreg_extract"] == "no"
    seen = []

    async def bench(ctx: Any) -> None:
        ctx.set(enable, 1)
        for word in WORDS:
            ctx.set(entering, word)
            seen.append(ctx.get(leaving))
            await ctx.tick()

    m.d.sync += Signal().eq(entering[0])
    simulate(m, bench)
    assert seen == [0] * cycles + WORDS[: len(WORDS) - cycles]


def test_no_clocks_are_the_value_itself_and_no_submodule() -> None:
    m = Module()
    entering = Signal(4)
    assert delayed(m, entering, 0, name="line") is entering
    with pytest.raises(AttributeError):
        _ = m.submodules.line
    Fragment.get(m, None)


def test_clocks_are_a_line_of_its_own_by_the_name_given() -> None:
    m = Module()
    entering = Signal(9)
    leaving = delayed(m, entering, 2, name="line")
    assert isinstance(m.submodules.line, DelayLine)
    seen = []

    async def bench(ctx: Any) -> None:
        for word in WORDS:
            ctx.set(entering, word)
            seen.append(ctx.get(leaving))
            await ctx.tick()

    simulate(m, bench)
    assert seen == [0, 0, *WORDS[:-2]]


@pytest.mark.parametrize("steps", [1, 2, 3, 8])
def test_a_step_delay_counts_steps_and_not_clocks(steps: int) -> None:
    delay = StepDelay(9, steps)
    design, _ = resettable(delay)
    entered: list[int] = []
    seen = []

    async def bench(ctx: Any) -> None:
        pauses = random.Random(steps)
        for word in WORDS:
            steps_now = pauses.random() < 0.6
            ctx.set(delay.entering, word)
            ctx.set(delay.en, steps_now)
            if len(entered) >= steps:
                seen.append((ctx.get(delay.leaving), entered[-steps]))
            await ctx.tick()
            if steps_now:
                entered.append(word)

    simulate(design, bench)
    assert len(seen) > 10
    assert all(left == right for left, right in seen)
