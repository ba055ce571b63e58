"""The timing contract against arrays stepped register by register, and against counting by hand.

What the contract calls the shortest is tried one cycle shorter, too: it must then go wrong.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

import naive_textbook as textbook
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from naive_array import Array
from naive_program import Instruction, expected, os_tile, run, works, ws_tile

import heddle.arch.timing as timing

whole_arrays = st.builds(
    Array,
    rows=st.integers(1, 3),
    cols=st.integers(1, 3),
    interleave=st.integers(1, 5),
    adder_stages=st.integers(1, 4),
    multiplier_stages=st.integers(0, 3),
)
#: Over one die, and over two or three.
arrays = st.builds(
    lambda array, cuts: replace(array, cuts=frozenset(cut for cut in cuts if cut < array.rows)),
    whole_arrays,
    st.frozensets(st.integers(1, 2)),
)
small = st.integers(1, 4)
draws = st.integers(0, 99).map(Random)


def os_issue(array: Array, slots: int) -> int:
    return timing.os_issue_cycles(slots, array.interleave, array.adder_stages)


def os_interval(array: Array, slots: int) -> int:
    return max(os_issue(array, slots), timing.os_drain_cycles(array.rows, array.interleave, 1))


def os_tail(array: Array, chain: int = 1) -> int:
    extents = array.rows, array.cols, len(array.cuts)
    return timing.os_tail_cycles(*extents, array.interleave, array.adder_stages, array.multiplier_stages, chain)


def ws_interval(array: Array, rows_streamed: int, tiles_apart: int = 0) -> int:
    extents = array.rows, array.cols, len(array.cuts)
    depths = array.adder_stages, array.multiplier_stages
    return timing.ws_interval_cycles(rows_streamed, *extents, *depths, 1, tiles_apart)


def ws_tail(array: Array, chain: int = 1) -> int:
    extents = array.rows, array.cols, len(array.cuts)
    return timing.ws_tail_cycles(*extents, array.adder_stages, array.multiplier_stages, chain)


def os_parts(array: Array, tiles: int, slots: tuple[int, int], wait: int, draw: Random) -> list[Instruction]:
    """An instruction, and one that goes on from its sums after ``wait``."""
    words = array.rows * array.interleave
    first = [os_tile(array, slots[0], draw) for _ in range(tiles)]
    second = [os_tile(array, slots[1], draw, range(i * words, (i + 1) * words)) for i in range(tiles)]
    intervals = [os_interval(array, part) for part in slots]
    return [Instruction(first, intervals[0]), Instruction(second, intervals[1], wait)]


def ws_folds(array: Array, rows_streamed: int, folds: int, columns: int, interval: int, draw: Random) -> Instruction:
    """Fold after fold, each over all column tiles, which go on from the sums of the fold before."""
    tiles = [ws_tile(array, rows_streamed, draw) for _ in range(columns)]
    for tile in range((folds - 1) * columns):
        tiles.append(ws_tile(array, rows_streamed, draw, range(tile * rows_streamed, (tile + 1) * rows_streamed)))
    return Instruction(tiles, interval)


def settle(array: Array, tiles: int) -> int:
    extents = array.rows, array.cols, len(array.cuts)
    depths = array.adder_stages, array.multiplier_stages
    return timing.os_settle_cycles(tiles, *extents, array.interleave, *depths, 1)


@settings(max_examples=60, deadline=None)
@given(array=arrays, slots=small, tiles=small, draw=draws)
def test_os_tiles_one_after_another_take_their_intervals_and_the_last_one_its_issue_and_tail(
    array: Array, slots: int, tiles: int, draw: Random
) -> None:
    interval = os_interval(array, slots)
    program = [Instruction([os_tile(array, slots, draw) for _ in range(tiles)], interval)]
    found = run(array, program)
    assert found.results == expected(program)
    last_start = timing.DISPATCH_CYCLES + (tiles - 1) * interval
    assert found.cycles == last_start + os_issue(array, slots) + os_tail(array)


@settings(max_examples=40, deadline=None)
@given(array=arrays, slots=small, draw=draws)
def test_os_tiles_do_not_come_closer_than_their_issue_and_their_drain(array: Array, slots: int, draw: Random) -> None:
    tiles = [os_tile(array, slots, draw) for _ in range(2)]
    assert not works(array, [Instruction(tiles, os_interval(array, slots) - 1)])


@settings(max_examples=40, deadline=None)
@given(array=arrays, slots=st.tuples(small, small), tiles=st.integers(1, 3), draw=draws)
def test_an_os_instruction_that_goes_on_from_partial_sums_waits_until_they_have_settled(
    array: Array, slots: tuple[int, int], tiles: int, draw: Random
) -> None:
    wait = settle(array, tiles) + timing.os_lead_cycles(array.rows, array.interleave)
    program = os_parts(array, tiles, slots, wait, draw)
    found = run(array, program)
    assert found.results == expected(program)
    intervals = [os_interval(array, part) for part in slots]
    last_start = 2 * timing.DISPATCH_CYCLES + tiles * intervals[0] + wait + (tiles - 1) * intervals[1]
    assert found.cycles == last_start + os_issue(array, slots[1]) + os_tail(array)


@settings(max_examples=40, deadline=None)
@given(array=arrays.filter(lambda array: array.interleave >= array.adder_stages), tiles=st.integers(1, 2), draw=draws)
def test_the_wait_for_sums_to_settle_is_the_shortest(array: Array, tiles: int, draw: Random) -> None:
    assume(settle(array, tiles) > 0)
    # As many slots as rows: a tile enters as fast as it drains. Longer ones settle while they enter.
    too_short = settle(array, tiles) - 1 + timing.os_lead_cycles(array.rows, array.interleave)
    assert not works(array, os_parts(array, tiles, (array.rows, array.rows), too_short, draw))


@settings(max_examples=60, deadline=None)
@given(array=arrays, rows_streamed=st.integers(1, 12), tiles=small, draw=draws)
def test_ws_tiles_one_after_another_take_their_intervals_and_the_last_one_its_rows_and_tail(
    array: Array, rows_streamed: int, tiles: int, draw: Random
) -> None:
    interval = ws_interval(array, rows_streamed)
    program = [Instruction([ws_tile(array, rows_streamed, draw) for _ in range(tiles)], interval)]
    found = run(array, program)
    assert found.results == expected(program)
    assert found.cycles == timing.DISPATCH_CYCLES + (tiles - 1) * interval + rows_streamed + ws_tail(array)


@settings(max_examples=60, deadline=None)
@given(array=arrays, rows_streamed=st.integers(1, 30), folds=small, columns=small, draw=draws)
def test_ws_folds_take_the_sums_of_the_fold_before_as_soon_as_they_are_out(
    array: Array, rows_streamed: int, folds: int, columns: int, draw: Random
) -> None:
    interval = ws_interval(array, rows_streamed, columns)
    program = [ws_folds(array, rows_streamed, folds, columns, interval, draw)]
    found = run(array, program)
    assert found.results == expected(program)
    last_start = timing.DISPATCH_CYCLES + (folds * columns - 1) * interval
    assert found.cycles == last_start + rows_streamed + ws_tail(array)


@settings(max_examples=40, deadline=None)
@given(array=arrays, rows_streamed=st.integers(1, 30), columns=small, draw=draws)
def test_ws_tiles_do_not_come_closer_than_their_rows_their_weights_or_their_sums(
    array: Array, rows_streamed: int, columns: int, draw: Random
) -> None:
    apart = [ws_tile(array, rows_streamed, draw) for _ in range(2)]
    assert not works(array, [Instruction(apart, ws_interval(array, rows_streamed) - 1)])
    too_short = ws_interval(array, rows_streamed, columns) - 1
    assert not works(array, [ws_folds(array, rows_streamed, 2, columns, too_short, draw)])


@settings(max_examples=40, deadline=None)
@given(array=whole_arrays, slots=small, draw=draws)
def test_an_os_tile_of_the_textbook_takes_its_issue_and_its_tail(array: Array, slots: int, draw: Random) -> None:
    tile = os_tile(array, slots, draw)
    found = textbook.run_output_stationary(tile, array.adder_stages, array.multiplier_stages)
    assert found.results == {
        (r, c, i): sum(a * w for a, w in zip(row, col, strict=True))
        for i, (rows, cols) in enumerate(zip(tile.activations, tile.weights, strict=True))
        for r, row in enumerate(rows)
        for c, col in enumerate(cols)
    }
    assert found.cycles == os_issue(array, slots) + os_tail(array, chain=0)


@settings(max_examples=40, deadline=None)
@given(array=whole_arrays, rows_streamed=st.integers(1, 6), draw=draws)
def test_a_ws_tile_of_the_textbook_takes_its_load_its_rows_and_its_tail(
    array: Array, rows_streamed: int, draw: Random
) -> None:
    tile = ws_tile(array, rows_streamed, draw)
    load_cycles, found = textbook.run_weight_stationary(tile, array.adder_stages, array.multiplier_stages)
    words = tile.sums([])
    assert found.results == {(m, c): words[m][c] for m in range(rows_streamed) for c in range(array.cols)}
    assert load_cycles == timing.ws_load_cycles(array.rows, 0)
    assert found.cycles == rows_streamed + ws_tail(array, chain=0)


@settings(max_examples=20, deadline=None)
@given(array=whole_arrays, draw=draws)
def test_a_sum_is_out_of_a_textbook_column_after_the_psum_cycles(array: Array, draw: Random) -> None:
    column = replace(array, cols=1)
    _, found = textbook.run_weight_stationary(ws_tile(column, 1, draw), array.adder_stages, array.multiplier_stages)
    assert found.cycles == timing.ws_psum_cycles(array.rows, 0, array.adder_stages, array.multiplier_stages, 0)


@settings(max_examples=100, deadline=None)
@given(length=st.integers(0, 200), m=st.sampled_from((1, 2, 4, 8, 16, 32)), data=st.data())
def test_slots_are_what_top_n_of_each_group_keeps(length: int, m: int, data: st.DataObject) -> None:
    n = data.draw(st.integers(1, m))
    groups = [min(m, length - start) for start in range(0, length, m)]
    assert timing.slots_of(length, n, m) == sum(min(n, group) for group in groups)


def test_n_equal_to_m_keeps_every_element() -> None:
    assert [timing.slots_of(length, 8, 8) for length in range(30)] == list(range(30))


def test_a_ring_is_as_long_as_its_outputs_or_the_adder() -> None:
    assert [timing.ring_cycles(interleave, 4) for interleave in (1, 4, 9)] == [4, 4, 9]


def test_the_textbook_has_no_chain_to_drain_and_nothing_to_settle() -> None:
    assert timing.os_drain_cycles(4, 8, 0) == 0
    assert timing.os_settle_cycles(1, 4, 4, 0, 8, 1, 0, 0) == 0
    assert timing.os_tail_cycles(4, 4, 0, 8, 1, 0, 0) == 6


def test_weights_of_the_rtl_come_while_a_tile_streams() -> None:
    assert timing.ws_load_cycles(32, 1) == 0


def test_a_lane_takes_an_element_a_cycle_and_a_lane_of_sore_a_group() -> None:
    assert [timing.lane_cycles(elements, 4) for elements in (0, 1, 4, 6)] == [0, 0.25, 1, 1.5]
    assert [timing.sore_cycles(elements, 8, 2) for elements in (0, 8, 16, 40)] == [0, 0.5, 1, 2.5]
