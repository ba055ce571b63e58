"""How long a program takes on the machine: its clocks, instruction by instruction, and why the array waits.

The machine is the accelerator in RTL (docs/accelerator.md), block by block: fetch and dispatch, the load unit with its
bursts and gearboxes, preparation, feeders and array, the store unit, and the one memory channel that they share. Every
duration is a latency or a rate of a block (``heddle.arch.machine_timing``, ``heddle.arch.left_feed``,
``heddle.arch.timing``); none is fitted to what the RTL takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.arch.instruction_words import Words
from heddle.arch.instructions import Opcode
from heddle.arch.memory_clocks import MemoryClocks
from heddle.sim.machine.program import Machine, new_machine, run_machine
from heddle.sim.machine.rows import instruction_rows
from heddle.sim.machine.shape import machine_shape
from heddle.sim.machine.stalls import CAUSES, count_stalls

Clocks = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ProgramTiming:
    """The time of a program.

    =====================  =========================================================================================
    ``cycles``             clocks in which the machine is busy, as its port ``cycles`` counts them
    ``array_cycles``       those in which the array takes a command or a step
    ``stalls``             all others by their cause, as ``heddle.sim.machine.stalls`` says
    ``begun``              for each instruction the clock in which its engine took it, a SYNC left dispatch
    ``done``               for each instruction the clock in which it was done; the first busy clock is 0
    =====================  =========================================================================================
    """

    cycles: int
    array_cycles: int
    stalls: Mapping[str, int]
    begun: Clocks
    done: Clocks


def time_program(words: Words, design: Design, memory: MemoryClocks) -> ProgramTiming:
    """Return how long the instructions ``words`` [n, 8] take on ``design`` with ``memory``.

    They must be a program that the instruction-set simulator carries out: nothing is checked but that it ends. Raises
    HeddleError where a token never comes.
    """
    shape = machine_shape(design, memory)
    machine = new_machine(instruction_rows(words, design), shape)
    cycles = int(run_machine(machine, shape))
    if cycles < 0:
        raise HeddleError(f"the program does not end: a token never comes, after {_last_done(machine)} instructions")
    computing = machine.computing
    waits = count_stalls(
        machine.instructions,
        machine.queues,
        machine.fetching.synced_at,
        computing.command_at,
        computing.last_step_at,
        cycles,
    )
    stalls = dict(zip(CAUSES, (int(count) for count in waits), strict=True))
    stalls["feed"] += int(computing.state["feed"])
    return ProgramTiming(cycles, int(computing.state["array_cycles"]), stalls, *_clocks_of_each(machine))


def _last_done(machine: Machine) -> int:
    return int(sum(queue.counts["done"] for queue in machine.queues))


def _clocks_of_each(machine: Machine) -> tuple[Clocks, Clocks]:
    """Of each instruction, in the order of the program, when it began and when it was done."""
    opcodes, queues = machine.instructions.opcodes, machine.queues
    begun, done = np.zeros(len(opcodes), np.int64), np.zeros(len(opcodes), np.int64)
    for opcode, queue in ((Opcode.LOAD, queues.load), (Opcode.COMPUTE, queues.compute), (Opcode.STORE, queues.store)):
        begun[opcodes == opcode], done[opcodes == opcode] = queue.taken_at, queue.done_at
    begun[opcodes == Opcode.SYNC] = done[opcodes == Opcode.SYNC] = machine.fetching.synced_at
    return begun, done
