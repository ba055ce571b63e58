"""A program on the machine in time: all units, and the memory channel that they share."""

from __future__ import annotations

from typing import NamedTuple

from heddle.arch.jit import kernel
from heddle.sim.machine.bursts import LATER, beat_moves, read_offered_at
from heddle.sim.machine.compute import Computing, advance_compute, end_next, new_computing, next_end_at
from heddle.sim.machine.fetch import Fetching, advance_fetch, new_fetching
from heddle.sim.machine.load import LoadRow, advance_load, new_loading, use_loaded
from heddle.sim.machine.queue import Queues, new_queue
from heddle.sim.machine.rows import Instructions
from heddle.sim.machine.shape import MachineShape
from heddle.sim.machine.store import StoreRow, advance_store, beat_written, new_storing, write_offered_at


class Machine(NamedTuple):
    """The machine at work on a program."""

    instructions: Instructions
    fetching: Fetching
    queues: Queues
    loading: LoadRow
    computing: Computing
    storing: StoreRow


def new_machine(instructions: Instructions, shape: MachineShape) -> Machine:
    """Return the machine in the clock after ``start``."""
    loads, computes, stores = len(instructions.loads), len(instructions.computes), len(instructions.stores)
    queues = Queues(new_queue(loads, 0, computes), new_queue(computes, loads, stores), new_queue(stores, computes, 0))
    return Machine(
        instructions,
        new_fetching(instructions.opcodes),
        queues,
        new_loading(shape),
        new_computing(instructions, shape),
        new_storing(),
    )


@kernel
def run_machine(machine: Machine, shape: MachineShape) -> int:
    """Carry the program out; return its clocks, or -1 where it never ends.

    Memory has one channel, which a beat keeps for ``beat_clocks``. Fetch asks for it first, then load, then store.
    """
    fetching, queues, storing = machine.fetching, machine.queues, machine.storing
    opcodes, free_at = machine.instructions.opcodes, 0
    while True:
        while _advance(machine, shape):
            pass
        if fetching.state["gone"] == len(opcodes):
            return fetching.state["gone_at"] + 2
        fetch_at = read_offered_at(fetching.state["bursts"], shape)
        load_at = read_offered_at(machine.loading["bursts"], shape)
        store_at = write_offered_at(storing)
        beat_at = max(free_at, min(fetch_at, load_at, store_at))
        made_at = next_end_at(machine.computing, queues)
        if made_at < LATER and made_at <= beat_at:
            end_next(machine.computing, queues, machine.instructions.computes, made_at, shape)
        elif beat_at >= LATER:
            return -1
        else:
            if fetch_at <= beat_at:
                beat_moves(fetching.state["bursts"], beat_at)
            elif load_at <= beat_at:
                beat_moves(machine.loading["bursts"], beat_at)
                use_loaded(machine.loading, queues.load, queues.compute, machine.instructions.loads, shape)
            else:
                beat_written(storing, queues.store, queues.compute, machine.instructions.stores, beat_at, shape)
            free_at = beat_at + shape.beat_clocks


@kernel
def _advance(machine: Machine, shape: MachineShape) -> bool:
    """Do what is known of all units' next steps; return whether anything was."""
    queues, rows = machine.queues, machine.instructions
    moved = advance_fetch(machine.fetching, queues, shape)
    moved = advance_load(machine.loading, queues.load, rows.loads, shape) or moved
    moved = advance_compute(machine.computing, queues, rows.computes, shape) or moved
    return advance_store(machine.storing, queues.store, rows.stores, shape) or moved
