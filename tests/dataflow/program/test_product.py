"""Programs of products: their words, taken as the array takes them, give the product."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_words import results_of

from heddle.arch.boards import load_board
from heddle.arch.design import Design
from heddle.arch.design_io import load_design
from heddle.dataflow.program.product import CommandWords, product_program
from heddle.dataflow.program.results import NO_PLACE
from heddle.dataflow.program.slots import Slots, kept_slots
from heddle.dataflow.scheduler import ProductSchedule, schedule_products, with_dataflow
from heddle.dataflow.step_items import Operand, Product

TINY = load_design("tiny")
BOARD = load_board(TINY.board)
SMALL_BUFFERS = {"activation_bytes": 256, "weight_bytes": 256, "output_bytes": 1024}


def machine(rows: int, cols: int, interleave: int, axes: str = "both") -> Design:
    """A machine whose buffers are so small that products are cut along every axis."""
    sizes = {"rows": rows, "cols": cols, "interleave": interleave, "interleave_axes": axes}
    array, buffers = TINY.array.model_copy(update=sizes), TINY.buffers.model_copy(update=SMALL_BUFFERS)
    return TINY.model_copy(update={"array": array, "buffers": buffers})


MACHINES = [machine(2, 3, 4), machine(3, 2, 4, "rows"), machine(2, 2, 2, "cols"), machine(1, 4, 1), machine(4, 1, 6)]


def scheduled(product: Product, design: Design, dataflow: str) -> ProductSchedule:
    (schedule,) = schedule_products((product,), with_dataflow(design, dataflow), BOARD)  # type: ignore[arg-type]
    assert schedule is not None
    return schedule


def gathered(program: list[CommandWords], design: Design, shape: tuple[int, int]) -> npt.NDArray[np.int64]:
    """The product's elements from the program's final results; each must come exactly once."""
    gathered, times = np.zeros(shape, np.int64), np.zeros(shape, int)
    words = iter(results_of(program, design.array))
    for step in program:
        order = step.results
        for rows, cols, is_final in zip(order.rows, order.cols, order.final, strict=True):
            for row, col, number in zip(rows, cols, next(words), strict=True):
                if is_final and NO_PLACE not in (row, col):
                    gathered[row, col] = number
                    times[row, col] += 1
    assert np.all(times == 1)
    return gathered


def dense(slots: Slots, k: int) -> npt.NDArray[np.int64]:
    matrix = np.zeros((k, slots.values.shape[1]), np.int64)
    np.put_along_axis(matrix, slots.k_index.astype(np.int64), slots.values.astype(np.int64), axis=0)
    return matrix


@settings(max_examples=60, deadline=None)
@given(
    design=st.sampled_from(MACHINES),
    dataflow=st.sampled_from(["os", "ws"]),
    sizes=st.tuples(st.integers(1, 20), st.integers(1, 60), st.integers(1, 20)),
    keep_n=st.integers(1, 4),
    seed=st.integers(0, 1 << 16),
)
def test_the_words_of_a_program_give_the_product(
    design: Design, dataflow: str, sizes: tuple[int, int, int], keep_n: int, seed: int
) -> None:
    m, k, n = sizes
    product = Product(m, k, n, left=Operand(), right=Operand(tiled=True), keep_n=keep_n, group_m=4)
    rng = np.random.default_rng(seed)
    left, right = (rng.integers(1, 99, shape, dtype=np.uint16) for shape in ((m, k), (k, n)))
    slots = kept_slots(right, keep_n, 4)
    program = list(product_program(scheduled(product, design, dataflow), left, slots, design, BOARD))
    assert np.array_equal(gathered(program, design, (m, n)), left.astype(np.int64) @ dense(slots, k))


@pytest.mark.parametrize("dataflow", ["os", "ws"])
def test_a_long_reduction_goes_on_from_its_own_sums(dataflow: str) -> None:
    design = MACHINES[0]
    product = Product(5, 200, 4, left=Operand(), right=Operand(tiled=True))
    left, right = np.ones((5, 200), np.uint16), np.ones((200, 4), np.uint16)
    program = list(product_program(scheduled(product, design, dataflow), left, kept_slots(right, 1, 1), design, BOARD))
    reloads = [step.command.reload for step in program]
    assert reloads[:2] == [0, 1]
    assert [bool(np.any(step.results.final)) for step in program].count(True) == reloads.count(0)
    assert np.all(gathered(program, design, (5, 4)) == 200)
