"""Cases in which the sequencer's counters pass half of what they can count to.

A counter of 24 or 32 bits takes hours of simulation to get there. So a product of few steps is told as one of very
many, and where nothing but a counter would move for a long time the bench sets the counter ahead
(``heddle.verify.cases.Jump``), to just below half of its range. What is left is the few steps, on all of whose words
and cycles the case insists.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from heddle.arch.boards import Board
from heddle.arch.design import ArrayConfig, Dataflow, Design, SparsityConfig
from heddle.arch.isa import COUNT_BITS, INTERVAL_BITS, ArrayCommand
from heddle.arch.timing import os_lead_cycles, ring_cycles, ws_row_steps
from heddle.verify.cases import NONE, Case, Jump
from heddle.verify.operands import Extents
from heddle.verify.product_cases import ProductRun, run_case

#: The registers of jumps: the module below the top one, by the end of its name, and the register.
JUMPING_REGISTERS = (
    ("sequencer", "phase"),
    ("sequencer", "tile"),
    ("sequencer", "prologue_left"),
    ("os_steps", "slot"),
)
_PHASE, _TILE, _PROLOGUE, _SLOT = (
    "core.sequencer.phase",
    "core.sequencer.tile",
    "core.sequencer.prologue_left",
    "core.sequencer.os_steps.slot",
)

_HALF_COUNT = 1 << (COUNT_BITS - 1)
_HALF_INTERVAL = 1 << (INTERVAL_BITS - 1)
#: Of the prologue's counter, which holds a settle and the lead.
_HALF_PROLOGUE = 1 << COUNT_BITS
#: Steps that are taken on either side of a counter's half.
_FEW = 4
_TILES = 3


def half_range_case(design: Design, dataflow: Dataflow, board: Board, seed: int) -> Case:
    """Return a product of one command whose every count is above half of its counter's range."""
    array, group_m = design.array, design.sparsity.m
    if dataflow == "os":
        extents = Extents(_TILES * array.rows * array.interleave, 2 * group_m + _FEW, array.cols)
    else:
        extents = Extents(_weight_steps(array) + 2 * _FEW, 2 * array.rows, _TILES * array.cols)
    run = ProductRun(extents, SparsityConfig(n=group_m, m=group_m), dataflow, seed=seed)
    # Neither buffers nor DRAM cut it into several commands then: the array's RTL knows nothing of them.
    endless = design.memory.model_copy(update={"unlimited": True})
    case = run_case(run, design.model_copy(update={"memory": endless}), board)
    return _very_long_os(case, array) if dataflow == "os" else _very_long_ws(case, array)


def _weight_steps(array: ArrayConfig) -> int:
    """Steps of a WS tile in which weights still enter."""
    return array.rows * ws_row_steps(array.adder_stages)


def _very_long_ws(case: Case, array: ArrayConfig) -> Case:
    """More activation rows a tile, more tiles, a longer interval."""
    command, at = _only_command(case), _weight_steps(array)
    rows, tiles = _HALF_COUNT - _FEW - at, _HALF_COUNT - _TILES + 1
    longer = replace(
        command,
        length=command.length + rows,
        tiles=command.tiles + tiles,
        fresh_tiles=command.fresh_tiles + tiles,
        interval=_HALF_INTERVAL + _FEW,
    )
    jumps = (
        Jump(_PHASE, at, {_PHASE: at + rows}),
        Jump(_PHASE, command.interval + rows, {_PHASE: _HALF_INTERVAL - _FEW}),
        Jump(_TILE, 1, {_TILE: 1 + tiles}),
    )
    return _told(case, longer, jumps, (command.tiles - 1) * 2 * _FEW)


def _very_long_os(case: Case, array: ArrayConfig) -> Case:
    """More slots a tile, more tiles, a longer interval and a longer settle; sums go on from zeros that are given."""
    command = _only_command(case)
    ring, lead = ring_cycles(array.interleave, array.adder_stages), os_lead_cycles(array.rows, array.interleave)
    slots = (_HALF_COUNT // command.group_slots - 1) * command.group_slots  # whole groups are left out
    tiles = _HALF_COUNT - _TILES + 1
    longer = replace(
        command,
        reload=1,
        length=command.length + slots,
        tiles=command.tiles + tiles,
        fresh_tiles=command.fresh_tiles + tiles,
        interval=_HALF_INTERVAL + lead + 2 * _FEW,  # the next tile's partial sums come in beyond the half
        settle=(1 << COUNT_BITS) - 1,
    )
    jumps = (
        Jump(_PROLOGUE, _HALF_PROLOGUE - _FEW, {_PROLOGUE: lead + 1}),  # with the lead partial sums come in
        Jump(_PHASE, ring, {_PHASE: ring + ring * slots, _SLOT: 1 + slots}),
        Jump(_PHASE, command.interval + ring * slots, {_PHASE: _HALF_INTERVAL - _FEW}),
        Jump(_TILE, 1, {_TILE: 1 + tiles}),
    )
    zeros = np.zeros((command.tiles * array.rows * array.interleave, case.inputs[3].words.shape[1]), np.uint8)
    partial = replace(case.inputs[3], words=zeros, source=np.full(len(zeros), NONE))
    prologue, idle = 2 * lead + _FEW, (command.tiles - 1) * (lead + 3 * _FEW)
    given = replace(case, inputs=(*case.inputs[:3], partial))
    return _told(given, longer, jumps, prologue + idle)


def _only_command(case: Case) -> ArrayCommand:
    (word,) = case.inputs[0].words
    return ArrayCommand.from_bytes(word.tobytes())


def _told(case: Case, command: ArrayCommand, jumps: tuple[Jump, ...], more_steps: int) -> Case:
    """``case`` with another command, which takes ``more_steps`` beside those left out."""
    words = np.array([list(command.to_bytes())], np.uint8)
    cycles = (case.sim_cycles or 0) + more_steps
    return replace(
        case,
        inputs=(replace(case.inputs[0], words=words), *case.inputs[1:]),
        sim_cycles=cycles,
        limit_cycles=case.limit_cycles + more_steps,
        jumps=jumps,
    )
