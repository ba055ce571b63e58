"""The bursts of a master: when each is asked for, and which of its beats have come and gone."""

from __future__ import annotations

from typing import Annotated, TypedDict

import numpy as np
import numpy.typing as npt

from heddle.arch.jit import kernel
from heddle.arch.machine_timing import OUTSTANDING_BURSTS, QUEUE_CYCLES, REQUEST_CYCLES, ROOM_CYCLES
from heddle.sim.machine.shape import MachineShape
from heddle.sim.machine.walk import NEVER, WalkRow, next_span_at, reset_walk, send_span

Ints = npt.NDArray[np.int64]

#: Bursts that are remembered: those outstanding, and those whose beats wait behind them.
RING = 4 * OUTSTANDING_BURSTS
#: Beats that are remembered: more than the largest queue between memory and what takes them.
BEATS = 4096
#: A clock that never comes: what has none yet.
LATER = 1 << 60


class BurstsRow(TypedDict):
    """A master: its walk, how far its bursts are, of each of the last of them what it is, and its last beats' clocks.

    =====================  =========================================================================================
    ``asked``              bursts asked for; ``asked_beats``: their beats
    ``ended``              bursts whose last beat was moved
    ``moved``              beats moved; ``in_burst``: those of the burst that is not ended
    ``moved_at``           clock of the last one
    ``answered_at``        clock of the last burst's answer (a master that writes)
    ``used``               beats that the data side has used; ``used_bursts``: bursts of which it has used all
    ``used_in_burst``      beats used of the burst that follows them
    ``last_asked_at``      clock in which the last burst left for its request
    ``asked_at``           of a burst the clock in which it left for its request
    ``ended_at``           of a burst the clock in which its last beat was moved, or was answered
    ``lane``, ``nbytes``   of a burst its first byte's lane, and its bytes; ``beats``
    ``is_last``            whether a burst ends its transfer
    ``last_beat``          the number behind a burst's last beat
    ``came_at``            of a beat the clock in which it moved; a write's: from which memory takes it
    ``used_at``            of a beat the clock in which the data side used it
    =====================  =========================================================================================
    """

    walk: WalkRow
    asked: int
    asked_beats: int
    ended: int
    moved: int
    in_burst: int
    moved_at: int
    answered_at: int
    used: int
    used_bursts: int
    used_in_burst: int
    last_asked_at: int
    asked_at: Annotated[Ints, int, RING]
    ended_at: Annotated[Ints, int, RING]
    lane: Annotated[Ints, int, RING]
    nbytes: Annotated[Ints, int, RING]
    beats: Annotated[Ints, int, RING]
    is_last: Annotated[Ints, int, RING]
    last_beat: Annotated[Ints, int, RING]
    came_at: Annotated[Ints, int, BEATS]
    used_at: Annotated[Ints, int, BEATS]


def reset_bursts(bursts: BurstsRow) -> None:
    """Let a master stand as after a reset: it has asked for nothing."""
    reset_walk(bursts["walk"])
    bursts["last_asked_at"] = bursts["moved_at"] = bursts["answered_at"] = NEVER


@kernel
def ask_for_read(bursts: BurstsRow, shape: MachineShape) -> bool:
    """Ask for the next burst, if it is known when; one begins only when the queue has room for all its beats."""
    offered = next_span_at(bursts["walk"], shape.page_bytes)
    if offered < 0:
        return False
    beats = _beats_of(bursts["walk"], shape.word_bytes)
    freeing = bursts["asked_beats"] + beats - shape.queue_beats
    if freeing > bursts["used"]:
        return False
    if freeing > 0:
        offered = max(offered, bursts["used_at"][(freeing - 1) % BEATS] + ROOM_CYCLES)
    return _ask(bursts, beats, offered, shape)


@kernel
def ask_for_write(bursts: BurstsRow, shape: MachineShape) -> bool:
    """Ask for the next burst, if it is known when."""
    offered = next_span_at(bursts["walk"], shape.page_bytes)
    if offered < 0:
        return False
    return _ask(bursts, _beats_of(bursts["walk"], shape.word_bytes), offered, shape)


@kernel
def _ask(bursts: BurstsRow, beats: int, offered: int, shape: MachineShape) -> bool:
    """Let the burst be asked for, unless it waits for the end of another, or of its beats, that is not known yet."""
    number = bursts["asked"]
    at = max(offered, bursts["last_asked_at"] + 1)
    freed = number - OUTSTANDING_BURSTS
    if freed >= 0:
        if freed >= bursts["ended"] or freed > bursts["used_bursts"]:
            return False
        at = max(at, bursts["ended_at"][freed % RING] + 1, begun_at(bursts, freed) + 1)
    place = number % RING
    walk = bursts["walk"]
    bursts["asked_at"][place] = at
    bursts["lane"][place] = walk["span_address"] % shape.word_bytes
    bursts["nbytes"][place], bursts["beats"][place] = walk["span_bytes"], beats
    bursts["is_last"][place] = walk["span_is_last"]
    bursts["asked"] += 1
    bursts["asked_beats"] += beats
    bursts["last_asked_at"] = at
    bursts["last_beat"][place] = bursts["asked_beats"]
    send_span(walk, at)
    return True


@kernel
def begun_at(bursts: BurstsRow, number: int) -> int:
    """Return the clock in which a burst leaves the queue of bursts: as the last beat of the one before it is used."""
    at = bursts["asked_at"][number % RING] + QUEUE_CYCLES
    if number > 0:
        at = max(at, bursts["used_at"][(bursts["last_beat"][(number - 1) % RING] - 1) % BEATS])
    return at


@kernel
def _beats_of(walk: WalkRow, word_bytes: int) -> int:
    return (walk["span_address"] % word_bytes + walk["span_bytes"] + word_bytes - 1) // word_bytes


@kernel
def read_offered_at(bursts: BurstsRow, shape: MachineShape) -> int:
    """Return the clock from which memory has the next beat, ``LATER`` where none is asked for."""
    if bursts["ended"] == bursts["asked"]:
        return LATER
    requested = bursts["asked_at"][bursts["ended"] % RING] + REQUEST_CYCLES
    return max(requested + max(1, shape.latency), bursts["moved_at"] + 1)


@kernel
def beat_moves(bursts: BurstsRow, clock: int) -> bool:
    """Let the next beat move in ``clock``; return whether it ends its burst."""
    place = bursts["ended"] % RING
    bursts["came_at"][bursts["moved"] % BEATS] = clock
    bursts["moved"] += 1
    bursts["in_burst"] += 1
    bursts["moved_at"] = clock
    if bursts["in_burst"] < bursts["beats"][place]:
        return False
    bursts["in_burst"] = 0
    bursts["ended"] += 1
    bursts["ended_at"][place] = clock
    return True


@kernel
def next_beat_bytes(bursts: BurstsRow, word_bytes: int) -> int:
    """Return how many bytes of the beat that is used next belong to its burst."""
    place, number = bursts["used_bursts"] % RING, bursts["used_in_burst"]
    lane, nbytes = bursts["lane"][place], bursts["nbytes"][place]
    first = max(lane, number * word_bytes)
    return min(lane + nbytes, (number + 1) * word_bytes) - first


@kernel
def next_beat_is_last(bursts: BurstsRow) -> bool:
    """Return whether the beat that is used next is its transfer's last."""
    place = bursts["used_bursts"] % RING
    return bursts["is_last"][place] == 1 and bursts["used_in_burst"] + 1 == bursts["beats"][place]


@kernel
def use_beat(bursts: BurstsRow, clock: int) -> None:
    """Let the data side use the next beat in ``clock``."""
    place = bursts["used_bursts"] % RING
    bursts["used_at"][bursts["used"] % BEATS] = clock
    bursts["used"] += 1
    bursts["used_in_burst"] += 1
    if bursts["used_in_burst"] == bursts["beats"][place]:
        bursts["used_in_burst"] = 0
        bursts["used_bursts"] += 1
