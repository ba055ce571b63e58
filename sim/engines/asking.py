"""How a master asks for its bursts: so many are outstanding, and each other one waits until its place is free.

Places are taken in turn. What is kept of the last ones: how many have the newest bursts, when their places are free
again, and when those of the others are, whose bursts are older.
"""

from __future__ import annotations

from typing import TypedDict

from heddle.arch.jit import kernel
from heddle.arch.machine_timing import OUTSTANDING_BURSTS, PIECE_QUEUE
from heddle.sim.engines.transfer_costs import WayRow


class AskingRow(TypedDict):
    """A master's bursts: ``used`` places have the newest ones; when these places, and the others, are free again.

    ``walk_free``: when its walk takes another transfer.
    """

    used: int
    newer_free: float
    older_free: float
    walk_free: float


@kernel
def reset_asking(asking: AskingRow, start: float) -> None:
    """Let all places be free at ``start``."""
    asking["used"], asking["newer_free"], asking["older_free"], asking["walk_free"] = 0, start, start, start


@kernel
def ask(asking: AskingRow, way: WayRow, taken: float) -> float:
    """Let a transfer that is taken in clock ``taken`` ask for its bursts; return when the last one is asked for."""
    turn, step, bursts = way["turn_cycles"], way["step_cycles"], way["bursts"]
    first = taken + way["lead_cycles"]
    if asking["used"] == OUTSTANDING_BURSTS:
        asking["used"], asking["older_free"] = 0, asking["newer_free"]
    if first >= asking["newer_free"]:
        asking["used"], asking["older_free"] = 0, first
    used = asking["used"]
    begins = max(first, asking["older_free"])
    again = max(begins, asking["newer_free"])
    place, rounds = (used + bursts - 1) % OUTSTANDING_BURSTS, (used + bursts - 1) // OUTSTANDING_BURSTS
    into = place - used if place >= used else place
    newer = begins + rounds * turn if place >= used else again + (rounds - 1) * turn
    last = newer + into * step
    asking["used"] = place + 1
    asking["newer_free"] = newer + (turn if bursts >= OUTSTANDING_BURSTS else way["window_cycles"])
    if bursts >= OUTSTANDING_BURSTS:
        asking["older_free"] = begins + rounds * turn
    elif place < used:
        asking["older_free"] = begins + way["window_cycles"]
    behind = PIECE_QUEUE * step if into >= PIECE_QUEUE else turn - (OUTSTANDING_BURSTS - PIECE_QUEUE) * step
    asking["walk_free"] = max(taken + way["walk_cycles"], last - behind)
    return last
