"""The time of programs, where it can be said without the RTL: what adds up, what only grows, what never ends."""

from __future__ import annotations

import numpy as np
import pytest

from heddle.arch.design_io import load_design
from heddle.arch.errors import HeddleError
from heddle.arch.instruction_words import field_column, words_of
from heddle.arch.instructions import Compute, Opcode
from heddle.arch.memory_clocks import MemoryClocks
from heddle.dataflow.network import LinearLayer
from heddle.sim.program.timing import ProgramTiming, time_program
from heddle.sim.stalls import STALL_CAUSES
from tests.arch.test_instruction_rules import COMPUTE, STORE, instruction
from tests.support.layer_programs import LayerRun

TINY = load_design("tiny")


RUN = LayerRun(LinearLayer("fc", 9, 16, 24), "ff", TINY)
WORDS = RUN.compiled().words


def timed(memory: MemoryClocks) -> ProgramTiming:
    return time_program(WORDS, TINY, memory)


def test_array_and_stalls_are_all_clocks() -> None:
    for memory in (MemoryClocks(20), MemoryClocks(latency_clocks=400), MemoryClocks(20, beat_clocks=4)):
        found = timed(memory)
        assert found.array_cycles + sum(found.stalls.values()) == found.cycles
        assert set(found.stalls) >= set(STALL_CAUSES)
        assert min(found.stalls.values()) >= 0


def test_the_array_works_for_its_commands_whatever_memory_does() -> None:
    computes = WORDS[(WORDS[:, 0] & np.uint64(15)) == Opcode.COMPUTE]
    tiles, interval = (field_column(Compute, computes, f"command.{name}") for name in ("tiles", "interval"))
    assert not field_column(Compute, computes, "command.reload").any()
    for memory in (MemoryClocks(20), MemoryClocks(latency_clocks=400, beat_clocks=4)):
        assert timed(memory).array_cycles == (1 + tiles * interval).sum()


def test_slower_memory_takes_longer() -> None:
    cycles = [
        timed(memory).cycles for memory in (MemoryClocks(1), MemoryClocks(20), MemoryClocks(400), MemoryClocks(400, 4))
    ]
    assert cycles == sorted(set(cycles))


def test_each_instruction_begins_before_it_is_done_and_its_queue_is_in_order() -> None:
    found, opcodes = timed(MemoryClocks(20)), WORDS[:, 0] & np.uint64(15)
    assert (found.begun <= found.done).all()
    for opcode in (Opcode.LOAD, Opcode.COMPUTE, Opcode.STORE):
        for clocks in (found.begun, found.done):
            assert (np.diff(clocks[opcodes == opcode]) > 0).all()
    assert found.done[-1] == found.cycles - 2  # the last SYNC leaves dispatch, which says so a clock later


def test_a_program_of_nothing_takes_its_header_and_itself() -> None:
    """Asked for after 5 clocks, four beats of each, and the way from the last beat to an instruction: 6."""
    end = words_of([instruction("sync last")])
    one, two = (time_program(end, TINY, MemoryClocks(latency)) for latency in (10, 110))
    assert two.cycles - one.cycles == 200
    assert one.stalls == {"fill": one.cycles, "load_left": 0, "load_right": 0, "store": 0, "feed": 0, "drain": 0}


def test_a_token_that_never_comes_is_an_error() -> None:
    words = words_of([instruction(text) for text in (STORE, f"{COMPUTE} wait_previous", "sync last")])
    with pytest.raises(HeddleError, match=r"^the program does not end: a token never comes, after 1 instructions$"):
        time_program(words, TINY, MemoryClocks(20))
