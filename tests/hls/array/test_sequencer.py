"""The sequencer on commands at the bounds of the rules: how long each takes, and which words it asks for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from amaranth.sim import Simulator

from heddle.arch.command_rules import EMPTY, Refusal, left_by, refusal_of
from heddle.arch.design import ArrayConfig
from heddle.arch.isa import ArrayCommand
from heddle.arch.timing import os_lead_cycles
from heddle.hls.array.command import COMMAND
from heddle.hls.array.sequencer import Sequencer
from heddle.verify.command_faults import near_command
from heddle.verify.sweep import BUILDS

COMMANDS = 70
MOST_STEPS = 300
STREAMS = ("left", "right", "partial", "result")


@dataclass(frozen=True)
class Told:
    """A command, and what must come of it."""

    command: ArrayCommand
    cause: Refusal

    def steps(self, array: ArrayConfig) -> int:
        """Steps from the clock after it is taken until the sequencer is idle again."""
        if self.cause is not Refusal.NONE:
            return 0
        lead = os_lead_cycles(array.rows, array.interleave) if self.command.reload else 0
        prologue = 0 if self.command.ws else self.command.settle + lead
        return prologue + self.command.tiles * self.command.interval

    def words(self, array: ArrayConfig) -> np.ndarray:
        """Words of ``STREAMS``."""
        if self.cause is not Refusal.NONE:
            return np.zeros(4, int)
        command, tiles, length = self.command, self.command.tiles, self.command.length
        if command.ws:
            going_on = tiles if command.reload else tiles - command.fresh_tiles
            return np.array([tiles * length, tiles * array.rows, going_on * length, tiles * length])
        ir = array.interleave // command.interleave_cols
        left = ir * length if ir > 1 else -(-length // command.group_slots)
        right = length * (array.interleave if command.interleave_cols > 1 else 1)
        results = array.rows * array.interleave
        return tiles * np.array([left, right, results if command.reload else 0, results])


def told(name: str, seed: int) -> list[Told]:
    """Commands one after another, none of which takes long; the first few are not refused."""
    design, rng = BUILDS[name].design(), np.random.default_rng(seed)
    program: list[Told] = []
    left, in_ws = EMPTY, 0
    while len(program) < COMMANDS:
        command = near_command(rng, design.array, design.sparsity.m, left)
        before = left if command.ws == in_ws else EMPTY
        one = Told(command, refusal_of(command, design.array, design.sparsity.m, before))
        is_welcome = len(program) >= 3 or one.cause is Refusal.NONE
        if is_welcome and one.steps(design.array) <= MOST_STEPS:
            program.append(one)
            if one.cause is Refusal.NONE:
                left, in_ws = left_by(command, design.array), command.ws
    return program


@pytest.mark.parametrize("held", [0.0, 0.3])
@pytest.mark.parametrize(
    "name", ["2x2-os+ws-m4-i1-l1-p0-fp16", "3x2-os+ws-m8-i4-l3-p1-fp16", "4x2-os+ws-m8-i6-l5-p1-fp16"]
)
def test_a_command_takes_the_steps_and_words_that_it_says_and_a_refused_one_none(name: str, held: float) -> None:
    array = BUILDS[name].design().array
    program = told(name, seed=5)
    sequencer = Sequencer(BUILDS[name].design())
    draw = np.random.default_rng(2).random
    asked: list[list[int]] = []
    steps: list[int] = []

    async def clock(ctx) -> bool:
        stepped = bool(draw() >= held)
        ctx.set(sequencer.en, stepped)
        taken = bool(ctx.get(sequencer.command.valid & sequencer.command.ready))
        if stepped:
            asked.append([ctx.get(getattr(sequencer.needs, stream)) for stream in STREAMS])
            if not ctx.get(sequencer.idle):
                steps[-1] += 1
        await ctx.tick()
        return taken

    async def bench(ctx) -> None:
        ctx.set(sequencer.command.valid, 1)
        for one in program:
            ctx.set(sequencer.command.payload, {field: getattr(one.command, field) for field, _ in COMMAND})
            while not await clock(ctx):
                assert not steps or steps[-1] <= MOST_STEPS
            steps.append(0)
        ctx.set(sequencer.command.valid, 0)
        while not ctx.get(sequencer.idle) or ctx.get(sequencer.idle_steps) != sequencer.emptying_steps:
            await clock(ctx)
        assert ctx.get(sequencer.error_count) == sum(one.cause is not Refusal.NONE for one in program)
        first = next(number for number, one in enumerate(program) if one.cause is not Refusal.NONE)
        assert ctx.get(sequencer.error_number) == first
        assert ctx.get(sequencer.error_cause).value == program[first].cause

    simulator = Simulator(sequencer)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert steps == [one.steps(array) for one in program]
    assert np.sum(asked, axis=0).tolist() == np.sum([one.words(array) for one in program], axis=0).tolist()
    kinds = {(one.command.ws, one.command.reload) for one in program if one.cause is Refusal.NONE}
    assert len(kinds) == 4
