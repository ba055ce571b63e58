"""The mapping space: what the compiled search keeps of it, against its naive twin that walks every tile."""

from __future__ import annotations

import naive_mapping as naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import BOARD, TINY, boards, machines, single_product, steps

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.design_io import override
from heddle.dataflow.kernel_rows import TILE_MAPPING, machine_row, product_rows
from heddle.dataflow.mapping_space import MAX_MAPPINGS, mapping_frontier
from heddle.dataflow.scheduler import schedule_products
from heddle.dataflow.step_items import Product, ProductPass, TrainingStep


def products_of(step: TrainingStep) -> list[Product]:
    found = (product for item in step.items if isinstance(item, ProductPass) for product in item.products)
    return list(dict.fromkeys(found))


def frontier_of(product: Product, design: Design, board: Board = BOARD) -> np.ndarray:
    frontier = np.zeros(MAX_MAPPINGS, TILE_MAPPING)
    count = mapping_frontier(product_rows([product])[0], machine_row(design, board)[0], frontier)
    return frontier[:count]


def tiling_of(row: np.void) -> naive.Tiling:
    return naive.Tiling(
        "ws" if row["ws"] else "os",
        (int(row["interleave_rows"]), int(row["interleave_cols"])),
        row["order"] == 0,
        int(row["tile_m"]),
        int(row["tile_n"]),
        int(row["tile_k"]),
    )


@settings(max_examples=60, deadline=None)
@given(step=steps(), design=machines(), board=boards())
def test_the_scheduler_finds_the_optimum_of_the_whole_space(step: TrainingStep, design: Design, board: Board) -> None:
    products = products_of(step)
    for product, found in zip(products, schedule_products(products, design, board), strict=True):
        costs = naive.every_cost(product, design, naive.rates_of(design, board))
        if found is None:
            assert costs == []
            continue
        best = min(costs, key=lambda cost: (cost.cycles, cost.load_bytes + cost.store_bytes))
        assert abs(found.mapping.cycles - best.cycles) <= 1e-9 * best.cycles


@settings(max_examples=60, deadline=None)
@given(step=steps(), design=machines(), board=boards())
def test_the_cost_of_a_kept_mapping_is_that_of_walking_its_tiles(
    step: TrainingStep, design: Design, board: Board
) -> None:
    for product in products_of(step):
        for row in frontier_of(product, design, board):
            walked = naive.cost(product, design, naive.rates_of(design, board), tiling_of(row))
            assert row["compute_cycles"] == walked.compute_cycles
            assert row["load_bytes"] == walked.load_bytes
            assert row["store_bytes"] == walked.store_bytes
            assert row["loads"] == walked.loads
            assert row["stores"] == walked.stores


@settings(max_examples=40, deadline=None)
@given(step=steps(), design=machines())
def test_every_kept_mapping_is_of_the_stated_space(step: TrainingStep, design: Design) -> None:
    for product in products_of(step):
        space = set(naive.every_tiling(product, design))
        assert {tiling_of(row) for row in frontier_of(product, design)} <= space


@settings(max_examples=40, deadline=None)
@given(step=steps(), design=machines())
def test_a_tile_fits_half_of_each_double_buffer(step: TrainingStep, design: Design) -> None:
    for product in products_of(step):
        for row in frontier_of(product, design):
            assert naive.fits(product, design, int(row["tile_m"]), int(row["tile_n"]), int(row["tile_k"]))


@pytest.mark.compiled
@settings(max_examples=40, deadline=None)
@given(sizes=st.tuples(*[st.integers(1, 1 << 20)] * 3), design=machines())
def test_the_frontier_stays_far_from_its_scratch_space(sizes: tuple[int, int, int], design: Design) -> None:
    wide = override(design, {"memory.unlimited": True, "array.interleave": 64})
    (product,) = products_of(single_product(*sizes))
    assert len(frontier_of(product, wide)) < MAX_MAPPINGS // 4


def test_a_product_that_fits_is_one_tile_of_its_reduction() -> None:
    (product,) = products_of(single_product(4, 100, 4))
    (schedule,) = schedule_products([product], TINY, BOARD)
    assert schedule is not None
    assert (schedule.mapping.tile_k, schedule.mapping.tiles_k) == (100, 1)


def test_parts_of_a_cut_reduction_are_balanced() -> None:
    design = override(TINY, {"buffers.activation_bytes": 2048, "buffers.weight_bytes": 2048})
    (product,) = products_of(single_product(16, 1000, 16))
    for row in frontier_of(product, design):
        last = product.k - (row["tiles_k"] - 1) * row["tile_k"]
        assert row["tile_k"] - last < row["tiles_k"]
