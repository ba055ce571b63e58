"""Drives and watches streams in the Amaranth simulator: feeders and collectors that pause as a seed says.

A component under test is in the domain ``sync``; its asserted stream contracts are checked as it runs.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from amaranth.hdl import ClockDomain, Module, Signal
from amaranth.sim import Simulator

_PERIOD = 1e-6


@dataclass
class Moved:
    """Words in the order in which they moved, and the clock in which each did (the first after reset is 0)."""

    words: list[Any] = field(default_factory=list)
    clocks: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Feeder:
    """Offers ``words`` to ``stream``, resting before each clock with probability ``idle``; an offer stays."""

    stream: Any
    words: Sequence[Any]
    idle: float = 0.0
    seed: int = 0

    async def run(self, ctx: Any, moved: Moved) -> None:
        pauses = random.Random(self.seed)
        clock = 0
        for word in self.words:
            while pauses.random() < self.idle:
                await ctx.tick()
                clock += 1
            ctx.set(self.stream.payload, word)
            ctx.set(self.stream.valid, 1)
            ready = 0
            while not ready:
                *_, ready = await ctx.tick().sample(self.stream.ready)
                clock += 1
            moved.words.append(word)
            moved.clocks.append(clock - 1)
            ctx.set(self.stream.valid, 0)


@dataclass(frozen=True)
class Collector:
    """Takes ``count`` words from ``stream``, refusing in each clock with probability ``pause``."""

    stream: Any
    count: int
    pause: float = 0.0
    seed: int = 0

    async def run(self, ctx: Any, moved: Moved) -> None:
        pauses = random.Random(self.seed)
        clock = 0
        while len(moved.words) < self.count:
            ctx.set(self.stream.ready, pauses.random() >= self.pause)
            *_, valid, ready, word = await ctx.tick().sample(self.stream.valid, self.stream.ready, self.stream.payload)
            if valid and ready:
                moved.words.append(word)
                moved.clocks.append(clock)
            clock += 1
        ctx.set(self.stream.ready, 0)


def run(
    component: Any,
    ends: Sequence[Feeder | Collector],
    clocks: int = 10_000,
    beside: Sequence[Callable[[Any], Any]] = (),
) -> list[Moved]:
    """Run all ``ends`` at once until each is done; what moved, end by end. AssertionError past ``clocks``.

    ``beside``: benches that run along and may never end.
    """
    moved = [Moved() for _ in ends]
    waiting = set(range(len(ends)))

    def bench(place: int) -> Callable[[Any], Any]:
        async def runs(ctx: Any) -> None:
            await ends[place].run(ctx, moved[place])
            waiting.discard(place)

        return runs

    async def watchdog(ctx: Any) -> None:
        await ctx.delay(clocks * _PERIOD)
        assert not waiting, f"ends {sorted(waiting)} still wait after {clocks} clocks"

    simulator = Simulator(component)
    simulator.add_clock(_PERIOD)
    for place in range(len(ends)):
        simulator.add_testbench(bench(place))
    for bench_beside in (watchdog, *beside):
        simulator.add_testbench(bench_beside, background=True)
    simulator.run()
    return moved


def simulate(component: Any, bench: Callable[[Any], Any]) -> None:
    """Run one ``bench`` coroutine on ``component`` to its end."""
    simulator = Simulator(component)
    simulator.add_clock(_PERIOD)
    simulator.add_testbench(bench)
    simulator.run()


def resettable(component: Any) -> tuple[Module, Signal]:
    """``component`` in a domain ``sync`` of its own, and that domain's reset, for a bench to drive."""
    m = Module()
    m.domains.sync = sync = ClockDomain()
    m.submodules.component = component
    return m, sync.rst
