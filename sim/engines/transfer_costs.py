"""What a tile's load or store takes of the machine's way to memory, as closed forms over its pixels, bursts and cuts.

The clocks are those of the RTL (``heddle.arch.machine_timing``), which ``heddle.sim.machine`` goes through one by one:
a walk gives a pixel a clock, what lies side by side is joined to bursts, a master has so many of them outstanding, and
a gearbox makes a cut a clock of what comes.
"""

from __future__ import annotations

from typing import NamedTuple, TypedDict

from heddle.arch.jit import kernel
from heddle.arch.machine_timing import (
    BUFFER_CYCLES,
    COLLECT_CYCLES,
    CUTTER_CYCLES,
    LOADED_CYCLES,
    NARROW_CYCLES,
    OUTSTANDING_BURSTS,
    PIECE_CYCLES,
    QUEUE_CYCLES,
    RAM_QUEUE_CYCLES,
    REQUEST_CYCLES,
    SPREAD_CYCLES,
    STORE_DONE_CYCLES,
    TOKEN_CYCLES,
    WALK_CYCLES,
)
from heddle.dataflow.cost import ceil_div
from heddle.dataflow.way_cost import Pixels
from heddle.sim.machine.shape import MachineShape

#: From a word at a gearbox to its first cut: it comes, moves on, and is cut.
_WORD_CYCLES = 2
#: Words that a gearbox holds.
_HELD_WORDS = 2


class WayRow(TypedDict):
    """What the machine's way to memory takes for a transfer.

    =====================  =========================================================================================
    ``lead_cycles``        from its token to its first request
    ``packed_cycles``      from its token to the first beat that is packed to be written
    ``walk_cycles``        from there to the clock in which the walk is free, where no request waits
    ``bursts``             its bursts; ``step_cycles``: from one to the next
    ``window_cycles``      from a burst to the clock in which its place among those outstanding is free
    ``turn_cycles``        from a burst to the one that takes its place, where all wait for each other
    ``answer_cycles``      from the request of a burst to its last beat
    ``span_cycles``        from its first request, or beat, to its last beat, at least
    ``take_cycles``        from the first to the last of its beats that its gearbox lets in
    ``cut_cycles``         from its first beat to its last one's end, where cuts take longer than beats
    ``tail_cycles``        from its last beat, or answer, to its end
    =====================  =========================================================================================
    """

    lead_cycles: float
    packed_cycles: float
    walk_cycles: float
    bursts: int
    step_cycles: float
    window_cycles: float
    turn_cycles: float
    answer_cycles: float
    span_cycles: float
    take_cycles: float
    cut_cycles: float
    tail_cycles: float


class Port(NamedTuple):
    """A port to memory: cycles from a request to its first beat, from a written beat to its answer, and of a beat."""

    read_latency: float
    write_latency: float
    beat: float


class Bursts(NamedTuple):
    """A transfer's bursts, all their beats, and the pixels that are joined to one."""

    bursts: int
    beats: int
    pixels_each: int


class Cuts(NamedTuple):
    """How a gearbox cuts what comes: words, all their cuts, and those of a word and of the last one."""

    words: int
    cuts: int
    each: int
    last: int


@kernel
def cuts_of(rows: int, of_row: int, row_bytes: int, word_bytes: int) -> Cuts:
    """Return the cuts of ``rows`` rows, ``of_row`` each."""
    words, cuts = ceil_div(rows * row_bytes, word_bytes), rows * of_row
    each = min(cuts, ceil_div(of_row * word_bytes, row_bytes))
    last_bytes = rows * row_bytes - (words - 1) * word_bytes
    return Cuts(words, cuts, each, max(1, min(cuts, ceil_div(of_row * last_bytes, row_bytes))))


@kernel
def taking(beats: int, cuts: Cuts) -> int:
    """Return the clocks from the first beat to the last that a gearbox lets in: it holds two words."""
    return max(beats - 1, (cuts.words - _HELD_WORDS) * cuts.each)


@kernel
def bursts_of(moved: Pixels, shape: MachineShape) -> Bursts:
    """Return the bursts of a transfer whose runs begin at a word: none goes beyond a page."""
    run_bytes = ceil_div(moved.pixels * moved.pixel_bytes, moved.runs)
    of_run = ceil_div(run_bytes, shape.page_bytes)
    pixels_each = ceil_div(ceil_div(moved.pixels, moved.runs), of_run)
    return Bursts(moved.runs * of_run, moved.runs * ceil_div(run_bytes, shape.word_bytes), pixels_each)


@kernel
def _fill_asking(way: WayRow, pixels: int, bursts: Bursts, first_bits: int, window: float, beat: float) -> float:
    """Fill in how bursts are asked for, each ``window`` cycles or more behind the one that had its place before.

    Return the clocks from the first request to the last beat where none is outstanding before.
    """
    way["walk_cycles"] = WALK_CYCLES + first_bits + pixels
    each = bursts.beats * beat / bursts.bursts
    step = max(1.0, max(each, float(bursts.pixels_each)))
    turn = max(window, OUTSTANDING_BURSTS * step)
    way["bursts"], way["step_cycles"], way["turn_cycles"] = bursts.bursts, step, turn
    way["window_cycles"] = window
    windows, rest = (bursts.bursts - 1) // OUTSTANDING_BURSTS, (bursts.bursts - 1) % OUTSTANDING_BURSTS
    return windows * turn + rest * step + each - beat


@kernel
def fill_load(
    way: WayRow,
    moved: Pixels,
    bursts: Bursts,
    take_cycles: int,
    cuts: Cuts,
    gear_cycles: int,
    first_bits: int,
    port: Port,
    shape: MachineShape,
) -> None:
    """Fill in a load of ``moved`` in ``bursts``; ``gear_cycles`` pass from a cut to its word in the half."""
    joined = CUTTER_CYCLES + QUEUE_CYCLES + bursts.pixels_each - 1 + QUEUE_CYCLES
    way["lead_cycles"] = TOKEN_CYCLES + WALK_CYCLES + first_bits + joined + REQUEST_CYCLES
    answer = port.read_latency + (bursts.beats / bursts.bursts - 1) * port.beat
    asking = _fill_asking(way, moved.pixels, bursts, first_bits, REQUEST_CYCLES + answer + 1, port.beat)
    way["span_cycles"], way["answer_cycles"] = port.read_latency + asking, answer
    to_end = RAM_QUEUE_CYCLES + shape.packing + _WORD_CYCLES + gear_cycles + LOADED_CYCLES - 1
    way["take_cycles"] = take_cycles
    way["cut_cycles"] = take_cycles - taking(0, cuts) + cuts.cuts + to_end
    way["tail_cycles"] = to_end + cuts.last


@kernel
def groups_gear_cycles() -> int:
    """From a cut of activations to its groups in the half."""
    return PIECE_CYCLES + SPREAD_CYCLES


@kernel
def words_gear_cycles(cols: int, part: int) -> int:
    """From a cut of weights to its word in the half; a word of several cuts is collected."""
    return PIECE_CYCLES + (COLLECT_CYCLES if cols > part else 0)


@kernel
def fill_store(
    way: WayRow,
    moved: Pixels,
    bursts: Bursts,
    cuts: Cuts,
    first_bits: int,
    port: Port,
    shape: MachineShape,
) -> None:
    """Fill in a store of ``moved`` in ``bursts``: its sums are read, cut and packed while its bursts are walked."""
    joined = CUTTER_CYCLES + QUEUE_CYCLES + bursts.pixels_each - 1 + QUEUE_CYCLES
    way["lead_cycles"] = TOKEN_CYCLES + WALK_CYCLES + first_bits + joined
    begins = QUEUE_CYCLES + CUTTER_CYCLES + shape.rotation
    packed = BUFFER_CYCLES + NARROW_CYCLES + cuts.each - 1 + shape.packing
    way["packed_cycles"] = TOKEN_CYCLES + packed + shape.rotation
    moved_by = begins + (bursts.beats / bursts.bursts - 1) * port.beat
    asking = _fill_asking(way, moved.pixels, bursts, first_bits, moved_by + port.write_latency + 1, port.beat)
    way["span_cycles"], way["answer_cycles"] = begins + asking, moved_by
    way["cut_cycles"] = cuts.cuts
    way["tail_cycles"] = STORE_DONE_CYCLES
