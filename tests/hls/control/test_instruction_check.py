"""The check of instructions in RTL against the rules, over instructions that are nearly right."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
from amaranth.sim import Simulator

from heddle.arch.instruction_rules import Fault, refusal_of
from heddle.arch.instructions import Compute, Instruction, Load, Store, Sync
from heddle.arch.isa import Encoded
from heddle.hls.control.instruction_check import InstructionCheck
from tests.arch.test_instruction_rules import COMPUTE, LOAD, REFUSED, STORE, instruction

GROUP_M = 4
#: Numbers at the edges of the rules.
NEAR = (0, 1, 2, 3, 4, 5, 6)


def changed(part: Encoded, rng: np.random.Generator) -> Encoded:
    """``part`` with one number, anywhere in it, another one."""
    field = part.fields()[rng.integers(len(fields(part)))]
    if field.name == "opcode":
        return part
    value = getattr(part, field.name)
    if isinstance(value, Encoded):
        return replace(part, **{field.name: changed(value, rng)})
    choices = [number for number in (*NEAR, field.valid[-1]) if number in field.valid]
    return replace(part, **{field.name: int(rng.choice(choices))})


def near_instructions(count: int) -> list[Any]:
    """Instructions of each kind with up to two numbers changed."""
    rng = np.random.default_rng(3)
    whole = [instruction(text) for text in (LOAD, f"{LOAD} weight", COMPUTE, STORE, "sync", "sync last")]
    return [changed(changed(whole[number % len(whole)], rng), rng) for number in range(count)]


def stops_of(words: list[int]) -> list[int]:
    check = InstructionCheck(GROUP_M)
    found = []

    async def bench(ctx: Any) -> None:
        for word in words:
            ctx.set(check.word, word)
            found.append(ctx.get(check.stop).value)
            assert ctx.get(check.refuses) == (found[-1] != 0)

    simulator = Simulator(check)
    simulator.add_testbench(bench)
    simulator.run()
    return found


def fault_of(given: Instruction) -> Fault:
    refused = refusal_of(given, GROUP_M)
    return Fault.NONE if refused is None else refused.fault


def test_the_rtl_refuses_what_the_rules_refuse() -> None:
    given = [*(instruction(text) for text, _, _ in REFUSED), *near_instructions(600)]
    expected = [fault_of(each) for each in given]
    assert set(expected) == set(Fault) - {Fault.OPCODE, Fault.BITS}
    assert stops_of([each.encode() for each in given]) == expected


def test_words_that_are_no_instructions_are_refused() -> None:
    opcodes = [opcode for opcode in range(16) if opcode not in (1, 2, 3, 4)]
    assert stops_of(opcodes) == [Fault.OPCODE] * len(opcodes)
    kinds = {Load: LOAD, Compute: COMPUTE, Store: STORE, Sync: "sync"}
    beyond = [instruction(text).encode() | 1 << bit for kind, text in kinds.items() for bit in (kind.width(), 511)]
    assert stops_of(beyond) == [Fault.BITS] * len(beyond)
