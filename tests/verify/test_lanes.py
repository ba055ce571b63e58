"""The lanes beside the array in the RTL simulator: bits, cycles, and streams that stall."""

from __future__ import annotations

import numpy as np
import pytest

from heddle.arch.design import SparsityConfig
from heddle.arch.design_io import load_design
from heddle.hls.emit import emit_rtl
from heddle.hls.generate import lane_blocks, lane_units, wuve_block
from heddle.hls.lanes.wuve import ADAM, UPDATE_RULES, update_schedule
from heddle.verify.cases import Stalls
from heddle.verify.lanes import UPDATE_OPERANDS, sore_case, wuve_case
from heddle.verify.simulation import run_cases
from heddle.verify.verilator import build_verilator_model

STALLS = (Stalls(), Stalls(idle=0.3, seed=1), Stalls(backpressure=0.6, seed=2), Stalls(0.5, 0.5, 3))


def design(sparsity, operand="fp16"):
    base = load_design("tiny")
    n, m = map(int, sparsity.split(":"))
    numbers = base.numbers.model_copy(update={"operand": operand})
    return base.model_copy(update={"sparsity": SparsityConfig(n=n, m=m), "numbers": numbers})


def verdicts_of(block, cases, folder):
    return run_cases(build_verilator_model(emit_rtl(block)), cases, folder, lambda done, total: None)


@pytest.mark.parametrize("sparsity", ["1:4", "2:8"])
def test_sore_packs_both_directions_at_a_row_a_clock(sparsity, tmp_path):
    machine = design(sparsity)
    lane = next(iter(lane_blocks(machine)))
    kinds = ("ties", "any-bits", "zeros", "trained")
    cases = [sore_case(machine, kind, seed, stalls) for seed, kind in enumerate(kinds) for stalls in STALLS]
    verdicts = verdicts_of(lane, cases, tmp_path)
    assert [verdict for verdict in verdicts if not verdict.passed] == []
    assert sum(verdict.sim_cycles is not None for verdict in verdicts) == len(kinds)


@pytest.mark.parametrize(("optimizer", "operand"), [("sgd", "bf16"), ("adam", "fp16")])
def test_wuve_updates_a_weight_a_clock(optimizer, operand, tmp_path):
    machine = design("2:4", operand)
    rule = UPDATE_RULES[optimizer]
    kinds = [(kind, stalls) for kind in UPDATE_OPERANDS for stalls in STALLS]
    cases = [wuve_case(machine, rule, kind, seed, stalls) for seed, (kind, stalls) in enumerate(kinds)]
    verdicts = verdicts_of(wuve_block(machine, rule), cases, tmp_path)
    assert [verdict for verdict in verdicts if not verdict.passed] == []
    assert [verdict.sim_cycles is not None for verdict in verdicts] == len(UPDATE_OPERANDS) * [
        True,
        False,
        False,
        False,
    ]


def test_the_vanishing_operands_divide_by_zero():
    machine = design("2:4")
    case = wuve_case(machine, ADAM, "vanishing", 0, Stalls())
    layout = update_schedule(ADAM, lane_units(machine)).leaving
    words = [int.from_bytes(word.tobytes(), "little") for word in case.outputs[0].expected]
    values = {field: [word >> layout[field].offset & 0xFFFFFFFF for word in words] for field in ("mean", "variance")}
    by_zero = [
        mean & 0x7FFFFFFF for mean, variance in zip(values["mean"], values["variance"], strict=True) if variance == 0
    ]
    assert sum(mean == 0 for mean in by_zero) > 2
    assert sum(0 < mean < 0x30000000 for mean in by_zero) > 20


@pytest.mark.parametrize("sparsity", ["1:2", "2:4", "2:8"])
def test_the_groups_of_ties_tie(sparsity):
    machine = design(sparsity)
    case = sore_case(machine, "ties", 0, Stalls())
    m = machine.sparsity.m
    magnitudes = case.inputs[0].words.view("<u2").reshape(-1, m) & 0x7FFF
    tied = [len(set(group)) < m for group in magnitudes.tolist()]
    assert sum(tied) > len(tied) / 4
    assert m == 2 or all(tied)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_corners_reach_every_class_of_words_in_and_out(optimizer):
    machine = design("2:4")
    rule = UPDATE_RULES[optimizer]
    case = wuve_case(machine, rule, "corners", 0, Stalls())
    taken = case.inputs[0].words[:, :4].copy().view(np.float32)
    given = case.outputs[0].expected[:, :4].copy().view(np.float32)
    for values in (taken, given):
        assert np.isnan(values).any()
        assert np.isinf(values).any()
        assert ((values != 0) & (np.abs(values) < np.finfo(np.float32).tiny)).any()
    assert np.isinf(given[np.isfinite(taken)]).any()


def test_a_case_that_stalls_is_reset_halfway_first():
    machine = design("2:4")
    assert sore_case(machine, "trained", 0, Stalls(0.3)).reset_after_cycles > 0
    assert sore_case(machine, "trained", 0, Stalls()).reset_after_cycles == 0
