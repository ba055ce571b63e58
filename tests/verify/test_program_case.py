"""A program as a bench's case: words as wide as the array's ports, and what stalls change."""

from __future__ import annotations

import numpy as np
import pytest
from amaranth.hdl import Fragment, Shape

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.arch.isa import ArrayCommand
from heddle.dataflow.program.product import CommandWords, product_program
from heddle.hls.array.top import ArrayTop
from heddle.verify.cases import NONE, Stalls
from heddle.verify.operands import Extents, draw
from heddle.verify.product_cases import GivenProduct, bench_product
from heddle.verify.program_case import Expectation, program_case

DESIGN = load_design("tiny")
BOARD = load_board(DESIGN.board)
EXTENTS = Extents(5, 9, 6)


@pytest.fixture(scope="module")
def product() -> GivenProduct:
    operands = draw("trained", EXTENTS, DESIGN.numbers.operand, 0)
    return GivenProduct("case", bench_product(EXTENTS, None), operands.left, operands.right, "os")


@pytest.fixture(scope="module")
def program(product: GivenProduct) -> list[CommandWords]:
    return list(product_program(product.schedule(DESIGN, BOARD), product.left, product.slots, DESIGN, BOARD))


def test_words_are_as_wide_as_the_ports_of_the_core(product: GivenProduct, program: list[CommandWords]) -> None:
    case = program_case("case", program, Expectation(product.result(DESIGN), 100), DESIGN)
    core = ArrayTop(DESIGN)
    Fragment.get(core, None)
    for stream in case.inputs:
        width = Shape.cast(getattr(core, stream.name).payload.shape()).width
        assert stream.words.shape[1] == (width + 7) // 8
    commands = [ArrayCommand.from_bytes(bytes(word)) for word in case.inputs[0].words]
    assert commands == [step.command for step in program]


def test_every_element_of_the_product_is_looked_at_once(product: GivenProduct, program: list[CommandWords]) -> None:
    case = program_case("case", program, Expectation(product.result(DESIGN), 100), DESIGN)
    (result,) = case.outputs
    seen = result.place[result.place != NONE]
    assert np.array_equal(np.sort(seen), np.arange(EXTENTS.m * EXTENTS.n))


def test_a_stalled_case_claims_no_cycles_and_may_take_longer(
    product: GivenProduct, program: list[CommandWords]
) -> None:
    expected = Expectation(product.result(DESIGN), 100)
    plain, stalled = (
        program_case("case", program, expected, DESIGN, stalls) for stalls in (Stalls(), Stalls(0.3, 0.3, 7))
    )
    assert (plain.sim_cycles, stalled.sim_cycles) == (100, None)
    assert stalled.limit_cycles > plain.limit_cycles
    assert {stream.idle for stream in stalled.inputs} == {0.3}
    assert (stalled.outputs[0].backpressure, stalled.seed) == (0.3, 7)
