"""Which products a design is verified with."""

from __future__ import annotations

import pytest

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.arch.errors import HeddleError
from heddle.dataflow.load import load_network
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.training import StepOptions, training_step
from heddle.verify.operands import Extents
from heddle.verify.suite import default_suite, gemm_suite, workload_suite

TINY = load_design("tiny")


def test_a_gemm_runs_at_the_designs_sparsity_in_each_dataflow() -> None:
    runs = [named.run for named in gemm_suite(TINY, ("os", "ws"), Extents(3, 5, 7), seed=9)]
    assert [(run.dataflow, run.sparsity, run.seed) for run in runs] == [
        ("os", TINY.sparsity, 9),
        ("ws", TINY.sparsity, 9),
    ]


@pytest.mark.parametrize("preset", ["tiny", "sat-vcu1525"])
@pytest.mark.parametrize(
    "sizes", [(100_000, 100_000, 100_000), (30_000, 30_000, 4), (999_999, 1, 999_999), (4, 999_999, 64)]
)
def test_a_gemm_that_no_memory_holds_is_refused_before_it_is_drawn(preset: str, sizes: tuple[int, int, int]) -> None:
    with pytest.raises(
        HeddleError, match=rf"^{'x'.join(map(str, sizes))} on design '{preset}': the array takes .* words"
    ):
        gemm_suite(load_design(preset), ("os", "ws"), Extents(*sizes), seed=0)


def test_a_gemm_of_millions_of_multiply_adds_is_taken() -> None:
    assert gemm_suite(TINY, ("os", "ws"), Extents(256, 1024, 64), seed=0)


@pytest.mark.parametrize("preset", ["tiny", "small", "sat-vcu1525"])
def test_names_are_distinct_and_every_kind_of_case_is_there(preset: str) -> None:
    design = load_design(preset)
    suite = default_suite(design, ("os", "ws"), seed=0)
    assert len({named.name for named in suite}) == len(suite)
    runs = [named.run for named in suite]
    for dataflow in ("os", "ws"):
        of_dataflow = [run for run in runs if run.dataflow == dataflow]
        assert {run.is_dense for run in of_dataflow} == {True, False}
        assert any(run.stalls.idle for run in of_dataflow)
        assert any(run.extents == Extents(1, 1, 1) for run in of_dataflow)
        assert {"specials", "subnormals", "cancelling"} <= {run.distribution for run in of_dataflow}


def test_the_long_reduction_is_cut_along_k() -> None:
    longest = max(default_suite(TINY, ("os",), seed=0), key=lambda named: named.run.extents.k)
    case = longest.case(TINY, load_board(TINY.board), "heddle verify")
    partial = next(stream for stream in case.inputs if stream.name == "partial")
    assert len(partial.words) > 0


def test_a_case_says_how_to_run_just_it() -> None:
    (named,) = gemm_suite(TINY, ("os",), Extents(2, 4, 2), seed=0)
    case = named.case(TINY, load_board(TINY.board), "heddle verify --design tiny")
    assert case.rerun == f"heddle verify --design tiny --case {named.name}"
    assert case.name == named.name


def test_a_networks_products_are_cut_to_a_few_tiles_and_the_same_one_runs_once() -> None:
    step = training_step(load_network("resnet9", 2), recipe_named("bdwp"), TINY.sparsity, StepOptions(batch=2))
    suite = workload_suite(step, TINY, ("os",), seed=0)
    runs = [named.run for named in suite]
    assert len(set(runs)) == len(runs)
    assert {name.name.split("-")[1] for name in suite} >= {"ff", "bp", "wu"}
    array = TINY.array
    for run in runs:
        assert run.extents.m <= 2 * array.rows * array.interleave
        assert run.extents.n <= 2 * array.cols * array.interleave
