"""The mapping space: what the compiled search keeps of it, against its naive twin that walks every tile."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import naive_mapping as naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import BOARD, SAT, TINY, boards, machines, single_product, steps

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.design_io import override
from heddle.dataflow.kernel_rows import TILE_MAPPING, machine_row, product_rows, rates_row
from heddle.dataflow.mapping_choice import BY_TIME, predict_cycles
from heddle.dataflow.mapping_energy import act_energies
from heddle.dataflow.mapping_frontier import MAX_ARRAYS, MAX_MAPPINGS, held_by, take_frontier
from heddle.dataflow.mapping_space import Kept, Searched, kept_of, mapping_frontiers, next_parts, pool_of
from heddle.dataflow.step_items import Product, ProductPass, TrainingStep


def products_of(step: TrainingStep) -> list[Product]:
    found = (product for item in step.items if isinstance(item, ProductPass) for product in item.products)
    return list(dict.fromkeys(found))


def frontier_of(product: Product, design: Design, board: Board = BOARD) -> np.ndarray:
    return frontier_in(pool_of(searched(product, [[design]], board), 0), 0)


def searched(product: Product, designs: Sequence[Sequence[Design]], board: Board = BOARD) -> Kept:
    """What is kept of designs [arrays, ports] that are searched together.

    Along the first axis they differ in the array's timing alone, along the second in the memory's port.
    """
    kept = kept_of(len(designs[0]))
    arrays = np.concatenate([machine_row(row[0], board) for row in designs])
    ports = np.concatenate([machine_row(design, board) for design in designs[0]])
    mapping_frontiers(Searched(product_rows([product])[0], arrays, ports, act_energies()[0]), kept)
    return kept


def frontier_in(pool: np.ndarray, array: int) -> np.ndarray:
    rows = np.zeros(held_by(pool, array), TILE_MAPPING)
    assert take_frontier(pool, array, rows) == len(rows)
    return rows


def tiling_of(row: np.void) -> naive.Tiling:
    return naive.Tiling(
        "ws" if row["ws"] else "os",
        (int(row["interleave_rows"]), int(row["interleave_cols"])),
        row["order"] == 0,
        int(row["tile_m"]),
        int(row["tile_n"]),
        int(row["tile_k"]),
    )


@settings(max_examples=40, deadline=None)
@given(step=steps(), design=machines(), board=boards())
def test_the_cost_of_a_kept_mapping_is_that_of_walking_its_tiles(
    step: TrainingStep, design: Design, board: Board
) -> None:
    for product in products_of(step):
        frontier = frontier_of(product, design, board)
        for row in frontier[:: 1 + len(frontier) // 4]:
            walked = naive.cost(product, design, naive.rates_of(design, board), tiling_of(row))
            assert row["compute_cycles"] == walked.compute_cycles
            assert row["feed_cycles"] == walked.feed_cycles
            assert row["load_bytes"] == walked.load_bytes
            assert row["store_bytes"] == walked.store_bytes
            assert row["loads"] == walked.loads
            assert row["edge_bytes"] == walked.edge_bytes
            assert (row["edge_bursts"], row["edge_cuts"]) == (walked.counts.edge_bursts, walked.counts.edge_cuts)
            assert (row["left_bursts"], row["left_cuts"]) == walked.counts.left
            assert (row["right_bursts"], row["right_cuts"]) == walked.counts.right
            assert row["store_cuts"] == walked.counts.store_cuts
            assert row["stores"] == walked.stores
            assert row["energy_j"] == pytest.approx(walked.energy_j, rel=1e-9)


@settings(max_examples=20, deadline=None)
@given(step=steps(), design=machines())
def test_machines_searched_together_have_the_frontiers_that_each_has_alone(step: TrainingStep, design: Design) -> None:
    # Neighbours differ in the stages, or in the ports: what they wait for is alike, or not, by either.
    arrays = [
        override(
            design, {"array.adder_stages": stages, "array.multiplier_stages": stages // 2, "buffers.group_ports": ports}
        )
        for stages, ports in ((1, 1), (6, 1), (6, 4))
    ]
    designs = [[override(array, {"memory.channels": channels}) for channels in (4, 1, 2)] for array in arrays]
    for product in products_of(step)[:3]:
        together = searched(product, designs)
        for i in range(3):  # each array and each port once
            assert np.array_equal(frontier_in(pool_of(together, i), i), frontier_of(product, designs[i][i]))


@settings(max_examples=10, deadline=None)
@given(step=steps(), design=machines())
def test_every_kept_mapping_is_of_the_stated_space(step: TrainingStep, design: Design) -> None:
    for product in products_of(step):
        space = {cost.tiling for cost in naive.every_cost(product, design, naive.rates_of(design, BOARD))}
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
def test_a_full_pool_stays_far_from_its_scratch_space(sizes: tuple[int, int, int], design: Design) -> None:
    wide = override(design, {"memory.unlimited": True, "array.interleave": 64})
    timings = itertools.product((1, 3, 5, 6), (1, 4))
    names = ("array.adder_stages", "buffers.group_ports")
    arrays = [[override(wide, dict(zip(names, timing, strict=True)))] for timing in timings]
    assert len(arrays) == MAX_ARRAYS
    (product,) = products_of(single_product(*sizes))
    assert len(pool_of(searched(product, arrays), 0)) < MAX_MAPPINGS // 4


def test_a_reduction_of_one_group_is_never_cut() -> None:
    (product,) = products_of(single_product(4, 1, 4))
    assert {int(row["tiles_k"]) for row in frontier_of(product, TINY)} == {1}


def test_parts_of_a_cut_reduction_are_balanced_in_os() -> None:
    design = override(TINY, {"buffers.activation_bytes": 2048, "buffers.weight_bytes": 2048})
    (product,) = products_of(single_product(16, 1000, 16))
    rows = [row for row in frontier_of(product, design) if not row["ws"]]
    assert rows
    for row in rows:
        last = product.k - (row["tiles_k"] - 1) * row["tile_k"]
        assert row["tile_k"] - last < row["tiles_k"]


def test_parts_of_a_cut_reduction_fill_the_rows_in_ws() -> None:
    design = override(SAT, {"array.dataflows": ["ws"]})
    (product,) = products_of(single_product(4096, 25088, 512))
    lengths = {int(row["tile_k"]) for row in frontier_of(product, design) if row["tile_k"] > SAT.array.rows}
    assert len(lengths) > 1
    assert {length % SAT.array.rows for length in lengths} == {0}


def test_counts_of_parts_are_powers_of_two_and_three_times_those() -> None:
    counts = [1]
    while counts[-1] < 48:
        counts.append(next_parts(counts[-1]))
    assert counts == [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48]


@pytest.mark.parametrize("sizes", [(256, 4608, 512), (4096, 768, 3072), (64, 50176, 64)])
@pytest.mark.parametrize("buffer", ["activation", "weight", "output"])
def test_a_bigger_buffer_never_takes_the_fastest_mapping_away(sizes: tuple[int, int, int], buffer: str) -> None:
    (product,) = products_of(single_product(*sizes))
    name = f"buffers.{buffer}_bytes"
    smallest = getattr(SAT.buffers, f"{buffer}_bytes") // 8
    designs = [override(SAT, {name: int(smallest * 1.3**step)}) for step in range(16)]
    goal, rates = BY_TIME, rates_row(SAT, BOARD)[0]
    fastest = []
    for design in designs:
        frontier = frontier_of(product, design)
        cycles = np.zeros(len(frontier))
        fastest.append(predict_cycles(frontier, product_rows([product])[0], rates, goal, cycles))
    assert fastest == sorted(fastest, reverse=True)
