"""Which commands the array refuses: each rule at its bound, and none of the commands that products are made of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from heddle.arch.boards import load_board
from heddle.arch.command_rules import EMPTY, Refusal, left_by, refusal_of
from heddle.arch.design_io import load_design
from heddle.arch.isa import ArrayCommand
from heddle.dataflow.program.parts import product_parts
from heddle.dataflow.scheduler import schedule_products, with_dataflow
from heddle.dataflow.step_items import Operand, Product

# tiny: 4 x 4, M = 4, I = 4, two adder stages, one multiplier stage.
DESIGN = load_design("tiny")
ARRAY, M = DESIGN.array, DESIGN.sparsity.m
ZEROS = ArrayCommand.decode(0)
#: Five slots in turns of four: 20 steps.
OS = replace(ZEROS, length=5, tiles=3, interval=20, group_slots=2, interleave_cols=2)
#: 24 is the interval of two column tiles whose sums come back: half of 1 + 23 + ... steps (docs/hls.md).
WS = replace(ZEROS, ws=1, length=9, tiles=6, interval=12, fresh_tiles=2)


def refused(command: ArrayCommand, **changes: int) -> Refusal:
    return refusal_of(replace(command, **changes), ARRAY, M)


@pytest.mark.parametrize("command", [OS, WS])
def test_what_keeps_the_rules_is_not_refused_and_zeros_are(command: ArrayCommand) -> None:
    assert refused(command) is Refusal.NONE
    assert refused(command, tiles=0) is Refusal.TILES
    assert refused(command, length=0) is Refusal.LENGTH
    assert refused(command, interval=0) is Refusal.INTERVAL


def test_an_interval_in_os_holds_the_tile_s_issue_and_its_results() -> None:
    assert refused(OS, interval=19) is Refusal.INTERVAL
    assert refused(OS, length=1, interval=16) is Refusal.NONE
    assert refused(OS, length=1, interval=15) is Refusal.INTERVAL  # 4 x 4 results a tile


def test_an_interval_in_ws_holds_the_rows_the_weights_and_the_way_of_sums_that_come_back() -> None:
    assert refused(WS, interval=11) is Refusal.INTERVAL
    assert refused(WS, tiles=2, interval=10) is Refusal.NONE  # nothing comes back
    assert refused(WS, tiles=2, interval=9, length=1) is Refusal.INTERVAL  # 3 rows of 3 steps, and one
    assert refused(WS, tiles=2, interval=11, reload=1) is Refusal.INTERVAL
    assert refused(WS, length=13) is Refusal.INTERVAL


def test_groups_and_shared_outputs_are_those_of_the_design() -> None:
    assert [refused(OS, group_slots=slots) for slots in (0, 4, 5)] == [
        Refusal.GROUP_SLOTS,
        Refusal.NONE,
        Refusal.GROUP_SLOTS,
    ]
    fitting = [cols for cols in range(128) if refused(OS, interleave_cols=cols) is Refusal.NONE]
    assert fitting == [1, 2, 4]
    assert refused(WS, group_slots=0, interleave_cols=0) is Refusal.NONE


def test_fresh_tiles_are_among_the_tiles() -> None:
    assert [refused(WS, fresh_tiles=fresh) for fresh in (0, 7)] == [Refusal.FRESH_TILES] * 2
    assert refused(OS, fresh_tiles=0) is Refusal.NONE


def test_a_dataflow_that_the_design_lacks_is_refused() -> None:
    os_only, ws_only = (with_dataflow(DESIGN, name).array for name in ("os", "ws"))
    assert refusal_of(WS, os_only, M) is Refusal.DATAFLOW
    assert refusal_of(OS, ws_only, M) is Refusal.DATAFLOW


def test_fewer_slots_than_the_instruction_before_wait_until_its_results_are_out() -> None:
    left = left_by(OS, ARRAY)  # its last tile ends with its issue, and its 16 results begin 4 steps before that
    short = replace(OS, length=1, interval=16)
    assert refusal_of(short, ARRAY, M, left) is Refusal.SETTLE
    assert refusal_of(replace(short, settle=11), ARRAY, M, left) is Refusal.SETTLE
    assert refusal_of(replace(short, settle=12), ARRAY, M, left) is Refusal.NONE
    assert refusal_of(replace(short, length=4), ARRAY, M, left) is Refusal.NONE


def test_partial_sums_are_not_asked_for_before_they_can_be_there() -> None:
    one_tile = left_by(replace(OS, tiles=1), ARRAY)
    reloads = replace(OS, reload=1)
    assert refusal_of(replace(reloads, settle=9), ARRAY, M, one_tile) is Refusal.SETTLE
    assert refusal_of(replace(reloads, settle=10), ARRAY, M, one_tile) is Refusal.NONE
    assert refusal_of(reloads, ARRAY, M, left_by(OS, ARRAY)) is Refusal.NONE
    never_back = left_by(replace(WS, tiles=2, interval=10), ARRAY)
    assert refusal_of(replace(WS, reload=1), ARRAY, M, never_back) is Refusal.RELOAD
    assert refusal_of(replace(WS, reload=1), ARRAY, M, left_by(WS, ARRAY)) is Refusal.NONE


@pytest.mark.parametrize("dataflow", ["os", "ws"])
@pytest.mark.parametrize("preset", ["tiny", "small", "sat-vcu1525"])
def test_no_command_of_a_product_is_refused(preset: str, dataflow: str) -> None:
    design = with_dataflow(load_design(preset), dataflow)
    board = load_board(design.board)
    reloads = 0
    for m, k, n in ((1, 1, 1), (37, 5000, 9), (1, 9000, 70), (300, 33, 200)):
        product = Product(m, k, n, left=Operand(), right=Operand(tiled=True))
        (schedule,) = schedule_products((product,), design, board)
        left = EMPTY
        for part in product_parts(schedule, design, board):
            assert refusal_of(part.command, design.array, design.sparsity.m, left) is Refusal.NONE
            left = left_by(part.command, design.array)
            reloads += part.command.reload
    assert reloads or preset == "sat-vcu1525"
