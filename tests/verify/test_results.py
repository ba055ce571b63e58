"""Verdicts: what makes a case pass, and what is said of one that does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stand_in_cases import stand_in_case

from heddle.verify.results import Mismatch, Outcome, judge, read_outcomes

WRONG = Mismatch("result", row=4, col=1, word=7, lane=2, cycle=31, expected=0x3F80, actual=0x7FC00000, bits=32)
CASE = stand_in_case("case", 5)
GOOD = Outcome("case", CASE.sim_cycles, None, "")


def test_equal_bits_and_cycles_pass() -> None:
    verdict = judge(CASE, GOOD)
    assert verdict.passed
    assert verdict.bit_exact
    assert verdict.problems == ()


def test_a_wrong_element_is_told_with_its_place_both_values_and_the_cycle() -> None:
    verdict = judge(CASE, replace(GOOD, first_wrong=WRONG))
    assert not verdict.bit_exact
    assert verdict.problems == ("result row 4, col 1: got 0x7fc00000, expected 0x00003f80 (word 7, lane 2, cycle 31)",)


def test_other_cycles_than_the_simulators_fail_though_the_bits_are_right() -> None:
    verdict = judge(CASE, replace(GOOD, rtl_cycles=9))
    assert verdict.bit_exact
    assert verdict.problems == ("the RTL took 9 cycles, the simulator says 7",)


def test_where_the_simulator_claims_no_cycles_any_number_passes() -> None:
    assert judge(replace(CASE, sim_cycles=None), replace(GOOD, rtl_cycles=9)).passed


def test_a_case_that_did_not_end_is_not_bit_exact() -> None:
    verdict = judge(CASE, Outcome("case", None, None, "hung: not done after 100 cycles"))
    assert not verdict.bit_exact
    assert verdict.problems == ("hung: not done after 100 cycles",)


def test_outcomes_are_read_while_the_bench_still_writes(tmp_path: Path) -> None:
    path = tmp_path / "outcomes"
    assert read_outcomes(path) == []
    outcomes = [GOOD, replace(GOOD, first_wrong=WRONG)]
    path.write_text("".join(outcome.to_json() + "\n" for outcome in outcomes) + '{"name": "begun')
    assert read_outcomes(path) == outcomes
