"""The check of commands: the RTL refuses what the rules refuse, for the same reason, and nothing else."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from amaranth.sim import Simulator

from heddle.arch.command_rules import EMPTY, Left, Refusal, left_by, refusal_of
from heddle.arch.design import Design
from heddle.hls.array.command import COMMAND
from heddle.hls.array.command_check import CommandCheck
from heddle.verify.command_faults import near_command
from heddle.verify.sweep import BUILDS

COMMANDS = 800
MACHINES = (
    "2x2-os+ws-m4-i1-l1-p0-fp16",
    "4x2-os+ws-m8-i6-l5-p1-fp16",
    "1x4-os+ws-m4-i4-l3-p1-fp16",
    "4x3-os-m8-i4-l4-p1-fp16",
    "3x4-ws-m8-i1-l4-p1-fp16",
    "2x8-os+ws-m16-i6-l6-p3-fp16",
)


def after(left: Left, in_ws: int, command) -> Left:
    """What is in the array when ``command`` begins: of the other dataflow nothing."""
    return left if command.ws == in_ws else EMPTY


def causes(design: Design, seed: int) -> list[tuple[object, Refusal, int]]:
    """Each command with the rules' answer and the RTL's."""
    rng = np.random.default_rng(seed)
    check = CommandCheck(design)
    answers = []

    async def bench(ctx) -> None:
        left, in_ws = EMPTY, 0
        for _ in range(COMMANDS):
            command = near_command(rng, design.array, design.sparsity.m, left)
            expected = refusal_of(command, design.array, design.sparsity.m, after(left, in_ws, command))
            ctx.set(check.command, {name: getattr(command, name) for name, _ in COMMAND})
            answers.append((command, expected, ctx.get(check.cause).value))
            is_begun = expected is Refusal.NONE
            assert ctx.get(check.is_legal) == is_begun
            ctx.set(check.accepted, is_begun)
            await ctx.tick()
            if is_begun:
                ctx.set(check.accepted, 0)
                await ctx.tick()  # its own first clock, in which no other comes
                left, in_ws = left_by(command, design.array), command.ws

    simulator = Simulator(check)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return answers


@pytest.mark.parametrize("name", MACHINES)
def test_the_rtl_gives_the_cause_that_the_rules_give(name: str) -> None:
    answers = causes(BUILDS[name].design(), seed=1)
    assert [answer for answer in answers if answer[1] != answer[2]] == []
    found = Counter(expected for _, expected, _ in answers)
    of_dataflow = {Refusal.DATAFLOW} if "+" not in name else set()
    not_there = set() if "os" in name else {Refusal.GROUP_SLOTS, Refusal.INTERLEAVE_COLS, Refusal.SETTLE}
    not_there |= set() if "ws" in name else {Refusal.FRESH_TILES, Refusal.RELOAD}
    assert set(found) >= set(Refusal) - {Refusal.DATAFLOW} - not_there | of_dataflow
    assert found[Refusal.NONE] > COMMANDS // 8
