"""The load unit in time: a tile's parts, the bursts that bring them, and the words that lay them down."""

from __future__ import annotations

from typing import Annotated, TypedDict

import numpy as np
import numpy.typing as npt

from heddle.arch.jit import kernel
from heddle.arch.machine_timing import (
    COLLECT_CYCLES,
    CUT_CYCLES,
    LOADED_CYCLES,
    PIECE_CYCLES,
    RAM_QUEUE_CYCLES,
    SPREAD_CYCLES,
)
from heddle.arch.records import Rows, record_dtype
from heddle.sim.machine.bursts import (
    BEATS,
    LATER,
    BurstsRow,
    ask_for_read,
    next_beat_bytes,
    next_beat_is_last,
    reset_bursts,
    use_beat,
)
from heddle.sim.machine.gear import GearRow, open_gear, reset_gear, word_comes
from heddle.sim.machine.packer import PackerRow, beat_enters, word_of_beat, word_taken
from heddle.sim.machine.queue import Queue, finish, offered_at, take, token_to_next
from heddle.sim.machine.rows import TransferRow
from heddle.sim.machine.shape import MachineShape
from heddle.sim.machine.walk import NEVER, begin_run, begin_tile, has_walked

Ints = npt.NDArray[np.int64]

#: What is laid down of a tile: activations, or values and then indices, which are read or counted.
GROUPS, VALUES, INDICES, COUNTED = range(4)
#: Parts whose bytes may be under way: two tiles of two parts, and room.
PARTS = 8
_BYTE_BITS = 8
_PLACE_BITS = 8  # indices of a slot begin at a whole byte


class LoadRow(TypedDict):
    """The load unit at work.

    =====================  =========================================================================================
    ``part``               the part that is offered next of the load that is: 0 or 1
    ``walked_at``, …       clocks in which walk and gearbox took it, ``LATER`` while they have not
    ``offered_at``         clock from which it is offered, ``LATER`` while that is not known
    ``begun``, ``ended``   parts that the walk took and whose bytes came, counted ones left out
    ``whole_at``           clock from which the left gearbox takes settings
    ``whole_is_busy``, …   it holds settings; from which clock it offers their rows, and what they are
    ``first_put_at``       clock of the last word of the values of the load that ends next
    ``counted``, …         loads whose indices are counted: begun, and ended
    ``gears``              a gearbox for each kind of part
    ``kinds``              of the parts that are begun, what they are
    ``counted_put_at``     of such loads the clock of the last index
    =====================  =========================================================================================
    """

    part: int
    walked_at: int
    settled_at: int
    offered_at: int
    begun: int
    ended: int
    whole_at: int
    whole_is_busy: int
    whole_offered_at: int
    whole_rows: int
    whole_elements: int
    whole_most: int
    first_put_at: int
    counted: int
    counted_ended: int
    bursts: BurstsRow
    packer: PackerRow
    gears: Annotated[Rows, GearRow, 4]
    kinds: Annotated[Ints, int, PARTS]
    counted_put_at: Annotated[Ints, int, PARTS]


LOADING = record_dtype(LoadRow)


def new_loading(shape: MachineShape) -> LoadRow:
    """Return a load unit that is idle."""
    state: LoadRow = np.zeros(1, LOADING)[0]
    state["walked_at"] = state["settled_at"] = state["offered_at"] = LATER
    state["whole_at"] = NEVER
    reset_bursts(state["bursts"])
    gears = state["gears"]
    reset_gear(gears[GROUPS], shape.element_bits, shape.element_bits)
    reset_gear(gears[VALUES], shape.element_bits, shape.element_bits)
    reset_gear(gears[INDICES], shape.index_bits, max(_PLACE_BITS, shape.index_bits))
    reset_gear(gears[COUNTED], shape.index_bits, shape.index_bits)
    return state


@kernel
def advance_load(state: LoadRow, queue: Queue, loads: Rows, shape: MachineShape) -> bool:
    """Do what is known of the load unit's next steps; return whether anything was."""
    moved = ask_for_read(state["bursts"], shape)
    moved = _settle_groups(state) or moved
    if queue.counts["taken"] < len(loads):
        moved = _begin_part(state, queue, loads[queue.counts["taken"]], shape) or moved
    return moved


@kernel
def _settle_groups(state: LoadRow) -> bool:
    """Let the left gearbox cut the rows that it has worked out, once it has cut those before."""
    gear = state["gears"][GROUPS]
    if not state["whole_is_busy"] or gear["is_open"]:
        return False
    taken = max(state["whole_offered_at"], gear["settings_at"])
    open_gear(gear, taken, state["whole_rows"], state["whole_elements"], state["whole_most"])
    state["whole_at"], state["whole_is_busy"] = taken + 1, 0
    return True


@kernel
def _kind_of(load: TransferRow, part: int) -> int:
    if part:
        return INDICES if load["packed"] else COUNTED
    return VALUES if load["weight"] else GROUPS


@kernel
def _begin_part(state: LoadRow, queue: Queue, load: TransferRow, shape: MachineShape) -> bool:
    """Offer a part to walk and gearbox; the next part is offered when both have taken it."""
    moved = False
    if state["offered_at"] == LATER:
        state["offered_at"] = offered_at(queue, load["wait_previous"], load["wait_next"])
        if state["offered_at"] == LATER:
            return False
        moved = True
    kind = _kind_of(load, state["part"])
    moved = _walk_part(state, load, kind) or moved
    moved = _settle_part(state, load, kind, shape) or moved
    if state["walked_at"] == LATER or state["settled_at"] == LATER:
        return moved
    taken = max(state["walked_at"], state["settled_at"])
    state["walked_at"] = state["settled_at"] = LATER
    if load["weight"] and state["part"] == 0:
        state["part"], state["offered_at"] = 1, taken + 1
    else:
        state["part"], state["offered_at"] = 0, LATER
        take(queue, taken, load["wait_previous"], load["wait_next"])
    return True


@kernel
def _walk_part(state: LoadRow, load: TransferRow, kind: int) -> bool:
    """Let the walk take the part, if it is known when it is idle; a run of indices needs only its way."""
    walk = state["bursts"]["walk"]
    if state["walked_at"] != LATER:
        return False
    if kind == COUNTED:
        state["walked_at"] = state["offered_at"]
        return True
    if not has_walked(walk):
        return False
    at = max(state["offered_at"], walk["idle_at"])
    if kind == INDICES:
        if walk["rest_bytes"] > 0:
            return False
        at = begin_run(walk, load["index_address"], load["index_bytes"], at)
    else:
        begin_tile(walk, load, at)
    state["walked_at"] = at
    state["kinds"][state["begun"] % PARTS] = kind
    state["begun"] += 1
    return True


@kernel
def _settle_part(state: LoadRow, load: TransferRow, kind: int, shape: MachineShape) -> bool:
    """Let the part's gearbox take what its tile is, if it is known when it can."""
    gear = state["gears"][kind]
    if state["settled_at"] != LATER:
        return False
    if kind == GROUPS:
        if state["whole_is_busy"]:
            return False
        state["settled_at"] = max(state["offered_at"], state["whole_at"])
        _work_out_groups(state, load, shape)
        return True
    if gear["is_open"]:
        return False
    at = max(state["offered_at"], gear["settings_at"])
    state["settled_at"] = at
    if kind == COUNTED:
        _count_indices(state, load, at, shape)
    else:
        open_gear(gear, at, load["pixels"], load["elements"], shape.value_part if kind == VALUES else shape.index_part)
    return True


@kernel
def _work_out_groups(state: LoadRow, load: TransferRow, shape: MachineShape) -> None:
    """A clock for each bit of a pixel's elements; a tile of whole groups is one row."""
    bits = 1
    while load["elements"] >> bits:
        bits += 1
    is_whole = load["elements"] % load["group_elements"] == 0
    state["whole_is_busy"] = 1
    state["whole_offered_at"] = state["settled_at"] + 1 + bits
    state["whole_rows"] = 1 if is_whole else load["pixels"]
    state["whole_elements"] = load["pixels"] * load["elements"] if is_whole else load["elements"]
    state["whole_most"] = load["group_elements"] * shape.lanes


@kernel
def _count_indices(state: LoadRow, load: TransferRow, taken: int, shape: MachineShape) -> None:
    """Indices that are counted come a word a clock."""
    gear = state["gears"][COUNTED]
    words = load["pixels"] * ((load["elements"] + shape.cols - 1) // shape.cols)
    first = max(taken + CUT_CYCLES, gear["cut_at"] + 1)
    gear["settings_at"] = first + words - 2 if words > 1 else max(taken + 1, gear["cut_at"])
    gear["cut_at"] = first + words - 1
    state["counted_put_at"][state["counted"] % PARTS] = gear["cut_at"]
    state["counted"] += 1


@kernel
def use_loaded(state: LoadRow, queue: Queue, computes: Queue, loads: Rows, shape: MachineShape) -> None:
    """Let the beats that came go through packer and gearbox; where a tile ends, its load is done."""
    bursts, packer = state["bursts"], state["packer"]
    while bursts["used"] < bursts["moved"]:
        kind = state["kinds"][state["ended"] % PARTS]
        gear = state["gears"][kind]
        if not gear["is_open"]:
            return
        nbytes, is_last = next_beat_bytes(bursts, shape.word_bytes), next_beat_is_last(bursts)
        came = bursts["came_at"][bursts["used"] % BEATS]
        use_beat(bursts, beat_enters(packer, came + RAM_QUEUE_CYCLES))
        word = word_of_beat(packer, nbytes, is_last, shape.word_bytes, shape.packing)
        while word >= 0:
            word = word_taken(packer, word, word_comes(gear, word, _BYTE_BITS * shape.word_bytes))
        if is_last:
            state["ended"] += 1
            _end_part(state, queue, computes, loads, kind, shape)


@kernel
def _end_part(state: LoadRow, queue: Queue, computes: Queue, loads: Rows, kind: int, shape: MachineShape) -> None:
    """The last word of a part is put; with that of the last part the load is done."""
    load = loads[queue.counts["done"]]
    put_at = state["gears"][kind]["cut_at"] + PIECE_CYCLES
    if kind == GROUPS:
        put_at += SPREAD_CYCLES
    elif shape.cols > (shape.value_part if kind == VALUES else shape.index_part):
        put_at += COLLECT_CYCLES
    if kind == VALUES:
        state["first_put_at"] = put_at
        if load["packed"]:
            return
        put_at = max(put_at, state["counted_put_at"][state["counted_ended"] % PARTS])
        state["counted_ended"] += 1
    elif kind == INDICES:
        put_at = max(put_at, state["first_put_at"])
    done = put_at + LOADED_CYCLES
    if queue.counts["done"] > 0:
        done = max(done, queue.done_at[queue.counts["done"] - 1] + 1)
    finish(queue, done)
    if load["signal_next"]:
        token_to_next(computes, done)
