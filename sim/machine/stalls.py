"""Why the array idles on the machine: each clock of a program that is none of the array's, by its cause.

The clocks in which the array takes a command or a step are its own. Each other one belongs to the first of these that
holds in it, so array and stalls together are all clocks:

- ``feed``: a computation is under way, and its step waits for a word of an operand.
- ``drain``: of what a SYNC waits for, no computation is left.
- ``fill``: the array has had no computation since the program's start or the last SYNC.
- ``load_left``, ``load_right``: the next computation waits for a load's token; the one that the oldest load under way
  brings, activations or weights.
- ``store``: it waits for a store's token.
- ``feed``: it has its tokens, and is fetched, dispatched or prepared.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from heddle.arch.instructions import Opcode
from heddle.arch.jit import kernel
from heddle.arch.records import Rows
from heddle.sim.machine.queue import Queues
from heddle.sim.machine.rows import Instructions

Ints = npt.NDArray[np.int64]

#: In the order of the counters.
CAUSES = ("fill", "load_left", "load_right", "store", "feed", "drain")
_FILL, _LOAD_LEFT, _LOAD_RIGHT, _STORE, _FEED, _DRAIN = range(len(CAUSES))
_SYNC, _COMPUTE = int(Opcode.SYNC), int(Opcode.COMPUTE)


@kernel
def count_stalls(
    instructions: Instructions, queues: Queues, synced_at: Ints, command_at: Ints, last_step_at: Ints, cycles: int
) -> Ints:
    """Return the clocks between computations by their cause, of a program of so many ``cycles``.

    ``synced_at``: clocks in which SYNCs left dispatch; ``command_at``, ``last_step_at``: of each computation.
    """
    stalls, computes = np.zeros(len(CAUSES), np.int64), instructions.computes
    idle_from, number, sync, tokens, stored = 0, 0, 0, 0, 0
    first_of_stretch = True
    for opcode in instructions.opcodes:
        if opcode == _SYNC:
            if not first_of_stretch:
                stalls[_DRAIN] += synced_at[sync] + 1 - idle_from
                idle_from = synced_at[sync] + 1
            first_of_stretch = True
            sync += 1
        if opcode != _COMPUTE:
            continue
        compute, begins = computes[number], command_at[number]
        load_at, store_at = idle_from, idle_from
        if compute["wait_previous"]:
            load_at = queues.compute.from_previous[tokens] + 1
            tokens += 1
        if compute["wait_next"]:
            store_at = queues.compute.from_next[stored] + 1
            stored += 1
        if first_of_stretch:
            stalls[_FILL] += begins - idle_from
        else:
            _count_waits(stalls, instructions.loads, queues.load.done_at, idle_from, begins, load_at, store_at)
        first_of_stretch = False
        idle_from = last_step_at[number] + 1
        number += 1
    stalls[_FILL if first_of_stretch and number == 0 else _DRAIN] += cycles - idle_from
    return stalls


@kernel
def _count_waits(
    stalls: Ints, loads: Rows, loaded_at: Ints, idle_from: int, begins: int, load_at: int, store_at: int
) -> None:
    """Count the clocks from ``idle_from`` until a computation ``begins``, whose tokens are there from two clocks on."""
    at = idle_from
    load = int(np.searchsorted(loaded_at, at))
    while at < min(load_at, begins):
        until = min(load_at, begins, loaded_at[load] + 1)
        stalls[_LOAD_RIGHT if loads[load]["weight"] else _LOAD_LEFT] += until - at
        at = until
        load += 1
    until = max(at, min(store_at, begins))
    stalls[_STORE] += until - at
    stalls[_FEED] += begins - until
