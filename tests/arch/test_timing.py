"""The timing contract against a systolic array stepped cycle by cycle, and against counting by hand."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_array import run_output_stationary, run_weight_stationary

import arch.timing as timing

small = st.integers(1, 3)


def matrix(rows: int, cols: int, seed: int) -> list[list[int]]:
    generator = random.Random(seed)
    return [[generator.randint(-9, 9) for _ in range(cols)] for _ in range(rows)]


@pytest.mark.parametrize("chain", [True, False])
@settings(max_examples=40, deadline=None)
@given(
    rows=small,
    cols=small,
    slots=st.integers(1, 5),
    adder_stages=st.integers(1, 4),
    spare=st.integers(0, 3),
    multiplier_stages=st.integers(0, 2),
    seed=st.integers(0, 99),
)
def test_an_os_tile_takes_its_issue_and_its_tail(
    chain: bool,
    rows: int,
    cols: int,
    slots: int,
    adder_stages: int,
    spare: int,
    multiplier_stages: int,
    seed: int,
) -> None:
    interleave = adder_stages + spare
    activations = [matrix(rows, slots, seed + i) for i in range(interleave)]
    weights = [matrix(cols, slots, seed + 50 + i) for i in range(interleave)]
    run = run_output_stationary(
        activations,
        weights,
        interleave=interleave,
        adder_stages=adder_stages,
        multiplier_stages=multiplier_stages,
        chain=chain,
    )
    assert run.results == {
        (r, c, i): sum(a * w for a, w in zip(activations[i][r], weights[i][c], strict=True))
        for r in range(rows)
        for c in range(cols)
        for i in range(interleave)
    }
    issue = timing.os_issue_cycles(slots, interleave, adder_stages)
    tail = timing.os_tail_cycles(rows, cols, interleave, adder_stages, multiplier_stages, chain)
    assert run.cycles == issue + tail


@settings(max_examples=20, deadline=None)
@given(rows=small, cols=small, slots=st.integers(1, 4), adder_stages=st.integers(2, 5), data=st.data())
def test_a_ring_longer_than_the_interleave_is_counted_as_a_whole_turn_a_slot(
    rows: int, cols: int, slots: int, adder_stages: int, data: st.DataObject
) -> None:
    interleave = data.draw(st.integers(1, adder_stages - 1))
    ones = [[[1] * slots for _ in range(rows)] for _ in range(interleave)]
    others = [[[1] * slots for _ in range(cols)] for _ in range(interleave)]
    run = run_output_stationary(
        ones, others, interleave=interleave, adder_stages=adder_stages, multiplier_stages=0, chain=False
    )
    issue = timing.os_issue_cycles(slots, interleave, adder_stages)
    tail = timing.os_tail_cycles(rows, cols, interleave, adder_stages, 0, 0)
    # The last turn's empty places need not be waited for: the contract is safe by just these cycles.
    assert issue + tail - run.cycles == adder_stages - interleave


@settings(max_examples=40, deadline=None)
@given(
    rows=small,
    cols=small,
    streamed=st.integers(1, 6),
    adder_stages=st.integers(1, 4),
    multiplier_stages=st.integers(0, 2),
    seed=st.integers(0, 99),
)
def test_a_ws_tile_takes_its_load_its_stream_and_its_tail(
    rows: int, cols: int, streamed: int, adder_stages: int, multiplier_stages: int, seed: int
) -> None:
    activations, weights = matrix(streamed, rows, seed), matrix(rows, cols, seed + 1)
    load, run = run_weight_stationary(
        activations, weights, adder_stages=adder_stages, multiplier_stages=multiplier_stages
    )
    assert run.results == {
        (m, c): sum(activations[m][r] * weights[r][c] for r in range(rows))
        for m in range(streamed)
        for c in range(cols)
    }
    assert load.cycles == timing.ws_load_cycles(rows)
    tail = timing.ws_tail_cycles(rows, cols, adder_stages, multiplier_stages)
    assert run.cycles == streamed + tail


@settings(max_examples=20, deadline=None)
@given(rows=small, adder_stages=st.integers(1, 4), multiplier_stages=st.integers(0, 2))
def test_a_sum_is_out_of_its_column_after_the_psum_cycles(rows: int, adder_stages: int, multiplier_stages: int) -> None:
    _, run = run_weight_stationary(
        [[1] * rows], [[1] for _ in range(rows)], adder_stages=adder_stages, multiplier_stages=multiplier_stages
    )
    assert run.cycles == timing.ws_psum_cycles(rows, adder_stages, multiplier_stages)


@settings(max_examples=100, deadline=None)
@given(length=st.integers(0, 200), m=st.sampled_from((1, 2, 4, 8, 16, 32)), data=st.data())
def test_slots_are_what_top_n_of_each_group_keeps(length: int, m: int, data: st.DataObject) -> None:
    n = data.draw(st.integers(1, m))
    groups = [min(m, length - start) for start in range(0, length, m)]
    assert timing.slots_of(length, n, m) == sum(min(n, group) for group in groups)


def test_n_equal_to_m_keeps_every_element() -> None:
    assert [timing.slots_of(length, 8, 8) for length in range(30)] == list(range(30))


def test_the_chain_is_busy_for_each_word_out_and_again_for_each_partial_sum_in() -> None:
    assert timing.os_chain_cycles(4, 8, 1, 0) == 32
    assert timing.os_chain_cycles(4, 8, 1, 1) == 64


def test_a_direct_drain_has_no_chain() -> None:
    assert timing.os_chain_cycles(4, 8, 0, 1) == 0
    assert timing.os_tail_cycles(4, 4, 8, 1, 0, 0) == 6


def test_a_lane_takes_an_element_a_cycle_and_a_lane_of_sore_a_group() -> None:
    assert [timing.lane_cycles(elements, 4) for elements in (0, 1, 4, 6)] == [0, 0.25, 1, 1.5]
    assert [timing.sore_cycles(elements, 8, 2) for elements in (0, 8, 16, 40)] == [0, 0.5, 1, 2.5]
