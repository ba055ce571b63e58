"""The closed-form cost: bursts, tile bytes and instruction cycles, each against the plainest count."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from random import Random

import naive_mapping as naive
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_array import Array
from naive_instruction import NaiveInstruction
from naive_program import Instruction, expected, os_tile, run, ws_tile
from samples import BOARD, SMALL, TINY, machines, steps

from heddle.arch.design import Design
from heddle.arch.design_io import override
from heddle.arch.timing import DISPATCH_CYCLES
from heddle.dataflow.cost import (
    ArrayTiles,
    array_tiles,
    in_bursts,
    instruction_cycles,
    left_load_bytes,
    operand_runs,
    out_store_bytes,
    reload_cycles,
    right_load_bytes,
    settle_cycles,
    tile_elements,
    tile_reach,
    whole_taps,
)
from heddle.dataflow.kernel_rows import machine_row, product_rows
from heddle.dataflow.step_items import Operand, Product, ProductPass, TrainingStep


def test_every_run_moves_whole_bursts() -> None:
    assert in_bursts(1, 1, 64) == 64
    assert in_bursts(64, 1, 64) == 64
    assert in_bursts(65, 1, 64) == 128
    assert in_bursts(65, 1, 32) == 96
    assert in_bursts(65, 5, 64) == 5 * 64


def elements_of(operand: Operand, outer: int, k: int, group: int = 1) -> int:
    row = product_rows([Product(1, 1, 1, operand, operand)])[0]
    return tile_elements(row["left"], outer, k, group)


def test_a_dense_tile_of_a_1x1_convolution_is_pixels_times_channels() -> None:
    assert elements_of(Operand(), 6, 16) == 96
    assert elements_of(Operand(pixels_on_k=True), 16, 6) == 96


def test_a_tile_of_a_3x3_convolution_is_raw_pixels_with_their_halo_and_not_spread_over_taps() -> None:
    # 100 positions of a map 10 wide touch 100 pixels and two more rows, in 8 channels.
    assert elements_of(Operand(taps=9, halo=20.0), 100, 9 * 8) == 120 * 8


def test_a_tile_takes_the_pixels_from_the_first_to_the_last_whatever_taps_it_meets() -> None:
    # Of 25 taps, 100 positions of a map 10 wide: the halo of all is four rows.
    operand = Operand(taps=25, halo=40.0)
    assert elements_of(operand, 1, 25) == 41
    assert elements_of(operand, 100, 5 * 8, group=8) == 140 * 8
    assert elements_of(operand, 100, 8, group=8) == 140 * 8
    assert elements_of(replace(operand, map_pixels=120), 100, 8, group=8) == 120 * 8


def test_rows_of_less_than_a_channel_s_taps_are_whole_taps_or_a_part_of_one() -> None:
    operand = Operand(taps=25, halo=40.0, pixels_on_k=True)
    row = product_rows([Product(25 * 8, 100, 1, operand, Operand())])[0]
    assert tile_reach(row["left"], 2 * 25, 100, 1) == (140, 2, 25)
    assert tile_reach(row["left"], 16, 100, 1) == (140, 8, 2)
    assert tile_reach(row["left"], 4, 100, 1) == (140, 4, 1)


@pytest.mark.parametrize(
    ("rows", "cut"),
    [(5000, 9 * 64), (600, 9 * 64), (575, 9 * 48), (150, 9 * 16), (100, 9 * 11), (9, 9), (8, 8), (5, 5)],
)
def test_rows_of_taps_x_channels_are_cut_between_channels_where_array_tiles_are_full(rows: int, cut: int) -> None:
    assert whole_taps(9, 64, rows, 16) == cut


def test_rows_of_fewer_channels_than_a_tile_has_are_whole_taps() -> None:
    assert whole_taps(49, 3, 32, 32) == 30
    assert whole_taps(49, 96, 40, 32) == 32  # a third of each tap's channels


def runs_of(operand: Operand, outer: int, k: int, all_k: int, group: int = 1) -> int:
    row = product_rows([Product(1, 1, 1, operand, operand)])[0]
    return operand_runs(row["left"], outer, 1000, k, all_k, group)


def test_a_tile_of_cut_taps_is_one_run_a_pixel_unless_it_takes_all_channels() -> None:
    sliding = Operand(taps=25, halo=40.0)
    assert runs_of(sliding, 100, 5 * 8, 25 * 16, group=8) == 140
    assert runs_of(sliding, 100, 5 * 8, 25 * 8, group=8) == 1


def test_pixels_that_do_not_follow_each_other_are_runs_of_their_own() -> None:
    assert runs_of(Operand(run_pixels=1), 100, 8, 8) == 100
    assert runs_of(Operand(run_pixels=7), 100, 8, 8) == 15
    assert runs_of(Operand(run_pixels=7), 100, 4, 8) == 100


def os_shape(design: Design, m: int, n: int, slots: int, accumulates: bool = False) -> ArrayTiles:
    """With the whole interleave over columns."""
    machine, interleave = machine_row(design, BOARD)[0], design.array.interleave
    return array_tiles(machine, 0, 1, interleave, m, n, slots, accumulates)


def ws_shape(design: Design, m: int, n: int, slots: int, accumulates: bool = False) -> ArrayTiles:
    return array_tiles(machine_row(design, BOARD)[0], 1, 1, 1, m, n, slots, accumulates)


def test_the_last_k_part_of_a_packed_operand_counts_its_own_slots() -> None:
    issues = [os_shape(TINY, 4, 16, slots).issue for slots in (64, 65)]
    assert issues[1] - issues[0] == TINY.array.interleave


def test_os_tiles_follow_one_another_as_fast_as_they_enter_or_leave() -> None:
    array = SMALL.array
    few, many = (os_shape(SMALL, 8, 64, slots) for slots in (1, 100))
    assert few.interval == array.rows * array.interleave
    assert many.interval == many.issue == 100 * array.interleave


def test_ws_tiles_of_one_fold_wait_for_rows_or_weights_and_those_of_several_for_their_sums() -> None:
    array = SMALL.array
    assert ws_shape(SMALL, 100, 8, 8).interval == 100
    assert ws_shape(SMALL, 3, 8, 8).interval == (array.rows - 1) * array.adder_stages + 1
    # Down the column, a register and an adder a row; the multiplier; across, and into the queue; and back.
    there = array.rows * (array.adder_stages + 1) + array.multiplier_stages + array.cols + 2
    folded, cut = ws_shape(SMALL, 3, 8, 16), ws_shape(SMALL, 3, 8, 8, accumulates=True)
    assert (folded.fresh, folded.tiles, folded.interval) == (1, 2, there + 1)
    assert (cut.fresh, cut.tiles, cut.interval) == (1, 1, there + 1)
    # Column tiles take turns while the sums are on their way: two of them wait for little more than their weights.
    in_turn = ws_shape(SMALL, 3, 2 * array.cols, 16)
    assert (in_turn.fresh, in_turn.tiles) == (2, 4)
    assert in_turn.interval == max((there + 2) // 2, (array.rows - 1) * array.adder_stages + 1)


def test_an_instruction_is_its_dispatch_and_its_tiles() -> None:
    shape = os_shape(SMALL, 16, 128, 100)
    assert shape.tiles == 4
    machine, interleave = machine_row(SMALL, BOARD)[0], SMALL.array.interleave
    assert instruction_cycles(machine, 0, shape, 0) == DISPATCH_CYCLES + 4 * 100 * interleave


def test_only_os_instructions_that_go_on_from_partial_sums_wait_for_them() -> None:
    machine = machine_row(SMALL, BOARD)[0]
    for ws, shape in ((0, os_shape(SMALL, 8, 8, 9, accumulates=True)), (1, ws_shape(SMALL, 8, 8, 9, accumulates=True))):
        first, second = (instruction_cycles(machine, ws, shape, reloads) for reloads in (0, 1))
        assert second - first == reload_cycles(machine, ws, shape.tiles)
        assert (second == first) == bool(ws)


def test_many_tiles_leave_nothing_to_settle_but_their_lead() -> None:
    machine, array = machine_row(SMALL, BOARD)[0], SMALL.array
    waits = [settle_cycles(machine, 0, tiles) for tiles in range(1, 9)]
    assert waits == sorted(waits, reverse=True)
    assert waits[0] > waits[-1] == 0
    assert reload_cycles(machine, 0, 8) == (array.rows - 1) * array.interleave


def test_without_overlap_the_sums_have_settled_when_the_next_instruction_is_taken() -> None:
    apart = override(SMALL, {"array.overlap_tiles": False})
    machine, array = machine_row(apart, BOARD)[0], apart.array
    assert settle_cycles(machine, 0, 1) == 0
    assert reload_cycles(machine, 0, 1) == (array.rows - 1) * array.interleave


@settings(max_examples=60, deadline=None)
@given(step=steps(), burst=st.sampled_from((16, 32, 64, 128)), data=st.data())
def test_the_bytes_of_any_tile_are_those_counted_pixel_by_pixel(
    step: TrainingStep, burst: int, data: st.DataObject
) -> None:
    products = [p for item in step.items if isinstance(item, ProductPass) for p in item.products]
    for product in products:
        row = product_rows([product])[0]
        m, n = data.draw(st.integers(1, product.m)), data.draw(st.integers(1, product.n))
        k = data.draw(st.integers(1, product.k))
        assert left_load_bytes(row, burst, m, k) == naive.left_transfer(product, burst, m, k)
        assert right_load_bytes(row, burst, n, k) == naive.right_transfer(product, burst, n, k)
        assert out_store_bytes(row, burst, m, n) == naive.out_transfer(product, burst, m, n)


@settings(max_examples=100, deadline=None)
@given(
    design=machines(),
    sizes=st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(1, 60)),
    is_cut=st.booleans(),
    data=st.data(),
)
def test_an_instruction_takes_the_sum_of_its_array_tiles(
    design: Design, sizes: tuple[int, int, int], is_cut: bool, data: st.DataObject
) -> None:
    dataflow = data.draw(st.sampled_from(design.array.dataflows))
    split = data.draw(st.sampled_from(design.array.interleave_pairs)) if dataflow == "os" else (1, 1)
    machine, ws = machine_row(design, BOARD)[0], dataflow == "ws"
    counted = NaiveInstruction(design, dataflow, split, *sizes, is_cut)
    shape = array_tiles(machine, ws, *split, *sizes, is_cut)
    assert shape.tiles == counted.tiles
    assert (shape.issue, shape.interval, shape.finish) == (counted.issue, counted.interval, counted.finish)
    for reloads in (False, True):
        assert instruction_cycles(machine, ws, shape, reloads) == counted.cycles(reloads)


def os_part(array: Array, shape: ArrayTiles, slots: int, wait: int, draw: Random, before: int) -> Instruction:
    """Tiles that go on from the ``shape.tiles`` tiles of results up to number ``before``, if there are any."""
    words = array.rows * array.interleave
    starts = [before - (shape.tiles - tile) * words for tile in range(shape.tiles)]
    tiles = [os_tile(array, slots, draw, range(start, start + words) if before else ()) for start in starts]
    return Instruction(tiles, shape.interval, wait)


def ws_part(array: Array, shape: ArrayTiles, m: int, draw: Random, before: int) -> Instruction:
    """Tiles that go on from the results ``shape.fresh`` tiles before them, if there are any."""
    starts = [before + (tile - shape.fresh) * m for tile in range(shape.tiles)]
    tiles = [ws_tile(array, m, draw, range(start, start + m) if start >= 0 else ()) for start in starts]
    return Instruction(tiles, shape.interval)


def built(design: Design) -> Array:
    """The naive array of a design."""
    array = design.array
    depths = array.adder_stages, array.multiplier_stages
    return Array(array.rows, array.cols, array.interleave, *depths, frozenset(array.slr_cuts))


@settings(max_examples=40, deadline=None)
@given(
    design=machines().filter(lambda design: design.array.drain == "chain" and "os" in design.array.dataflows),
    extents=st.tuples(st.integers(1, 16), st.integers(1, 16)),
    slots=st.lists(st.integers(1, 6), min_size=1, max_size=3).map(partial(sorted, reverse=True)),
    seed=st.integers(0, 99),
)
def test_the_os_parts_of_a_reduction_take_the_cycles_of_the_array_as_it_is_built(
    design: Design, extents: tuple[int, int], slots: list[int], seed: int
) -> None:
    array, machine, draw = built(design), machine_row(design, BOARD)[0], Random(seed)
    program, cycles = list[Instruction](), 0
    for part, part_slots in enumerate(slots):
        shape = os_shape(design, *extents, part_slots, len(slots) > 1)
        wait = reload_cycles(machine, 0, shape.tiles) if part else 0
        program.append(os_part(array, shape, part_slots, wait, draw, len(expected(program))))
        cycles += instruction_cycles(machine, 0, shape, part > 0)
    found = run(array, program)
    assert found.results == expected(program)
    assert found.cycles == cycles + shape.finish


@settings(max_examples=40, deadline=None)
@given(
    design=machines().filter(lambda design: design.array.drain == "chain"),
    extents=st.tuples(st.integers(1, 12), st.integers(1, 8)),
    slots=st.lists(st.integers(1, 9), min_size=1, max_size=3),
    seed=st.integers(0, 99),
)
def test_the_ws_parts_of_a_reduction_take_the_cycles_of_the_array_as_it_is_built(
    design: Design, extents: tuple[int, int], slots: list[int], seed: int
) -> None:
    array, machine, draw = built(design), machine_row(design, BOARD)[0], Random(seed)
    program, cycles = list[Instruction](), 0
    for part, part_slots in enumerate(slots):
        shape = ws_shape(design, *extents, part_slots, len(slots) > 1)
        program.append(ws_part(array, shape, extents[0], draw, len(expected(program))))
        cycles += instruction_cycles(machine, 1, shape, part > 0)
    found = run(array, program)
    assert found.results == expected(program)
    assert found.cycles == cycles + shape.finish


@pytest.mark.parametrize("dataflow", ["os", "ws"])
def test_without_overlap_an_instruction_is_never_faster(dataflow: str) -> None:
    apart, shape_of = override(SMALL, {"array.overlap_tiles": False}), {"os": os_shape, "ws": ws_shape}[dataflow]
    for m, n, slots in ((8, 8, 8), (64, 64, 3), (100, 9, 50)):
        overlapped, in_turn = (
            instruction_cycles(machine_row(design, BOARD)[0], dataflow == "ws", shape_of(design, m, n, slots), 0)
            for design in (SMALL, apart)
        )
        assert overlapped <= in_turn
