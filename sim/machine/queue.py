"""A queue of instructions of one kind: when each is pushed, offered to its engine, taken, and done; and its tokens."""

from __future__ import annotations

from typing import NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from heddle.arch.instructions import QUEUE_INSTRUCTIONS
from heddle.arch.jit import kernel
from heddle.arch.machine_timing import ENGINE_INSTRUCTIONS, QUEUE_CYCLES
from heddle.arch.records import record_dtype
from heddle.sim.machine.bursts import LATER

Ints = npt.NDArray[np.int64]


class QueueRow(TypedDict):
    """Instructions pushed, taken by the engine and done; tokens of both neighbours that came and that were taken."""

    pushed: int
    taken: int
    done: int
    previous_came: int
    previous_taken: int
    next_came: int
    next_taken: int


QUEUE = record_dtype(QueueRow)


class Queue(NamedTuple):
    """A queue: its counts, the clocks of each of its instructions, and those of the tokens that come to it."""

    counts: QueueRow
    pushed_at: Ints
    taken_at: Ints
    done_at: Ints
    from_previous: Ints
    from_next: Ints


class Queues(NamedTuple):
    """The three queues, in the order of the tokens' neighbours."""

    load: Queue
    compute: Queue
    store: Queue


def new_queue(instructions: int, before: int, behind: int) -> Queue:
    """Return the queue of so many instructions, whose neighbours have ``before`` and ``behind``."""
    pushed_at, taken_at, done_at = np.full((3, instructions), LATER, np.int64)
    return Queue(
        np.zeros(1, QUEUE)[0], pushed_at, taken_at, done_at, np.zeros(before, np.int64), np.zeros(behind, np.int64)
    )


@kernel
def room_at(queue: Queue) -> int:
    """Return the clock from which another instruction may be pushed, ``LATER`` where that is not known yet."""
    leaving = queue.counts["pushed"] - QUEUE_INSTRUCTIONS
    if leaving < 0:
        return 0
    return queue.taken_at[leaving] + 1 if leaving < queue.counts["taken"] else LATER


@kernel
def empty_at(queue: Queue) -> int:
    """Return the clock from which all that was pushed is done, ``LATER`` where that is not known yet."""
    counts = queue.counts
    if counts["done"] < counts["pushed"]:
        return LATER
    return queue.done_at[counts["done"] - 1] + 1 if counts["done"] else 0


@kernel
def push(queue: Queue, clock: int) -> None:
    """Push the next instruction."""
    queue.pushed_at[queue.counts["pushed"]] = clock
    queue.counts["pushed"] += 1


@kernel
def token_at(queue: Queue, waits_previous: int, waits_next: int) -> int:
    """Return the clock in which the last token comes that the next instruction waits for; ``LATER``: not known yet."""
    counts = queue.counts
    at = -1
    if waits_previous:
        if counts["previous_taken"] == counts["previous_came"]:
            return LATER
        at = queue.from_previous[counts["previous_taken"]]
    if waits_next:
        if counts["next_taken"] == counts["next_came"]:
            return LATER
        at = max(at, queue.from_next[counts["next_taken"]])
    return at


@kernel
def offered_at(queue: Queue, waits_previous: int, waits_next: int) -> int:
    """Return the clock from which the next instruction is offered to the engine; ``LATER``: not known yet."""
    counts, number = queue.counts, queue.counts["taken"]
    before = number - ENGINE_INSTRUCTIONS
    if number == counts["pushed"] or before >= counts["done"]:
        return LATER
    at = token_at(queue, waits_previous, waits_next)
    if at == LATER:
        return LATER
    at = max(at + 1, queue.pushed_at[number] + QUEUE_CYCLES)
    if number > 0:
        at = max(at, queue.taken_at[number - 1] + 1)
    return max(at, queue.done_at[before] + 1) if before >= 0 else at


@kernel
def take(queue: Queue, clock: int, waits_previous: int, waits_next: int) -> None:
    """Let the engine take the next instruction, and with it the tokens that it waited for."""
    counts = queue.counts
    queue.taken_at[counts["taken"]] = clock
    counts["taken"] += 1
    counts["previous_taken"] += waits_previous
    counts["next_taken"] += waits_next


@kernel
def finish(queue: Queue, clock: int) -> None:
    """Let the oldest instruction in the engine be done."""
    queue.done_at[queue.counts["done"]] = clock
    queue.counts["done"] += 1


@kernel
def token_to_next(neighbour: Queue, clock: int) -> None:
    """Give a token to the queue behind."""
    neighbour.from_previous[neighbour.counts["previous_came"]] = clock
    neighbour.counts["previous_came"] += 1


@kernel
def token_to_previous(neighbour: Queue, clock: int) -> None:
    """Give a token to the queue before."""
    neighbour.from_next[neighbour.counts["next_came"]] = clock
    neighbour.counts["next_came"] += 1
