"""Which products a design is verified with."""

from __future__ import annotations

from itertools import pairwise

import pytest

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.arch.errors import HeddleError
from heddle.arch.isa import ArrayCommand
from heddle.dataflow.load import load_network
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.training import StepOptions, training_step
from heddle.verify.cases import Case
from heddle.verify.operands import Extents
from heddle.verify.suite import NamedRun, default_suite, gemm_suite, workload_suite

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
    runs = [named.run for named in suite if isinstance(named, NamedRun)]
    for dataflow in ("os", "ws"):
        of_dataflow = [run for run in runs if run.dataflow == dataflow]
        assert {run.is_dense for run in of_dataflow} == {True, False}
        assert any(run.stalls.idle for run in of_dataflow)
        assert any(run.extents == Extents(1, 1, 1) for run in of_dataflow)
        assert {"specials", "subnormals", "cancelling"} <= {run.distribution for run in of_dataflow}


def test_the_long_reduction_is_cut_along_k() -> None:
    products = [named for named in default_suite(TINY, ("os",), seed=0) if isinstance(named, NamedRun)]
    longest = max(products, key=lambda named: named.run.extents.k)
    case = longest.case(TINY, load_board(TINY.board), "heddle verify")
    partial = next(stream for stream in case.inputs if stream.name == "partial")
    assert len(partial.words) > 0


def special_case(ending: str) -> Case:
    (found,) = (run for run in default_suite(TINY, ("os", "ws"), seed=0) if run.name.endswith(ending))
    return found.case(TINY, load_board(TINY.board), "heddle verify")


@pytest.mark.parametrize("ending", ["-os-trained-s0-one-tile", "-ws-trained-s0-one-tile"])
def test_one_tile_is_longer_than_fourteen_bits_count(ending: str) -> None:
    case = special_case(ending)
    (command,) = (ArrayCommand.from_bytes(word.tobytes()) for word in case.inputs[0].words)
    assert command.tiles == 1
    assert command.interval > 1 << 14
    assert case.sim_cycles is not None


@pytest.mark.parametrize("ending", ["os-past-half-range-s0", "ws-past-half-range-s0"])
def test_a_tile_is_longer_than_half_of_what_its_counters_hold(ending: str) -> None:
    assert special_case(ending).jumps


@pytest.mark.parametrize("ending", ["-os-trained-s0-reset", "-ws-trained-s0-reset"])
def test_a_product_is_reset_while_the_array_is_at_work(ending: str) -> None:
    case = special_case(ending)
    assert case.sim_cycles is not None
    assert 0 < case.reset_after_cycles < case.sim_cycles


@pytest.mark.parametrize("dataflow", ["os", "ws"])
def test_a_product_is_reset_while_its_results_wait(dataflow: str) -> None:
    case = special_case(f"-{dataflow}-trained-idle-0.0-backpressure-0.9-s0-reset")
    undisturbed = special_case(f"-{dataflow}-trained-s0-reset")
    assert case.reset_after_cycles == undisturbed.sim_cycles
    assert [output.backpressure for output in case.outputs] == [0.9]


def test_dataflows_change_while_the_reader_is_slower_than_the_array() -> None:
    case = special_case("ws-os-ws-os-idle-0.0-backpressure-0.9-s0")
    dataflows = [ArrayCommand.from_bytes(word.tobytes()).ws for word in case.inputs[0].words]
    assert sum(a != b for a, b in pairwise(dataflows)) == 3
    assert [output.backpressure for output in case.outputs] == [0.9]


@pytest.mark.parametrize("ending", ["2:4-os-wide-s0-refusals", "2:4-ws-wide-s0-refusals"])
def test_products_run_beside_commands_that_are_refused(ending: str) -> None:
    assert special_case(ending).status["error_count"] > 0


def test_a_design_of_one_dataflow_changes_to_no_other() -> None:
    assert not any("ws-os" in run.name for run in default_suite(TINY, ("ws",), seed=0))


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
