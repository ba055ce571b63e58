"""Why the array idles: every cause once, by its name in results, with what it means."""

from __future__ import annotations

#: In the order of the engines' counters. ``store``: the store of an earlier tile is behind.
STALL_CAUSES = {
    "fill": "waiting for the first operands",
    "load_left": "waiting for the left operand",
    "load_right": "waiting for the right operand",
    "store": "no free half of the output buffer",
    "feed": "waiting for left words within a computation",
    "drain": "tail and last store",
}

#: Work elsewhere in which the array has no part: passes of their own, by the part of a stage that they are.
OTHER_WORK = {
    "vector": "vector unit and SORE at work",
    "update": "exposed weight update",
}

#: Places of the causes in the engines' counters.
FILL, LOAD_LEFT, LOAD_RIGHT, STORE_BEHIND, FEED, DRAIN = range(len(STALL_CAUSES))


def stall_text(cause: str) -> str:
    """Return what ``cause`` is in words; a cause without any is its own name."""
    return STALL_CAUSES.get(cause) or OTHER_WORK.get(cause, cause)
