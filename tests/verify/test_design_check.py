"""A design verified from Python."""

from __future__ import annotations

import pytest

import heddle
from heddle.arch.design_io import load_design
from heddle.arch.errors import HeddleError
from heddle.verify.design_check import Verified, verify_design
from heddle.verify.results import Verdict

TINY = load_design("tiny")


def test_a_product_is_verified_in_every_dataflow_and_told_as_a_table() -> None:
    verified = verify_design(TINY, gemm=(4, 16, 4), seed=2)
    assert verified.passed
    frame = verified.frame()
    assert list(frame.columns) == ["name", "bit_exact", "rtl_cycles", "sim_cycles", "passed"]
    assert len(frame) == len(TINY.array.dataflows)
    assert (frame["rtl_cycles"] == frame["sim_cycles"]).all()


def test_a_case_without_cycles_of_the_simulator_has_none_in_the_table() -> None:
    stalled = Verdict("stalled", True, 70, None, (), "heddle verify --case stalled")
    wrong = Verdict("wrong", False, 60, 60, ("result row 0, col 0: …",), "heddle verify --case wrong")
    verified = Verified(TINY, "verilator", 0, (stalled, wrong))
    assert not verified.passed
    assert verified.frame()["sim_cycles"].isna().tolist() == [True, False]


def test_the_package_called_is_its_function() -> None:
    with pytest.raises(HeddleError, match=r"unknown case 'nothing'"):
        heddle.verify(TINY, case="nothing")
    with pytest.raises(HeddleError, match=r"--gemm and --workload exclude each other; give one of them"):
        heddle.verify(TINY, gemm=(1, 1, 1), workload="mlp")
