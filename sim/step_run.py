"""A training step scheduled and simulated, beside the same step dense."""

from __future__ import annotations

from dataclasses import dataclass

from heddle.arch.interruptible import interruptible
from heddle.dataflow.recipes import DENSE
from heddle.dataflow.scheduler import Schedule, schedule_step
from heddle.dataflow.work import StepWork
from heddle.sim.estimate import estimate_schedule
from heddle.sim.levels import Level
from heddle.sim.result import StepResult


@dataclass(frozen=True)
class StepRun:
    """A step's schedule, its result, and that of the same step trained dense.

    ``dense`` is ``result`` itself where the recipe prunes nothing.
    """

    schedule: Schedule
    result: StepResult
    dense: StepResult

    @property
    def other_dense(self) -> StepResult | None:
        """The dense step; None where the step is dense itself."""
        return None if self.dense is self.result else self.dense


def run_step(work: StepWork, level: Level) -> StepRun:
    """Schedule ``work`` and run it at ``level``, and the same step dense; Ctrl-C leaves the engines at once."""
    schedule = schedule_step(work.step, work.design, work.board, work.dataflow, work.minimise)
    result = _run_level(level, schedule, work)
    if work.recipe == DENSE:
        return StepRun(schedule, result, result)
    dense = schedule_step(work.step_under(DENSE), work.design, work.board, work.dataflow, work.minimise)
    return StepRun(schedule, result, _run_level(level, dense, work))


def _run_level(level: Level, schedule: Schedule, work: StepWork) -> StepResult:
    if level == "estimate":
        return estimate_schedule(schedule, work.design, work.board)
    from heddle.sim.engines.simulate import simulate_schedule  # the closed form does without their kernels

    return interruptible(lambda: simulate_schedule(schedule, work.design, work.board))
