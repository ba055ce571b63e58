"""Dispatch against the order that tokens give: programs that end, that wait for ever, and that are no programs."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from amaranth.sim import Simulator

from heddle.arch.design_io import load_design
from heddle.arch.errors import HeddleError
from heddle.arch.instructions import Compute, Instruction, Load, Opcode, Store, Sync, Tokens
from heddle.dataflow.network import ConvLayer
from heddle.hls.control.dispatch import QUEUES, Dispatch
from heddle.hls.control.instruction import Stop
from heddle.sim.program.order import token_order
from tests.arch.test_instruction_rules import COMPUTE, LOAD, STORE, instruction
from tests.support.layer_programs import LayerRun

TINY = load_design("tiny")
LAST = instruction("sync last")
#: Instructions in a queue: few, so that drawn programs fill them.
DEPTH = 3
KINDS = {"load": Load, "compute": Compute, "store": Store}


@dataclass
class Run:
    """What a dispatch did: numbers begun and done in each queue, in the order in which it happened."""

    begun: list[int] = field(default_factory=list)
    events: list[tuple[str, int]] = field(default_factory=list)
    finished: bool = False
    stop: Stop = Stop.NONE
    stop_number: int = 0
    most_in_engine: int = 0


def run(program: Sequence[Instruction], seed: int = 0, hold_after: int | None = None) -> Run:
    """``program`` through a Dispatch whose engines take and finish instructions at drawn times."""
    rng, found, dispatch = random.Random(seed), Run(), Dispatch(TINY.sparsity.m, depth=DEPTH)
    in_engine: dict[str, list[int]] = {name: [] for name in QUEUES}
    simulator = Simulator(dispatch)
    simulator.add_clock(1e-6)

    def engine(ctx: Any, name: str) -> None:
        """Perhaps be done with an instruction, and perhaps take one, in this clock."""
        port, numbers = getattr(dispatch, name), in_engine[name]
        works_on = [*numbers, *([ctx.get(port.payload.number)] if ctx.get(port.valid) else [])]
        assert ctx.get(getattr(dispatch, f"{name}_busy")) == bool(works_on)
        if works_on:
            assert ctx.get(getattr(dispatch, f"{name}_number")) == works_on[0]
        ends, takes = bool(numbers) and rng.random() < 0.25, rng.random() < 0.6
        ctx.set(getattr(dispatch, f"{name}_done"), ends)
        ctx.set(port.ready, takes)
        if ends:
            found.events.append(("done", numbers.pop(0)))
        if takes and ctx.get(port.valid):
            numbers.append(ctx.get(port.payload.number))
            found.events.append(("begin", numbers[-1]))
            found.begun.append(numbers[-1])
            found.most_in_engine = max(found.most_in_engine, len(numbers))

    async def bench(ctx: Any) -> None:
        port, given, words = dispatch.instructions, 0, [one.encode() for one in program]
        for _ in range(60 * len(program) + 200):
            offers = given < len(words) and (ctx.get(port.valid) == 1 or rng.random() < 0.7)
            if offers:
                ctx.set(port.payload, {"number": given, "last": given == len(words) - 1, "word": words[given]})
            ctx.set(port.valid, offers)
            for name in QUEUES:
                engine(ctx, name)
            ctx.set(dispatch.hold, hold_after is not None and len(found.begun) >= hold_after)
            moves = offers and ctx.get(port.ready)
            await ctx.tick()
            given += moves
            ctx.set(port.valid, offers and not moves)
            found.finished, found.stop = bool(ctx.get(dispatch.finished)), ctx.get(dispatch.stop)
            if (found.finished or found.stop != Stop.NONE) and not any(in_engine.values()):
                break
        found.stop_number = ctx.get(dispatch.stop_number)

    simulator.add_testbench(bench)
    simulator.run()
    return found


def drawn_program(rng: random.Random, length: int) -> list[Instruction]:
    """Instructions with drawn tokens, which may never come."""
    program: list[Instruction] = []
    for _ in range(length):
        kind = rng.choice(("load", "compute", "store", "store", "compute", "load", "sync"))
        one = instruction({"load": LOAD, "compute": COMPUTE, "store": STORE, "sync": "sync"}[kind])
        chance = {name: int(rng.random() < (0.2 if name.startswith("wait") else 0.5)) for name in NAMES[kind]}
        program.append(replace(one, tokens=replace(one.tokens, **chance)))
    return [*program, LAST]


NAMES = {
    "load": ("wait_next", "signal_next"),
    "compute": tuple(one.name for one in Tokens.fields()),
    "store": ("wait_previous", "signal_previous"),
    "sync": (),
}


def waiting_for_ever(program: Sequence[Instruction]) -> int | None:
    """The number of the first instruction whose tokens never come; None where all come."""
    try:
        token_order(program, DEPTH)
    except HeddleError as error:
        return int(str(error).split()[-1] if "," not in str(error) else str(error).split(",")[0].split()[-1])
    return None


def assert_in_order(program: Sequence[Instruction], found: Run) -> None:
    """Each queue in its order; nothing before the tokens that it waits for, or on the other side of a SYNC."""
    held = dict.fromkeys(((0, 1), (1, 0), (1, 2), (2, 1)), 0)
    order = list(KINDS.values())
    done: set[int] = set()
    for event, number in found.events:
        one = program[number]
        queue, tokens = order.index(type(one)), one.tokens
        neighbours = ((queue - 1, "previous"), (queue + 1, "next"))
        if event == "begin":
            behind = max((at for at in range(number) if isinstance(program[at], Sync)), default=-1)
            assert set(range(behind)) - {at for at in range(behind) if isinstance(program[at], Sync)} <= done
            for other, name in neighbours:
                if getattr(tokens, f"wait_{name}"):
                    held[other, queue] -= 1
                    assert held[other, queue] >= 0
        else:
            done.add(number)
            for other, name in neighbours:
                if getattr(tokens, f"signal_{name}"):
                    held[queue, other] += 1
    for kind in KINDS.values():
        of_kind = [number for number in found.begun if isinstance(program[number], kind)]
        assert of_kind == sorted(of_kind)


@pytest.mark.parametrize("seed", range(25))
def test_a_program_runs_in_the_order_of_its_tokens_or_is_stopped_where_none_comes(seed: int) -> None:
    program = drawn_program(random.Random(seed), 14)
    found, waiting = run(program, seed), waiting_for_ever(program)
    assert_in_order(program, found)
    if waiting is None:
        assert (found.finished, found.stop) == (True, Stop.NONE)
        assert sorted(found.begun) == [at for at, one in enumerate(program) if not isinstance(one, Sync)]
    else:
        assert (found.finished, found.stop, found.stop_number) == (False, Stop.DEADLOCK, waiting)


@pytest.mark.parametrize("seed", range(4))
def test_each_token_lets_one_instruction_begin_when_they_come_as_fast_as_they_go(seed: int) -> None:
    pair = [instruction(f"{LOAD} signal_next"), instruction(f"{COMPUTE} wait_previous")]
    program = [*pair * 20, LAST]
    found = run(program, seed)
    assert_in_order(program, found)
    assert found.finished


def test_a_compiled_program_runs_to_its_end_with_two_instructions_in_an_engine() -> None:
    program = LayerRun(ConvLayer("conv", 6, 6, 8, 6, 6, 16, 3, 3), "ff", TINY, keep_n=2).compiled().instructions
    found = run(program, seed=1)
    assert_in_order(program, found)
    assert found.finished
    assert len(found.begun) == sum(not isinstance(one, Sync) for one in program)
    assert found.most_in_engine == 2


@pytest.mark.parametrize(
    ("texts", "stop", "number"),
    [
        ([LOAD, f"{LOAD} group_elements=9", "sync last"], Stop.GROUPS, 1),
        ([LOAD, "sync"], Stop.NO_END, 1),
        ([LOAD, STORE], Stop.NO_END, 1),
        ([LOAD, "sync last", LOAD, "sync last"], Stop.GOES_ON, 1),
        ([f"{COMPUTE} wait_previous", "sync last"], Stop.DEADLOCK, 0),
        ([LOAD, f"{STORE} wait_previous", *[STORE] * 6, "sync last"], Stop.DEADLOCK, 1),
    ],
)
def test_what_is_no_program_is_stopped_with_its_cause(texts: list[str], stop: Stop, number: int) -> None:
    found = run([instruction(text) for text in texts])
    assert (found.finished, found.stop, found.stop_number) == (False, stop, number)


def test_more_tokens_than_a_counter_holds_stop_the_program() -> None:
    signalling = instruction(f"{LOAD} signal_next")
    found = run([*[signalling] * 258, LAST])
    assert (found.stop, found.stop_number) == (Stop.TOO_MANY_TOKENS, 255)


def test_nothing_begins_while_it_is_held() -> None:
    program = [*[instruction(LOAD)] * 8, LAST]
    found = run(program, hold_after=2)
    assert 2 <= len(found.begun) <= 3  # one may be offered already
    assert (found.finished, found.stop) == (False, Stop.NONE)


def test_queues_are_of_the_opcodes_that_they_take() -> None:
    assert [opcode for opcode, _ in QUEUES.values()] == [Opcode.LOAD, Opcode.COMPUTE, Opcode.STORE]
