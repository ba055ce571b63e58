"""Fetch and dispatch in time: a program's beats, its instructions, and the queues that they are pushed to."""

from __future__ import annotations

from typing import NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from heddle.arch.instructions import INSTRUCTION_BYTES, Opcode
from heddle.arch.jit import kernel
from heddle.arch.machine_timing import FETCH_ASK_CYCLES, QUEUE_CYCLES, RAM_QUEUE_CYCLES
from heddle.arch.records import record_dtype
from heddle.sim.machine.bursts import (
    BEATS,
    LATER,
    BurstsRow,
    ask_for_read,
    next_beat_bytes,
    next_beat_is_last,
    reset_bursts,
    use_beat,
)
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
    ``word_at``            clock from which the next bus word stands, -1 where that is not known
    ``words``              bus words that were put to the next instruction; ``joined_at``: clock of the last bus word
    ``held``               instructions that were put together, or that the last bus word has, and were not given
    ``synced``             SYNCs that left
    =====================  =========================================================================================
    """

    has_header: int
    given: int
    gone: int
    given_at: int
    gone_at: int
    word_at: int
    words: int
    joined_at: int
    held: int
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
    state["given_at"] = state["gone_at"] = state["joined_at"] = state["word_at"] = -1
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
    """Let the next instruction be taken, once its bus words came and the one before it has left dispatch."""
    if state["gone"] < state["given"]:
        return False
    if state["held"] == 0 and not _join(state, instructions, shape):
        return False
    state["held"] -= 1
    offered = max(state["joined_at"], state["given_at"]) + QUEUE_CYCLES
    if not state["has_header"]:
        # The header is looked at as it comes; the clock after, the instructions are asked for.
        state["has_header"], state["given_at"] = 1, offered
        begin_line(state["bursts"]["walk"], INSTRUCTION_BYTES, INSTRUCTION_BYTES, instructions, offered + 1)
        return True
    state["given_at"] = max(offered, state["gone_at"])
    state["given"] += 1
    return True


@kernel
def _join(state: FetchRow, instructions: int, shape: MachineShape) -> bool:
    """Let bus words be put to an instruction, or one with several be taken, if their beats came."""
    while state["words"] < shape.instruction_words:
        if not _next_word(state, shape):
            return False
        state["joined_at"] = max(state["word_at"], state["given_at"], state["joined_at"] + 1)
        state["word_at"] = word_taken(state["packer"], state["word_at"], state["joined_at"])
        state["words"] += 1
    left = instructions - state["given"] if state["has_header"] else 1
    state["words"], state["held"] = 0, min(shape.word_instructions, left)
    return True


@kernel
def _next_word(state: FetchRow, shape: MachineShape) -> bool:
    """Let beats that came be packed until a bus word stands."""
    bursts, packer = state["bursts"], state["packer"]
    while state["word_at"] < 0:
        if bursts["used"] == bursts["moved"]:
            return False
        nbytes, is_last = next_beat_bytes(bursts, shape.word_bytes), next_beat_is_last(bursts)
        came = bursts["came_at"][bursts["used"] % BEATS]
        use_beat(bursts, beat_enters(packer, came + RAM_QUEUE_CYCLES))
        state["word_at"] = word_of_beat(packer, nbytes, is_last, shape.word_bytes, shape.packing)
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
