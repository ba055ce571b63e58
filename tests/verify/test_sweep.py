"""The sweep: what its machines reach; those of the suite are bit-exact, and cycle-exact where nothing stalls."""

from __future__ import annotations

import pytest

from heddle.arch.boards import load_board
from heddle.arch.design import GROUP_SIZES, MOST_INTERLEAVE, SparsityConfig
from heddle.hls.generate import array_rtl
from heddle.verify.operands import Extents
from heddle.verify.product_cases import ProductRun, run_case
from heddle.verify.simulation import run_cases
from heddle.verify.suite import half_range_run
from heddle.verify.sweep import BUILDS, EXACT_CASES, STALLED_CASES, main, sweep_build, sweep_runs
from heddle.verify.verilator import build_verilator_model

#: The part of the sweep that the suite runs; ``make sweep`` runs all machines.
REPRESENTATIVE = (
    "2x2-os+ws-m4-i1-l1-p0-fp16",
    "4x4-os+ws-serial-m8-i2-l2-p1-fp16",
    "1x4-os+ws-m4-i4-l3-p1-fp16",
    "4x1-os+ws-m2-i4-l4-p1-fp16",
    "4x3-os-m8-i4-l4-p1-fp16",
    "3x4-ws-cut1-m8-i1-l4-p1-fp16",
    "8x2-os+ws-cut3-cut4-m8-i2-l5-p2-fp16",
    "2x8-os+ws-m16-i6-l6-p3-fp16",
    "2x4-os+ws-m4-i5-l6-p0-bf16",
)


def test_the_sweep_has_at_least_fifteen_machines_and_five_hundred_exact_cases():
    designs = {build.design().array for build in BUILDS.values()}
    assert len(BUILDS) >= 15
    assert len(designs) >= 15
    assert EXACT_CASES * len(BUILDS) >= 500


@pytest.mark.parametrize("names", [BUILDS, REPRESENTATIVE])
def test_its_machines_reach_every_depth_and_group_size(names):
    designs = [BUILDS[name].design() for name in names]
    assert {design.array.adder_stages for design in designs} == set(range(1, 7))
    assert {design.array.multiplier_stages for design in designs} == set(range(4))
    assert {2, 4, 8, 16} <= {design.sparsity.m for design in designs}
    assert {design.numbers.operand for design in designs} == {"fp16", "bf16"}
    assert {design.array.overlap_tiles for design in designs} == {True, False}
    assert {0, 1, 2} <= {len(design.array.slr_cuts) for design in designs}
    assert {design.array.dataflows for design in designs} == {("os", "ws"), ("os",), ("ws",)}
    assert {1} < {design.array.rows for design in designs}
    assert {1} < {design.array.cols for design in designs}


def test_its_machines_reach_the_largest_group_and_the_longest_ring():
    designs = [build.design() for build in BUILDS.values()]
    assert max(design.sparsity.m for design in designs) == max(GROUP_SIZES)
    assert max(design.array.interleave for design in designs) == MOST_INTERLEAVE


def test_its_cases_cover_the_sparsities_and_dataflows_that_are_claimed():
    runs = [run for build in BUILDS.values() for run in sweep_runs(build.design(), 0)]
    wanted = {(1, 4), (2, 4), (4, 4), (1, 8), (2, 8), (4, 8), (8, 8), (2, 16)}
    for dataflow in ("os", "ws"):
        assert wanted <= {(run.sparsity.n, run.sparsity.m) for run in runs if run.dataflow == dataflow}


def test_its_cases_are_the_same_for_the_same_seed_and_others_for_another():
    design = next(iter(BUILDS.values())).design()
    assert list(sweep_runs(design, 3)) == list(sweep_runs(design, 3))
    assert list(sweep_runs(design, 3)) != list(sweep_runs(design, 4))


def test_many_of_its_cases_go_on_from_partial_sums():
    design = BUILDS["4x4-os+ws-m4-i4-l4-p2-fp16"].design()
    board = load_board(design.board)
    cases = [run_case(run, design, board) for run in sweep_runs(design, 0)]
    assert sum(len(case.inputs[3].words) > 0 for case in cases) >= 8


@pytest.mark.parametrize("name", REPRESENTATIVE)
def test_every_bit_and_every_cycle_agree(name, tmp_path):
    verdicts = sweep_build(name, tmp_path)
    assert [verdict for verdict in verdicts if not verdict.passed] == []
    dataflows = len(BUILDS[name].array.dataflows)
    refusing = sum("beside-refused" in verdict.name for verdict in verdicts)
    assert refusing == 2 * dataflows
    past_half_range = sum("past-half-range" in verdict.name for verdict in verdicts)
    assert past_half_range == dataflows
    assert sum(verdict.sim_cycles is not None for verdict in verdicts) == EXACT_CASES + dataflows + past_half_range
    case_of_changes = dataflows > 1
    assert len(verdicts) == EXACT_CASES + STALLED_CASES + case_of_changes + refusing + past_half_range


def test_groups_of_32_and_a_ring_of_64_agree(tmp_path):
    """The machine's own cases take half a minute; these have a tile of each kind, whole and ragged."""
    design = BUILDS["2x2-os+ws-m32-i64-l3-p1-fp16"].design()
    board = load_board(design.board)
    sparse, dense = SparsityConfig(n=2, m=32), SparsityConfig(n=32, m=32)
    extents = {
        (sparse, "os"): (131, 65, 3),
        (dense, "os"): (3, 5, 5),
        (sparse, "ws"): (7, 97, 3),
        (dense, "ws"): (5, 33, 3),
    }
    runs = [ProductRun(Extents(*sizes), sparsity, dataflow) for (sparsity, dataflow), sizes in extents.items()]
    cases = [run_case(run, design, board) for run in runs]
    cases.append(half_range_run("ws", 0).case(design, board, ""))
    verdicts = run_cases(build_verilator_model(array_rtl(design)), cases, tmp_path, lambda done, total: None)
    assert [verdict for verdict in verdicts if not verdict.passed] == []
    assert all(verdict.sim_cycles is not None for verdict in verdicts)


def test_a_mistyped_build_gives_one_line(capsys):
    assert main(["--build", "2x2-os+ws-m4-i1-l1-p0-fp1"]) == 2
    assert "2x2-os+ws-m4-i1-l1-p0-fp16" in capsys.readouterr().err
