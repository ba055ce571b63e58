"""Cases of single products whose operands are given, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.arch.errors import HeddleError
from heddle.arch.formats import FP16
from heddle.dataflow.step_items import Operand, Product
from heddle.hls.generate import array_rtl
from heddle.sim.functional.formats import from_float32
from heddle.verify.operands import Extents, draw
from heddle.verify.product_cases import GivenProduct, ProductRun, operand_case, run_case
from heddle.verify.simulation import run_cases
from heddle.verify.verilator import build_verilator_model

DESIGN = load_design("tiny")
BOARD = load_board(DESIGN.board)
SPARSE = Product(5, 11, 6, left=Operand(), right=Operand(tiled=True), keep_n=2, group_m=4)
DENSE = replace(SPARSE, keep_n=1, group_m=1)
RNG = np.random.default_rng(0)
LEFT, RIGHT = (from_float32(RNG.standard_normal(shape), FP16) for shape in ((5, 11), (11, 6)))


def test_given_operands_run_on_the_rtl_in_either_dataflow_dense_and_pruned(tmp_path: Path) -> None:
    cases = [
        operand_case(GivenProduct(f"{dataflow}-{product.keep_n}", product, LEFT, RIGHT, dataflow), DESIGN, BOARD)
        for product in (DENSE, SPARSE)
        for dataflow in ("os", "ws")
    ]
    verdicts = run_cases(build_verilator_model(array_rtl(DESIGN)), cases, tmp_path, lambda done, total: None)
    assert [verdict.name for verdict in verdicts if not verdict.passed] == []


@pytest.mark.parametrize("product", [DENSE, SPARSE], ids=["dense", "2:4"])
def test_the_right_operand_may_be_given_as_its_slots(product: Product) -> None:
    given = GivenProduct("case", product, LEFT, RIGHT)
    by_bits = operand_case(given, DESIGN, BOARD)
    by_slots = operand_case(replace(given, right=given.slots), DESIGN, BOARD)
    for ours, others in zip(by_bits.inputs, by_slots.inputs, strict=True):
        assert np.array_equal(ours.words, others.words)
    assert np.array_equal(by_bits.outputs[0].expected, by_slots.outputs[0].expected)


def test_a_drawn_case_is_that_of_its_operands() -> None:
    run = ProductRun(Extents(5, 11, 6), DESIGN.sparsity, "ws", seed=3)
    drawn, operands = run_case(run, DESIGN, BOARD), draw(run.distribution, run.extents, "fp16", 3)
    given = operand_case(GivenProduct(run.name, SPARSE, operands.left, operands.right, "ws"), DESIGN, BOARD)
    assert (drawn.name, drawn.sim_cycles) == (given.name, given.sim_cycles)
    assert np.array_equal(drawn.outputs[0].expected, given.outputs[0].expected)


def test_operands_of_other_sizes_than_the_products_are_refused() -> None:
    with pytest.raises(HeddleError, match=r"short: operands are \(4, 11\) .*, but the product needs \(5, 11\)"):
        operand_case(GivenProduct("short", SPARSE, LEFT[:4], RIGHT), DESIGN, BOARD)


def test_groups_that_are_not_the_arrays_are_refused() -> None:
    with pytest.raises(HeddleError, match="groups of M = 8 do not run on design 'tiny', whose M is 4"):
        operand_case(GivenProduct("wide", replace(SPARSE, group_m=8), LEFT, RIGHT), DESIGN, BOARD)


def test_a_product_that_fits_no_buffer_is_refused_with_its_name() -> None:
    cramped = DESIGN.model_copy(update={"buffers": DESIGN.buffers.model_copy(update={"output_bytes": 2})})
    with pytest.raises(HeddleError, match=r"large: the smallest tile.* exceeds half the output buffer"):
        operand_case(GivenProduct("large", SPARSE, LEFT, RIGHT), cramped, BOARD)
