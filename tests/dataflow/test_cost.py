"""The closed-form cost: bursts, tile bytes and instruction cycles, each against the plainest count."""

from __future__ import annotations

import naive_mapping as naive
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import SMALL, TINY, machines, steps

from arch.design import Design
from arch.design_io import override
from arch.timing import DISPATCH_CYCLES
from dataflow.cost import (
    burst_bytes,
    instruction_cycles,
    left_load_bytes,
    out_store_bytes,
    right_load_bytes,
    tile_elements,
)
from dataflow.products import ProductPass, TrainingStep
from dataflow.tables import machine_row, product_rows


def test_every_run_moves_whole_bursts() -> None:
    assert burst_bytes(1, 1) == 64
    assert burst_bytes(64, 1) == 64
    assert burst_bytes(65, 1) == 128
    assert burst_bytes(65, 5) == 5 * 64


def test_a_dense_tile_of_a_1x1_convolution_is_pixels_times_channels() -> None:
    assert tile_elements(6, 16, 1, 0, 1.0, 0.0) == 96
    assert tile_elements(16, 6, 1, 1, 1.0, 0.0) == 96


def test_a_tile_of_a_3x3_convolution_is_raw_pixels_with_their_halo_and_not_spread_over_taps() -> None:
    # 100 positions of a map 10 wide touch 100 pixels and two more rows, in 8 channels.
    assert tile_elements(100, 9 * 8, 9, 0, 1.0, 20.0) == 120 * 8


def test_a_tile_never_takes_more_than_it_has_spread_out() -> None:
    assert tile_elements(1, 9, 9, 0, 1.0, 100.0) == 9


def test_the_last_k_part_of_a_packed_operand_counts_its_own_slots() -> None:
    machine = machine_row(TINY)[0]
    slots = [instruction_cycles(machine, 0, 2, 2, 8, 8, slots, 0) for slots in (64, 65)]
    assert slots[1] - slots[0] == TINY.array.interleave


def test_an_os_instruction_that_does_not_accumulate_is_bound_by_issue_or_chain() -> None:
    machine = machine_row(SMALL)[0]
    rows, interleave = SMALL.array.rows, SMALL.array.interleave
    few, many = (instruction_cycles(machine, 0, 1, 8, 8, 64, slots, 0) for slots in (1, 100))
    assert few == DISPATCH_CYCLES + rows * interleave
    assert many == DISPATCH_CYCLES + 100 * interleave


def test_a_ws_instruction_of_one_fold_waits_for_its_rows_and_of_several_for_their_sums() -> None:
    machine = machine_row(SMALL)[0]
    array = SMALL.array
    one = instruction_cycles(machine, 1, 1, 1, 100, 8, 8, 0)
    short = instruction_cycles(machine, 1, 1, 1, 3, 8, 8, 0)
    folded = instruction_cycles(machine, 1, 1, 1, 3, 8, 16, 0)
    assert one == DISPATCH_CYCLES + 100
    assert short == DISPATCH_CYCLES + array.rows
    assert folded == DISPATCH_CYCLES + 2 * (array.rows * array.adder_stages + array.multiplier_stages)


@settings(max_examples=60, deadline=None)
@given(step=steps(), data=st.data())
def test_the_bytes_of_any_tile_are_those_counted_pixel_by_pixel(step: TrainingStep, data: st.DataObject) -> None:
    products = [p for item in step.items if isinstance(item, ProductPass) for p in item.products]
    for product in products:
        row = product_rows([product])[0]
        m, n = data.draw(st.integers(1, product.m)), data.draw(st.integers(1, product.n))
        k = data.draw(st.integers(1, product.k))
        assert left_load_bytes(row, m, k) == naive.left_transfer(product, m, k)
        assert right_load_bytes(row, n, k) == naive.right_transfer(product, n, k)
        assert out_store_bytes(row, m, n) == naive.out_transfer(product, m, n)


@settings(max_examples=100, deadline=None)
@given(
    design=machines(),
    sizes=st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(1, 60)),
    accumulates=st.booleans(),
    data=st.data(),
)
def test_an_instruction_takes_the_sum_of_its_array_tiles(
    design: Design, sizes: tuple[int, int, int], accumulates: bool, data: st.DataObject
) -> None:
    m, n, slots = sizes
    dataflow = data.draw(st.sampled_from(design.array.dataflows))
    split = data.draw(st.sampled_from(design.array.interleave_pairs)) if dataflow == "os" else (1, 1)
    tiling = naive.Tiling(dataflow, split, True, m, n, slots)
    cycles = instruction_cycles(machine_row(design)[0], dataflow == "ws", *split, m, n, slots, accumulates)
    assert cycles == naive.instruction(design, tiling, m, n, slots, accumulates)


@pytest.mark.parametrize("dataflow", ["os", "ws"])
def test_without_overlap_an_instruction_is_never_faster(dataflow: str) -> None:
    apart = override(SMALL, {"array.overlap_tiles": False})
    for m, n, slots in ((8, 8, 8), (64, 64, 3), (100, 9, 50)):
        cycles = [
            instruction_cycles(machine_row(design)[0], dataflow == "ws", 2, 4, m, n, slots, 0)
            for design in (SMALL, apart)
        ]
        assert cycles[0] <= cycles[1]
