"""The store unit in time: sums out of a half, their bytes, and the bursts that write them."""

from __future__ import annotations

from typing import Annotated, TypedDict

import numpy as np
import numpy.typing as npt

from heddle.arch.formats import FP32
from heddle.arch.jit import kernel
from heddle.arch.machine_timing import (
    BUFFER_ANSWERS,
    BUFFER_CYCLES,
    CUT_CYCLES,
    CUTTER_CYCLES,
    NARROW_CYCLES,
    REQUEST_CYCLES,
    STORE_DONE_CYCLES,
)
from heddle.arch.records import Rows, record_dtype
from heddle.sim.machine.bursts import (
    BEATS,
    LATER,
    RING,
    BurstsRow,
    ask_for_write,
    begun_at,
    next_beat_bytes,
    next_beat_is_last,
    reset_bursts,
    use_beat,
)
from heddle.sim.machine.packer import PackerRow, beat_enters, word_of_beat, word_taken
from heddle.sim.machine.pipeline import PipelineRow, enters_at, leaves_at, waits
from heddle.sim.machine.queue import Queue, finish, offered_at, take, token_to_previous
from heddle.sim.machine.rows import TransferRow
from heddle.sim.machine.shape import MachineShape
from heddle.sim.machine.walk import NEVER, begin_tile, has_walked

Ints = npt.NDArray[np.int64]

_BYTE_BITS = 8
_WIDE_BYTES = FP32.width_bytes


class StoreRow(TypedDict):
    """The store unit at work.

    =====================  =========================================================================================
    ``offered_at``         clock from which the store is offered, ``LATER`` while that is not known
    ``walked_at``          clock in which the walk took it, ``LATER`` while it has not
    ``is_open``            its sums are cut; ``rows_left``, ``left``, ``part``: what is left, and the columns of a cut
    ``place``              cuts of the word of sums that are made
    ``cuts_at``            clock from which its first cut is offered; ``cut_at``: clock of the last one
    ``settings_at``        clock from which other rows are taken
    ``asked``              words of sums asked for and taken; ``asked_at``: clock in which the last was asked for
    ``sums_at``            clock from which the next word of sums is there, ``LATER`` while it is not asked for
    ``held``               bytes that are gone of the word that the spreader holds
    ``word_at``            clock from which the packer's next word stands; -1: none does
    ``spread_at``          clock of the last beat that the spreader took
    ``beat_at``            clock from which the next beat is offered to memory, ``LATER`` while it is not known
    ``sums_taken_at``      clocks in which the last words of sums were taken
    =====================  =========================================================================================
    """

    offered_at: int
    walked_at: int
    is_open: int
    rows_left: int
    row_elements: int
    left: int
    part: int
    element_bytes: int
    place: int
    cuts_at: int
    cut_at: int
    settings_at: int
    settled_at: int
    asked: int
    asked_at: int
    sums_at: int
    held: int
    word_at: int
    spread_at: int
    beat_at: int
    bursts: BurstsRow
    narrowers: PipelineRow
    packer: PackerRow
    spreader: PipelineRow
    sums_taken_at: Annotated[Ints, int, BUFFER_ANSWERS]


STORING = record_dtype(StoreRow)


def new_storing() -> StoreRow:
    """Return a store unit that is idle."""
    state: StoreRow = np.zeros(1, STORING)[0]
    state["offered_at"] = state["walked_at"] = state["beat_at"] = state["sums_at"] = LATER
    state["cut_at"] = state["settings_at"] = state["settled_at"] = state["asked_at"] = state["spread_at"] = NEVER
    state["sums_taken_at"][:] = NEVER
    state["word_at"] = -1
    reset_bursts(state["bursts"])
    return state


@kernel
def advance_store(state: StoreRow, queue: Queue, stores: Rows, shape: MachineShape) -> bool:
    """Do what is known of the store unit's next steps; return whether anything was."""
    moved = ask_for_write(state["bursts"], shape)
    if queue.counts["taken"] < len(stores):
        moved = _begin(state, queue, stores[queue.counts["taken"]], shape) or moved
    return _next_beat(state, shape) or moved


@kernel
def _begin(state: StoreRow, queue: Queue, store: TransferRow, shape: MachineShape) -> bool:
    """Offer a store to the walk, to the reader of sums and to the gearbox."""
    walk, moved = state["bursts"]["walk"], False
    if state["offered_at"] == LATER:
        if state["is_open"]:
            return False
        offered = offered_at(queue, store["wait_previous"], store["wait_next"])
        if offered == LATER:
            return False
        state["offered_at"] = offered
        _open(state, store, shape)
        moved = True
    if state["walked_at"] == LATER and has_walked(walk):
        state["walked_at"] = max(state["offered_at"], walk["idle_at"])
        begin_tile(walk, store, state["walked_at"])
        moved = True
    if state["walked_at"] == LATER or state["is_open"]:
        return moved
    taken = max(state["walked_at"], state["asked_at"], state["settled_at"])
    take(queue, taken, store["wait_previous"], store["wait_next"])
    state["offered_at"] = state["walked_at"] = LATER
    return True


@kernel
def _open(state: StoreRow, store: TransferRow, shape: MachineShape) -> None:
    state["settled_at"] = max(state["offered_at"], state["settings_at"])
    state["is_open"], state["place"] = 1, 0
    state["rows_left"], state["row_elements"], state["left"] = store["pixels"], store["elements"], store["elements"]
    state["part"] = shape.wide_part if store["wide"] else shape.narrow_part
    state["element_bytes"] = _WIDE_BYTES if store["wide"] else shape.element_bits // _BYTE_BITS
    state["cuts_at"] = state["settled_at"] + CUT_CYCLES
    state["sums_at"] = LATER
    if store["pixels"] == 1 and store["elements"] <= state["part"]:
        state["settings_at"] = max(state["settled_at"] + 1, state["cut_at"])


@kernel
def _next_beat(state: StoreRow, shape: MachineShape) -> bool:
    """Work out when the next beat can be given to memory, if its burst is begun and its bytes are on their way."""
    bursts = state["bursts"]
    if state["beat_at"] != LATER or bursts["used_bursts"] == bursts["asked"]:
        return False
    nbytes, is_last = next_beat_bytes(bursts, shape.word_bytes), next_beat_is_last(bursts)
    total = state["held"] + nbytes
    needs_word = state["held"] == 0 or total > shape.word_bytes
    if needs_word and state["word_at"] < 0 and not _make_word(state, shape):
        return False
    number = bursts["used_bursts"]
    ready = max(begun_at(bursts, number) + CUTTER_CYCLES, state["spread_at"] + 1)
    if needs_word:
        ready = max(ready, state["word_at"])
    at = enters_at(state["spreader"], ready)
    state["spread_at"] = at
    if needs_word:
        state["word_at"] = word_taken(state["packer"], state["word_at"], at)
    state["held"] = 0 if is_last else total % shape.word_bytes
    use_beat(bursts, at)
    requested = bursts["asked_at"][number % RING] + REQUEST_CYCLES
    state["beat_at"] = leaves_at(state["spreader"], at, shape.rotation)
    bursts["came_at"][(bursts["used"] - 1) % BEATS] = requested + 1
    return True


@kernel
def _make_word(state: StoreRow, shape: MachineShape) -> bool:
    """Let parts of sums go through narrowers and packer until a word stands at its end."""
    while state["is_open"]:
        count = min(state["left"], state["part"])
        ends_row = count == state["left"]
        at = enters_at(state["narrowers"], max(state["cuts_at"], state["cut_at"] + 1, _sums_at(state)))
        state["place"] += 1
        if ends_row or state["place"] * state["part"] == shape.cols:
            state["place"] = 0
            _take_sums(state, at)
        is_last = ends_row and state["rows_left"] == 1
        _next_cut(state, at, count, ends_row)
        narrowed = leaves_at(state["narrowers"], at, NARROW_CYCLES)
        entered = beat_enters(state["packer"], narrowed)
        waits(state["narrowers"], narrowed, entered)
        nbytes = count * state["element_bytes"]
        state["word_at"] = word_of_beat(state["packer"], nbytes, is_last, shape.word_bytes, shape.packing)
        if state["word_at"] >= 0:
            return True
    return False


@kernel
def _next_cut(state: StoreRow, at: int, count: int, ends_row: bool) -> None:
    """A cut is taken in clock ``at``; as the one before the last is, other rows may come."""
    state["cut_at"] = at
    state["left"] -= count
    if ends_row:
        state["rows_left"] -= 1
        state["left"] = state["row_elements"]
    if state["rows_left"] == 0:
        state["is_open"] = 0
    elif state["rows_left"] == 1 and state["left"] <= state["part"]:
        state["settings_at"] = at


@kernel
def _sums_at(state: StoreRow) -> int:
    """The clock from which the word of sums is there that the next cut is of; it is asked for where it was not."""
    taken_at = state["sums_taken_at"]
    if state["sums_at"] == LATER:
        number = state["asked"]
        last = taken_at[(number - 1) % BUFFER_ANSWERS]
        asked = max(state["offered_at"], state["asked_at"] + 1, taken_at[number % BUFFER_ANSWERS] + 1)
        state["asked_at"] = asked
        state["sums_at"] = max(asked + BUFFER_CYCLES, last + 1)
    return state["sums_at"]


@kernel
def _take_sums(state: StoreRow, at: int) -> None:
    state["sums_taken_at"][state["asked"] % BUFFER_ANSWERS] = at
    state["asked"] += 1
    state["sums_at"] = LATER


@kernel
def write_offered_at(state: StoreRow) -> int:
    """Return the clock from which the next beat can move, ``LATER`` where that is not known."""
    bursts = state["bursts"]
    if state["beat_at"] == LATER:
        return LATER
    return max(state["beat_at"], bursts["came_at"][bursts["moved"] % BEATS], bursts["moved_at"] + 1)


@kernel
def beat_written(state: StoreRow, queue: Queue, computes: Queue, stores: Rows, clock: int, shape: MachineShape) -> None:
    """Let the next beat move in ``clock``; where it ends its burst, memory answers, and maybe the store is done."""
    bursts = state["bursts"]
    waits(state["spreader"], state["beat_at"], clock)
    state["beat_at"] = LATER
    place = bursts["ended"] % RING
    bursts["moved"] += 1
    bursts["in_burst"] += 1
    bursts["moved_at"] = clock
    if bursts["in_burst"] < bursts["beats"][place]:
        return
    answered = max(clock + max(1, shape.latency), bursts["answered_at"] + 1)
    bursts["in_burst"], bursts["answered_at"] = 0, answered
    bursts["ended"] += 1
    bursts["ended_at"][place] = answered
    if bursts["is_last"][place]:
        done = answered + STORE_DONE_CYCLES
        if stores[queue.counts["done"]]["signal_previous"]:
            token_to_previous(computes, done)
        finish(queue, done)
