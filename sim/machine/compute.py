"""The compute unit in time: preparation, feeders, the array's steps, and when the last result is in the buffer."""

from __future__ import annotations

from typing import NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from heddle.arch.jit import kernel
from heddle.arch.machine_timing import (
    BUFFER_CYCLES,
    LEFT_ADDRESS_CYCLES,
    LEFT_HOLD_CYCLES,
    LEFT_LAY_CYCLES,
    LEFT_ROWS_CYCLES,
    LEFT_TURN_CYCLES,
    ORDER_CYCLES,
    PREPARE_CYCLES,
    WRITTEN_CYCLES,
)
from heddle.arch.records import Rows, record_dtype
from heddle.arch.timing import os_lead_cycles, os_tail_cycles, ws_tail_cycles
from heddle.sim.machine.array import Array, begin_partials, new_array, result_made_at, step, step_idly
from heddle.sim.machine.bursts import LATER
from heddle.sim.machine.left_words import chunk_reads
from heddle.sim.machine.queue import Queues, finish, offered_at, take, token_to_next, token_to_previous
from heddle.sim.machine.rows import ComputeRow, Instructions
from heddle.sim.machine.shape import MachineShape
from heddle.sim.machine.tiles import partial_enters, run_tiles

Ints = npt.NDArray[np.int64]

#: From a computation that the left order takes to its first read, beside the buffer's turning of groups.
_TO_FIRST_READ = ORDER_CYCLES + LEFT_ADDRESS_CYCLES + LEFT_ROWS_CYCLES + BUFFER_CYCLES


class ComputeState(TypedDict):
    """The compute unit at work; "the last" is the computation that was begun last.

    =====================  =========================================================================================
    ``taken_at``           clock in which the preparation took the last
    ``begun_at``           clock from which all but the writer of results have taken it
    ``prepared``           computations that have left the preparation; ``prepared_at``: clock of the last of them
    ``left_free_at``, …    clocks from which the orders of left words, right words and partial sums take another
    ``ws``                 dataflow of the last; ``last_step_at``: its last step
    ``array_cycles``       clocks in which the array took a command or a step of one
    ``feed``               clocks in which a step of a computation waited
    =====================  =========================================================================================
    """

    taken_at: int
    begun_at: int
    prepared: int
    prepared_at: int
    left_free_at: int
    right_free_at: int
    sums_free_at: int
    ws: int
    last_step_at: int
    array_cycles: int
    feed: int


COMPUTING = record_dtype(ComputeState)


class Computing(NamedTuple):
    """The compute unit: its state, its array, and of each computation the clocks of its command and of its last step.

    ``last_result``: of each computation the number of its last result, counted over the program.
    """

    state: ComputeState
    array: Array
    command_at: Ints
    last_step_at: Ints
    last_result: Ints


def new_computing(instructions: Instructions, shape: MachineShape) -> Computing:
    """Return a compute unit that is idle, before the computations of a program."""
    computes = instructions.computes
    state: ComputeState = np.zeros(1, COMPUTING)[0]
    state["prepared_at"] = state["last_step_at"] = -1
    in_os = computes["tiles"] * (shape.rows * shape.interleave)
    results = np.where(computes["ws"] == 1, computes["tiles"] * computes["length"], in_os)
    at = np.zeros((2, len(computes)), np.int64)
    return Computing(state, new_array(int(results.max(initial=0))), at[0], at[1], np.cumsum(results) - 1)


@kernel
def advance_compute(unit: Computing, queues: Queues, computes: Rows, shape: MachineShape) -> bool:
    """Begin the next computation, if it is known when; return whether it was."""
    queue, state, number = queues.compute, unit.state, queues.compute.counts["taken"]
    moved = _leave_preparation(unit, queues)
    if number == len(computes) or state["prepared"] < number:
        return moved
    compute = computes[number]
    offered = offered_at(queue, compute["wait_previous"], compute["wait_next"])
    if offered == LATER:
        return moved
    taken = max(offered, state["prepared_at"] + 1)
    take(queue, taken, compute["wait_previous"], compute["wait_next"])
    state["taken_at"] = taken
    _begin(unit, computes, number, taken + PREPARE_CYCLES, shape)
    _finish_made(unit, queues, computes)
    return True


@kernel
def _leave_preparation(unit: Computing, queues: Queues) -> bool:
    """Let the last computation leave the preparation, once the writer of results is done with the one before it."""
    state, queue = unit.state, queues.compute
    number = state["prepared"]
    if number == queue.counts["taken"] or queue.counts["done"] < number:
        return False
    at = state["begun_at"]
    if number > 0:
        at = max(at, queue.done_at[number - 1])
    state["prepared"], state["prepared_at"] = number + 1, at
    return True


@kernel
def _begin(unit: Computing, computes: Rows, number: int, prepared: int, shape: MachineShape) -> None:
    """Let the array carry out the computation that is ``prepared``, step by step."""
    state, array, compute = unit.state, unit.array, computes[number]
    left_at, right_at = max(prepared, state["left_free_at"]), max(prepared, state["right_free_at"])
    sums_at = max(prepared, state["sums_free_at"])
    command_at = max(prepared, state["last_step_at"] + 1)
    if number > 0 and state["ws"] != compute["ws"]:
        command_at = max(command_at, state["last_step_at"] + 1 + _emptying_steps(shape))
    command_at = max(command_at, array.state["at"])
    begin_partials(array, sums_at)
    step_idly(array, command_at, shape)
    state["begun_at"] = max(command_at, left_at, right_at, sums_at)
    first = unit.last_result[number - 1] + 1 if number > 0 else 0
    array.state["first_result"], array.state["results_from"] = first, prepared
    prologue = _prologue(array, compute, first, shape)
    reads = chunk_reads(compute, 0, shape)
    left = left_at + _TO_FIRST_READ + shape.group_turn + reads - 1 + LEFT_LAY_CYCLES + LEFT_HOLD_CYCLES
    if compute["turned"]:
        left += LEFT_TURN_CYCLES + shape.group_m - 1
    # All reads of a chunk but its first one wait until the array has taken the first word of the chunk before.
    left = max(left, array.state["left_taken_at"] + reads)
    array.state["left_taken_at"] = max(left, right_at + ORDER_CYCLES + BUFFER_CYCLES) - reads
    total_reads = run_tiles(array, compute, first, shape)
    last_step_at, steps = array.state["at"], prologue + compute["tiles"] * compute["interval"]
    unit.command_at[number], unit.last_step_at[number] = command_at, last_step_at
    state["ws"], state["last_step_at"] = compute["ws"], last_step_at
    state["array_cycles"] += 1 + steps
    state["feed"] += last_step_at - command_at - steps
    _free_orders(unit, compute, number, left_at, right_at, sums_at, total_reads, shape)


@kernel
def _prologue(array: Array, compute: ComputeRow, first: int, shape: MachineShape) -> int:
    """Let OS settle, and let its first partial sums enter; return the steps of that."""
    if compute["ws"]:
        return 0
    for _ in range(compute["settle"]):
        step(array, 0, shape)
    if not compute["reload"]:
        return compute["settle"]
    lead = os_lead_cycles(shape.rows, shape.interleave)
    for number in range(lead):
        partial_enters(array, compute, first, number, 0, shape)
    return compute["settle"] + lead


@kernel
def _emptying_steps(shape: MachineShape) -> int:
    """Steps after which nothing that was begun is in the array."""
    rows, cols, cuts, stages = shape.rows, shape.cols, shape.cuts, shape.adder_stages
    in_os = os_tail_cycles(rows, cols, cuts, shape.interleave, stages, shape.multiplier_stages, 1)
    return max(in_os, ws_tail_cycles(rows, cols, cuts, stages, shape.multiplier_stages, 1))


@kernel
def _free_orders(
    unit: Computing,
    compute: ComputeRow,
    number: int,
    left_at: int,
    right_at: int,
    sums_at: int,
    reads: int,
    shape: MachineShape,
) -> None:
    """When each order takes another computation: each gives at most a word a clock."""
    state, results = unit.state, unit.last_result[number]
    if number > 0:
        results -= unit.last_result[number - 1]
    state["left_free_at"] = left_at + ORDER_CYCLES + reads
    state["sums_free_at"] = max(sums_at + ORDER_CYCLES + results, unit.array.state["asked_at"] + 1)
    per_slot = 1 if compute["interleave_cols"] == 1 else shape.interleave
    rights = compute["tiles"] * (shape.rows if compute["ws"] else compute["length"] * per_slot)
    state["right_free_at"] = max(right_at + ORDER_CYCLES + rights, unit.array.state["right_freed_at"] + 2)


@kernel
def _finish_made(unit: Computing, queues: Queues, computes: Rows) -> None:
    """Let all computations be done whose last result is made."""
    queue, array = queues.compute, unit.array
    while queue.counts["done"] < queue.counts["taken"]:
        number = queue.counts["done"]
        if array.state["made"] <= unit.last_result[number]:
            return
        done = array.put_at[unit.last_result[number] & (len(array.put_at) - 1)] + WRITTEN_CYCLES
        finish(queue, done)
        if computes[number]["signal_previous"]:
            token_to_previous(queues.load, done)
        if computes[number]["signal_next"]:
            token_to_next(queues.store, done)


@kernel
def next_end_at(unit: Computing, queues: Queues) -> int:
    """Return the clock in which the oldest computation's last result is made if no other begins; ``LATER``: none."""
    counts = queues.compute.counts
    if counts["done"] == counts["taken"]:
        return LATER
    return result_made_at(unit.array, unit.last_result[counts["done"]])


@kernel
def end_next(unit: Computing, queues: Queues, computes: Rows, clock: int, shape: MachineShape) -> None:
    """Let the array step on to ``clock``, in which the last result of the oldest computation is made."""
    number = unit.last_result[queues.compute.counts["done"]]
    while unit.array.state["made"] <= number:
        step_idly(unit.array, max(clock, unit.array.state["at"] + 1), shape)
    _finish_made(unit, queues, computes)
