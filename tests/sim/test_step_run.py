"""A step beside the same step dense, at both levels."""

from __future__ import annotations

import pytest

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.dataflow.recipes import DENSE, recipe_named
from heddle.dataflow.training import StepOptions
from heddle.dataflow.work import StepWork, step_work
from heddle.dataflow.zoo import zoo_network
from heddle.sim.engines.simulate import simulate
from heddle.sim.estimate import estimate
from heddle.sim.levels import LEVELS, Level
from heddle.sim.step_run import run_both, run_step, schedule_both

TINY = load_design("tiny")
BOARD = load_board(TINY.board)
ALONE = {"estimate": estimate, "engines": simulate}


def work_under(recipe: str) -> StepWork:
    return step_work(zoo_network("mlp"), recipe_named(recipe), TINY, BOARD, StepOptions(batch=2))


@pytest.mark.parametrize("level", LEVELS)
def test_a_pruned_step_has_the_dense_one_beside_it(level: Level) -> None:
    work = work_under("bdwp")
    run = run_step(work, level)
    assert run.result == ALONE[level](work.step, TINY, BOARD)
    assert run.dense == run.other_dense == ALONE[level](work.step_under(DENSE), TINY, BOARD)
    assert run.dense.cycles > run.result.cycles


@pytest.mark.parametrize("level", LEVELS)
def test_a_dense_step_is_its_own_dense_one(level: Level) -> None:
    run = run_step(work_under("dense"), level)
    assert run.dense is run.result
    assert run.other_dense is None


@pytest.mark.parametrize("recipe", ["bdwp", "dense"])
def test_progress_ends_with_all_products_and_all_passes_of_both_steps(recipe: str) -> None:
    scheduled: list[tuple[int, int]] = []
    ran: list[tuple[int, int]] = []
    work = work_under(recipe)
    schedules = schedule_both(work, lambda done, total: scheduled.append((done, total)))
    run_both(schedules, work, "engines", lambda done, total: ran.append((done, total)))
    for heard in (scheduled, ran):
        assert [done for done, _ in heard] == sorted(done for done, _ in heard)
        assert heard[-1][0] == heard[-1][1] > 0
        assert {total for _, total in heard} == {heard[-1][1]}
