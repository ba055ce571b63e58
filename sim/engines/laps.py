"""Laps of a product while memory is prompt: steps that come out the same, only later, run once and jumped over.

A lap is one reduction, one turn of the outer loop, or one of the product's repetitions. Where the next laps have tiles
of the same kinds, and all times in a product's state are just one lap later than a lap ago, the laps to come do what
the last one did. They are jumped over: times move on by whole laps, counts and addresses by what a lap adds to them.

To the bit: floats are evenly spaced between powers of two, at most half a cycle apart, and a lap is whole cycles. So
every sum on the way comes out as it did a lap before, as long as all times stay below the next power of two.
"""

from __future__ import annotations

import math
from typing import NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from heddle.arch.jit import kernel
from heddle.arch.records import Rows, record_dtype
from heddle.sim.engines.dram_rows import Dram
from heddle.sim.engines.events import Events
from heddle.sim.engines.passed_over import PassedOver, pass_over_again
from heddle.sim.engines.pipe import PIPE, PipeRow, Walk
from heddle.sim.engines.streams import Times
from heddle.sim.engines.tiles import CursorRow, Grid

#: What a lap is: a reduction, a turn of the outer loop, a repetition of the product.
_REDUCTION, _TURN, _REPETITION = 0, 1, 2
_SIZES = 3

#: Where the left operand's times lie among a state's, and the right one's up to the end; those before always move.
_LEFT, _RIGHT, _END = 9, 13, 18

_NO_STEP = -1
_HALF_CYCLE_APART = 2.0**52


class LapRow(TypedDict):
    """Counts where a lap began, beside those of the product: accesses passed over, events without room."""

    noted: int
    dropped: int


class SkipRow(TypedDict):
    """How many steps were jumped over."""

    steps: int


LAP = record_dtype(LapRow)
SKIP = record_dtype(SkipRow)


class Laps(NamedTuple):
    """Where the last lap of each size began: progress (PIPE), counts (LAP), all times; and a row of times for now."""

    pipes: Rows
    counts: Rows
    times: npt.NDArray[np.float64]
    now: Times
    skipped: SkipRow


def no_laps() -> Laps:
    """Return room for laps, none of them begun."""
    laps = Laps(
        np.zeros(_SIZES, PIPE),
        np.zeros(_SIZES, LAP),
        np.zeros((_SIZES, _END)),
        np.zeros(_END),
        np.zeros(1, SKIP)[0],
    )
    laps.pipes["load"]["step"] = _NO_STEP
    return laps


@kernel
def forget_laps(laps: Laps) -> None:
    """Let no lap that began before be taken for one whose steps were all prompt."""
    for size in range(_SIZES):
        laps.pipes[size]["load"]["step"] = _NO_STEP


@kernel
def skip_laps(laps: Laps, dram: Dram, passed: PassedOver, events: Events, walk: Walk) -> None:
    """Jump over the laps to come that will do what the last one did, if any; the next step begins a reduction."""
    pipe, size, now = walk.pipe, _size_begun(walk.pipe["load"]), laps.now
    then, before, counts = laps.pipes[size], laps.times[size], laps.counts[size]
    _read_times(walk, now)
    cycles = pipe["busy_cycles"] - then["busy_cycles"] + pipe["feed_cycles"] - then["feed_cycles"]
    times = _laps_left(walk, size)
    if times > 0 and _is_a_lap(walk, then, size):
        times = min(times, _laps_of_even_spacing(before, now, then, pipe, cycles))
        accesses = passed.log["noted"] - counts["noted"]
        if times > 0 and pass_over_again(dram, passed, accesses, times, pipe["address"] - then["address"]):
            events.log["dropped"] += times * (events.log["dropped"] - counts["dropped"])
            laps.skipped["steps"] += times * _steps_of(walk.grid, size)
            _move_counts(pipe, then, times)
            _move_cursors(pipe, size, times)
            _move_times(before, now, times * cycles)
            _write_times(walk, now)
    laps.pipes[size] = pipe
    before[:] = now
    counts["noted"], counts["dropped"] = passed.log["noted"], events.log["dropped"]


@kernel
def _size_begun(load: CursorRow) -> int:
    """The greatest lap that begins where a reduction does."""
    if load["inner"] > 0:
        return _REDUCTION
    return _TURN if load["outer"] > 0 else _REPETITION


@kernel
def _laps_left(walk: Walk, size: int) -> int:
    """Laps to come whose tiles are of the same kinds: not the last of a loop, which may be smaller."""
    load, grid = walk.pipe["load"], walk.grid
    if size == _REDUCTION:
        return grid.inner - 1 - load["inner"]
    if size == _TURN:
        return grid.outer - 1 - load["outer"]
    return (walk.steps - load["step"]) // _steps_of(grid, size)


@kernel
def _steps_of(grid: Grid, size: int) -> int:
    if size == _REDUCTION:
        return grid.parts
    return grid.parts * grid.inner if size == _TURN else grid.parts * grid.inner * grid.outer


@kernel
def _is_a_lap(walk: Walk, then: PipeRow, size: int) -> bool:
    """True where one lap's steps ran since ``then``, and as many stores, of results of the same kinds.

    Stores lag behind loads: at ``then`` the next one must not be left from the loop's turn before.
    """
    pipe, steps = walk.pipe, _steps_of(walk.grid, size)
    results = steps // walk.grid.parts
    if then["load"]["step"] == _NO_STEP or pipe["load"]["step"] - then["load"]["step"] != steps:
        return False
    if pipe["results"] - then["results"] != results or pipe["store"]["step"] - then["store"]["step"] != results:
        return False
    load, store = then["load"], then["store"]
    if size == _REDUCTION:
        return store["outer"] == load["outer"] and store["inner"] <= load["inner"]
    return size == _REPETITION or store["outer"] <= load["outer"]


@kernel
def _laps_of_even_spacing(before: Times, now: Times, then: PipeRow, pipe: PipeRow, cycles: float) -> int:
    """How many laps may follow below the next power of two; 0 where ``now`` is not ``cycles`` after ``before``.

    Times of an operand that a lap does not bring anew may stay as they are: nobody waits for it, nor asks for it.
    """
    lowest, highest = np.inf, 0.0
    for index in range(_END):
        if now[index] == before[index] + cycles:
            lowest, highest = min(lowest, before[index]), max(highest, now[index])
        elif now[index] != before[index] or not _may_stay(index, then, pipe):
            return 0
    _, exponent = math.frexp(lowest)
    room = min(math.ldexp(1.0, exponent), _HALF_CYCLE_APART) - highest
    return int(room / cycles) if room > cycles > 0 else 0


@kernel
def _may_stay(index: int, then: PipeRow, pipe: PipeRow) -> bool:
    if index < _LEFT:
        return False
    return pipe["lefts"] == then["lefts"] if index < _RIGHT else pipe["rights"] == then["rights"]


@kernel
def _read_times(walk: Walk, times: Times) -> None:
    """Fill ``times`` with those of the product's state; of two halves, the one to be filled next comes first."""
    pipe, halves = walk.pipe, walk.halves
    times[0], times[1], times[2] = pipe["array_free"], pipe["lanes_free"], pipe["end"]
    times[3], times[4] = pipe["prepared_at"], pipe["done_at"]
    times[_END - 1] = pipe["pruner_free"]
    for after in range(2):
        left, right, out = (pipe["lefts"] + after) % 2, (pipe["rights"] + after) % 2, (pipe["results"] + after) % 2
        times[5 + after], times[7 + after] = halves["out_ready"][out], halves["out_free"][out]
        times[_LEFT + after], times[_LEFT + 2 + after] = halves["left_ready"][left], halves["left_free"][left]
        times[_RIGHT + after], times[_RIGHT + 2 + after] = halves["right_ready"][right], halves["right_free"][right]


@kernel
def _write_times(walk: Walk, times: Times) -> None:
    """Give the product's state the times that ``_read_times`` would find in it."""
    pipe, halves = walk.pipe, walk.halves
    pipe["array_free"], pipe["lanes_free"], pipe["end"] = times[0], times[1], times[2]
    pipe["prepared_at"], pipe["done_at"] = times[3], times[4]
    pipe["pruner_free"] = times[_END - 1]
    for after in range(2):
        left, right, out = (pipe["lefts"] + after) % 2, (pipe["rights"] + after) % 2, (pipe["results"] + after) % 2
        halves["out_ready"][out], halves["out_free"][out] = times[5 + after], times[7 + after]
        halves["left_ready"][left], halves["left_free"][left] = times[_LEFT + after], times[_LEFT + 2 + after]
        halves["right_ready"][right], halves["right_free"][right] = times[_RIGHT + after], times[_RIGHT + 2 + after]


@kernel
def _move_times(before: Times, now: Times, cycles: float) -> None:
    for index in range(_END):
        if now[index] != before[index]:
            now[index] += cycles


@kernel
def _move_counts(pipe: PipeRow, then: PipeRow, laps: int) -> None:
    """Add to what the product counts what a lap since ``then`` added, so many times."""
    pipe["load"]["step"] += laps * (pipe["load"]["step"] - then["load"]["step"])
    pipe["compute"]["step"] = pipe["load"]["step"]
    pipe["store"]["step"] += laps * (pipe["store"]["step"] - then["store"]["step"])
    pipe["results"] += laps * (pipe["results"] - then["results"])
    pipe["lefts"] += laps * (pipe["lefts"] - then["lefts"])
    pipe["rights"] += laps * (pipe["rights"] - then["rights"])
    pipe["used_lefts"], pipe["used_rights"] = pipe["lefts"], pipe["rights"]
    pipe["address"] += laps * (pipe["address"] - then["address"])
    pipe["busy_cycles"] += laps * (pipe["busy_cycles"] - then["busy_cycles"])
    pipe["feed_cycles"] += laps * (pipe["feed_cycles"] - then["feed_cycles"])
    pipe["dram_bytes"] += laps * (pipe["dram_bytes"] - then["dram_bytes"])


@kernel
def _move_cursors(pipe: PipeRow, size: int, laps: int) -> None:
    """Move all engines' places in the loops on; a repetition leaves them where they are."""
    for cursor in (pipe["load"], pipe["compute"], pipe["store"]):
        if size == _REDUCTION:
            cursor["inner"] += laps
        elif size == _TURN:
            cursor["outer"] += laps
