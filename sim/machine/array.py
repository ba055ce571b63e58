"""The array in time, step by step: what each step waits for, and when the results that it makes are in the buffer."""

from __future__ import annotations

from typing import Annotated, NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from heddle.arch.jit import kernel
from heddle.arch.machine_timing import BUFFER_ANSWERS, BUFFER_CYCLES, ORDER_CYCLES, QUEUE_CYCLES, WRITTEN_CYCLES
from heddle.arch.records import record_dtype
from heddle.arch.timing import array_hop_cycles
from heddle.sim.machine.bursts import LATER
from heddle.sim.machine.shape import MachineShape
from heddle.sim.machine.walk import NEVER

Ints = npt.NDArray[np.int64]

#: Runs of results that may be on their way through the array: no more than tiles that are in it at once.
RUNS = 64


class ArrayRow(TypedDict):
    """The array at work.

    =====================  =========================================================================================
    ``at``, ``steps``      clock of its last step, and how many it has taken: it steps on while it is idle too
    ``runs``, ``ended``    runs of results that were begun, and of those that all are made
    ``run_step``           of a run the step that makes its next result; ``run_left``: results of it that are not made
    ``made``               results made
    ``first_result``       number of the first result of the computation that was begun last
    ``results_from``       clock from which the writer of results takes that computation
    ``left_taken_at``      clock in which it took the first word of the last chunk of left words
    ``right_freed_at``     clock in which a weight word was taken that let the computation's last one be asked for
    ``partials``           partial sums taken; ``asked_at``: clock in which the last was asked for
    ``sums_at``            clock in which their feeder took the computation; ``sums``: places that it has passed
    ``partial_taken_at``   clocks in which the last ones were taken
    =====================  =========================================================================================
    """

    at: int
    steps: int
    runs: int
    ended: int
    run_step: Annotated[Ints, int, RUNS]
    run_left: Annotated[Ints, int, RUNS]
    made: int
    first_result: int
    results_from: int
    left_taken_at: int
    right_freed_at: int
    partials: int
    asked_at: int
    sums_at: int
    sums: int
    partial_taken_at: Annotated[Ints, int, BUFFER_ANSWERS]


ARRAY = record_dtype(ArrayRow)


class Array(NamedTuple):
    """The array at work.

    ``put_at``: clocks in which its last results were put into the buffer, by their number.
    """

    state: ArrayRow
    put_at: Ints


def new_array(most_results: int) -> Array:
    """Return an array that is idle; a partial sum is a result of at most ``most_results`` before."""
    state: ArrayRow = np.zeros(1, ARRAY)[0]
    state["at"] = state["results_from"] = -1
    state["left_taken_at"] = state["right_freed_at"] = state["asked_at"] = NEVER
    state["partial_taken_at"][:] = NEVER
    put_at = np.full(1 << (2 * most_results + 64).bit_length(), NEVER, np.int64)
    return Array(state, put_at)


@kernel
def step(array: Array, not_before: int, shape: MachineShape) -> int:
    """Take a step, at the earliest in clock ``not_before``; return its clock.

    A step that makes a result waits until the queue of results has room for it.
    """
    state = array.state
    at = max(state["at"] + 1, not_before)
    place = state["ended"] % RUNS
    if state["ended"] < state["runs"] and state["run_step"][place] == state["steps"]:
        at = _make_result(array, at, shape)
        state["run_step"][place] += 1
        state["run_left"][place] -= 1
        if state["run_left"][place] == 0:
            state["ended"] += 1
    state["steps"] += 1
    state["at"] = at
    return at


@kernel
def _make_result(array: Array, at: int, shape: MachineShape) -> int:
    """Make a result in clock ``at``, or as there is room; return the clock."""
    state, most = array.state, len(array.put_at) - 1
    hop = array_hop_cycles(shape.rows, shape.cols, shape.cuts)
    number = state["made"]
    at = max(at, array.put_at[(number - hop - 2) & most] + 1)
    put_at = max(at + hop + QUEUE_CYCLES, array.put_at[(number - 1) & most] + 1)
    if number == state["first_result"]:
        begun_at = max(array.put_at[(number - 1) & most] + WRITTEN_CYCLES, state["results_from"])
        put_at = max(put_at, begun_at + ORDER_CYCLES)
    array.put_at[number & most] = put_at
    state["made"] += 1
    return at


@kernel
def begin_run(array: Array, steps_ahead: int, results: int) -> None:
    """Let ``results`` be made one a step, the first ``steps_ahead`` steps behind the one that was taken last."""
    state = array.state
    place = state["runs"] % RUNS
    state["run_step"][place], state["run_left"][place] = state["steps"] - 1 + steps_ahead, results
    state["runs"] += 1


@kernel
def step_idly(array: Array, until: int, shape: MachineShape) -> None:
    """Let the array step on to clock ``until``, with nothing to do but to let results leave."""
    state = array.state
    while state["at"] < until and state["ended"] < state["runs"]:
        ahead = state["run_step"][state["ended"] % RUNS] - state["steps"]
        idle = min(ahead, until - state["at"] - 1)
        if idle > 0:
            state["steps"] += idle
            state["at"] += idle
        step(array, 0, shape)
    if state["at"] < until:
        state["steps"] += until - state["at"]
        state["at"] = until


@kernel
def result_made_at(array: Array, number: int) -> int:
    """Return the clock in which the result ``number`` is made when the array has nothing else to do."""
    state = array.state
    missing = number - state["made"]
    for run in range(state["ended"], state["runs"]):
        place = run % RUNS
        if missing < state["run_left"][place]:
            return state["at"] + state["run_step"][place] + missing - state["steps"] + 1
        missing -= state["run_left"][place]
    return LATER


@kernel
def begin_partials(array: Array, taken: int) -> None:
    """Let the feeder of partial sums take a computation in clock ``taken``."""
    array.state["sums_at"], array.state["sums"] = taken, 0


@kernel
def pass_partials(array: Array, results: int) -> None:
    """Let the feeder pass over results that go on from none."""
    array.state["sums"] += results


@kernel
def partial_at(array: Array, source: int, is_inside: bool) -> int:
    """Return the clock from which the next partial sum is there: result ``source``, or a zero beyond the tile."""
    state, most = array.state, len(array.put_at) - 1
    taken_at, number = state["partial_taken_at"], state["partials"]
    passed = max(state["sums_at"] + ORDER_CYCLES + state["sums"], state["asked_at"] + 1)
    last = taken_at[(number - 1) % BUFFER_ANSWERS]
    if not is_inside:
        state["asked_at"] = passed
        return max(passed + QUEUE_CYCLES, last + 1)
    written = array.put_at[source & most] + WRITTEN_CYCLES
    asked = max(passed, written, taken_at[number % BUFFER_ANSWERS] + 1)
    state["asked_at"] = asked
    return max(asked + BUFFER_CYCLES, last + 1)


@kernel
def take_partial(array: Array, clock: int) -> None:
    """Let the array take the partial sum in ``clock``."""
    state = array.state
    state["partial_taken_at"][state["partials"] % BUFFER_ANSWERS] = clock
    state["partials"] += 1
    state["sums"] += 1
