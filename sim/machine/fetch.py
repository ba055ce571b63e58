"""Fetch and dispatch in time: a program's beats, its instructions, and the queues that they are pushed to."""

from __future__ import annotations

from typing import NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from heddle.arch.instructions import INSTRUCTION_BYTES, Opcode
from heddle.arch.jit import kernel
from heddle.arch.machine_timing import FETCH_ASK_CYCLES, QUEUE_CYCLES, RAM_QUEUE_CYCLES
from heddle.arch.records import record_dtype
from heddle.sim.machine.bursts import BEATS, LATER, BurstsRow, ask_for_read, reset_bursts, use_beat
from heddle.sim.machine.packer import PackerRow, beat_enters, word_of_beat, word_taken
from heddle.sim.machine.queue import Queues, empty_at, push, room_at
from heddle.sim.machine.shape import MachineShape
from heddle.sim.machine.walk import begin_line

_LOAD, _COMPUTE, _STORE = int(Opcode.LOAD), int(Opcode.COMPUTE), int(Opcode.STORE)


class FetchRow(TypedDict):
    """Fetch and dispatch at work.

    =====================  =========================================================================================
    ``has_header``         the header was read
    ``given``              instructions that dispatch took; ``given_at``: clock of the last one
    ``gone``               instructions that left it, to their queue or, a SYNC, as all is done; ``gone_at``
    ``joined_at``          clock in which the last bus word was put to an instruction
    ``synced``             SYNCs that left
    =====================  =========================================================================================
    """

    has_header: int
    given: int
    gone: int
    given_at: int
    gone_at: int
    joined_at: int
    synced: int
    bursts: BurstsRow
    packer: PackerRow


FETCHING = record_dtype(FetchRow)


class Fetching(NamedTuple):
    """Fetch and dispatch: their state, the program's opcodes, when each SYNC left."""

    state: FetchRow
    opcodes: npt.NDArray[np.int64]
    synced_at: npt.NDArray[np.int64]


def new_fetching(opcodes: npt.NDArray[np.int64]) -> Fetching:
    """Return the start of a program: its header is asked for."""
    state = np.zeros(1, FETCHING)[0]
    state["given_at"] = state["gone_at"] = state["joined_at"] = -1
    reset_bursts(state["bursts"])
    begin_line(state["bursts"]["walk"], 0, INSTRUCTION_BYTES, 1, FETCH_ASK_CYCLES)
    return Fetching(state, opcodes, np.zeros(int((opcodes == Opcode.SYNC).sum()), np.int64))


@kernel
def advance_fetch(unit: Fetching, queues: Queues, shape: MachineShape) -> bool:
    """Do what is known of the next steps of fetch and dispatch; return whether anything was."""
    moved = ask_for_read(unit.state["bursts"], shape)
    moved = _give(unit.state, len(unit.opcodes), shape) or moved
    return _go(unit, queues) or moved


@kernel
def _give(state: FetchRow, instructions: int, shape: MachineShape) -> bool:
    """Let the next instruction be joined and taken, once its beats came and the one before it has left dispatch."""
    bursts, packer = state["bursts"], state["packer"]
    if bursts["moved"] - bursts["used"] < shape.instruction_beats or state["gone"] < state["given"]:
        return False
    free_at = state["given_at"]
    for _ in range(shape.instruction_beats):
        came = bursts["came_at"][bursts["used"] % BEATS]
        use_beat(bursts, beat_enters(packer, came + RAM_QUEUE_CYCLES))
        word = word_of_beat(packer, shape.word_bytes, False, shape.word_bytes, shape.packing)
        state["joined_at"] = max(word, free_at, state["joined_at"] + 1)
        word_taken(packer, word, state["joined_at"])
    joined = state["joined_at"] + QUEUE_CYCLES
    if not state["has_header"]:
        # The header is looked at as it comes; the clock after, the instructions are asked for.
        state["has_header"], state["given_at"] = 1, joined
        begin_line(bursts["walk"], INSTRUCTION_BYTES, INSTRUCTION_BYTES, instructions, joined + 1)
        return True
    state["given_at"] = max(joined, state["gone_at"])
    state["given"] += 1
    return True


@kernel
def _go(unit: Fetching, queues: Queues) -> bool:
    """Let the instruction that dispatch holds leave it, if it is known when its queue has room."""
    state = unit.state
    if state["gone"] == state["given"]:
        return False
    opcode = unit.opcodes[state["gone"]]
    if opcode == _LOAD:
        room = room_at(queues.load)
    elif opcode == _COMPUTE:
        room = room_at(queues.compute)
    elif opcode == _STORE:
        room = room_at(queues.store)
    else:
        room = max(empty_at(queues.load), empty_at(queues.compute), empty_at(queues.store))
    if room == LATER:
        return False
    at = max(state["given_at"] + 1, room)
    if opcode == _LOAD:
        push(queues.load, at)
    elif opcode == _COMPUTE:
        push(queues.compute, at)
    elif opcode == _STORE:
        push(queues.store, at)
    else:
        unit.synced_at[state["synced"]] = at
        state["synced"] += 1
    state["gone_at"] = at
    state["gone"] += 1
    return True
