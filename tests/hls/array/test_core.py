"""What the array core promises beyond single products from reset."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heddle.arch.boards import load_board
from heddle.arch.design import SparsityConfig
from heddle.arch.timing import DISPATCH_CYCLES, os_drain_cycles
from heddle.dataflow.program.product import product_program
from heddle.dataflow.program.results import NO_PLACE
from heddle.dataflow.program.slots import dense_slots
from heddle.dataflow.scheduler import schedule_products, with_dataflow
from heddle.dataflow.step_items import Operand, Product
from heddle.hls.generate import array_rtl
from heddle.sim.functional.gemm import multiply_slots
from heddle.verify.cases import Stalls
from heddle.verify.operands import Extents, draw
from heddle.verify.product_cases import ProductRun, run_case
from heddle.verify.program_case import Expectation, program_case
from heddle.verify.simulation import run_cases
from heddle.verify.sweep import BUILDS
from heddle.verify.verilator import build_verilator_model

DESIGN = BUILDS["2x3-os+ws-m4-i4-l2-p1-fp16"].design()
BOARD = load_board(DESIGN.board)


@pytest.fixture(scope="module")
def model():
    return build_verilator_model(array_rtl(DESIGN))


def verdicts_of(model, cases, folder):
    return run_cases(model, cases, folder, lambda done, total: None)


def product(extents, dataflow, seed, distribution="any-bits"):
    """The program and the expected bits of one dense product."""
    run = Product(extents.m, extents.k, extents.n, left=Operand(), right=Operand(tiled=True))
    (schedule,) = schedule_products((run,), with_dataflow(DESIGN, dataflow), BOARD)
    operands = draw(distribution, extents, "fp16", seed)
    slots = dense_slots(operands.right)
    program = list(product_program(schedule, operands.left, slots, DESIGN, BOARD))
    return program, multiply_slots(operands.left, slots, "fp16")


def one_after_another(products):
    """The programs of several products as one, their results one below another."""
    program, expected, given = [], np.zeros((0, products[0][1].shape[1]), np.float32), 0
    for steps, result in products:
        below = len(expected)
        for step in steps:
            command, results = step.command, step.results
            if step is steps[0]:
                command = replace(command, settle=os_drain_cycles(DESIGN.array.rows, DESIGN.array.interleave, 1))
            rows = np.where(results.rows == NO_PLACE, NO_PLACE, results.rows + below)
            moved = replace(results, rows=rows, partial=results.partial + given)
            program.append(replace(step, command=command, results=moved))
        given += sum(len(step.results.rows) for step in steps)
        expected = np.concatenate([expected, result])
    return program, expected


def test_products_follow_one_another_without_a_reset_and_change_the_dataflow(model, tmp_path):
    sizes = (Extents(9, 40, 7), Extents(3, 2, 7), Extents(20, 300, 7), Extents(5, 1, 7), Extents(6, 17, 7))
    kinds = ("os", "ws", "os", "os", "ws")
    products = [product(size, kind, seed) for seed, (size, kind) in enumerate(zip(sizes, kinds, strict=True))]
    program, expected = one_after_another(products)
    cases = [
        program_case("chained", program, Expectation(expected, 20_000), DESIGN),
        program_case("stalled", program, Expectation(expected, 20_000), DESIGN, Stalls(0.4, 0.6, 1)),
    ]
    verdicts = verdicts_of(model, cases, tmp_path)
    assert [verdict.bit_exact for verdict in verdicts] == [True, True]


@pytest.mark.parametrize("dataflow", ["os", "ws"])
def test_a_reset_at_any_time_leaves_nothing_behind(model, tmp_path, dataflow):
    dense = SparsityConfig(n=4, m=4)
    whole = run_case(ProductRun(Extents(20, 300, 7), dense, dataflow, "any-bits"), DESIGN, BOARD)
    after = run_case(ProductRun(Extents(5, 9, 4), dense, dataflow, "specials"), DESIGN, BOARD)
    cut_short = [replace(whole, name=f"cut-{cycles}", limit_cycles=cycles) for cycles in range(3, 400, 23)]
    cases = [case for cut in cut_short for case in (cut, after)]
    verdicts = verdicts_of(model, cases, tmp_path)
    assert not any(verdict.passed for verdict in verdicts[::2])
    assert all(verdict.passed for verdict in verdicts[1::2])


def test_no_cycle_is_lost_between_tiles_where_the_reduction_is_as_long_as_the_array_has_rows(model, tmp_path):
    array = DESIGN.array
    one = run_case(ProductRun(Extents(2, 32, 3), SparsityConfig(n=4, m=4), "os"), DESIGN, BOARD)
    many = run_case(ProductRun(Extents(8, 32, 12), SparsityConfig(n=4, m=4), "os"), DESIGN, BOARD)
    first, all_of_them = verdicts_of(model, [one, many], tmp_path)
    tiles = len(many.outputs[0].expected) // (array.rows * array.interleave)
    instructions_more = len(many.inputs[0].words) - 1
    more_cycles = all_of_them.rtl_cycles - first.rtl_cycles - instructions_more * DISPATCH_CYCLES
    assert tiles == 4  # the reduction is short enough to stay whole
    assert more_cycles == (tiles - 1) * 32 * array.interleave


def test_a_result_reaches_whoever_takes_a_word_only_now_and_then(model, tmp_path):
    run = ProductRun(Extents(12, 20, 9), SparsityConfig(n=2, m=4), "os", stalls=Stalls(0.0, 0.95, 3))
    (verdict,) = verdicts_of(model, [run_case(run, DESIGN, BOARD)], tmp_path)
    assert verdict.passed
    assert verdict.sim_cycles is None
