"""A training step scheduled and simulated, beside the same step dense."""

from __future__ import annotations

from dataclasses import dataclass

from heddle.arch.interruptible import interruptible
from heddle.dataflow.recipes import DENSE
from heddle.dataflow.scheduler import Schedule, schedule_step
from heddle.dataflow.work import StepWork
from heddle.sim.estimate import estimate_schedule
from heddle.sim.levels import Level, Progress
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


def run_step(work: StepWork, level: Level, progress: Progress | None = None) -> StepRun:
    """Schedule ``work`` and run it at ``level``, and the same step dense; Ctrl-C leaves the engines at once.

    ``progress`` hears of the passes that the engines have run, those of both steps as one number.
    """
    runs = 1 if work.recipe == DENSE else 2
    schedule = schedule_step(work.step, work.design, work.board, work.dataflow, work.minimise)
    result = _run_level(level, schedule, work, _part(progress, 0, runs))
    if work.recipe == DENSE:
        return StepRun(schedule, result, result)
    dense = schedule_step(work.step_under(DENSE), work.design, work.board, work.dataflow, work.minimise)
    return StepRun(schedule, result, _run_level(level, dense, work, _part(progress, 1, runs)))


def _part(progress: Progress | None, run: int, runs: int) -> Progress | None:
    """Return what takes the progress of the ``run``-th of ``runs`` steps, each as long as the one that reports."""
    if progress is None:
        return None
    return lambda done, total: progress(run * total + done, runs * total)


def _run_level(level: Level, schedule: Schedule, work: StepWork, progress: Progress | None) -> StepResult:
    if level == "estimate":
        return estimate_schedule(schedule, work.design, work.board)
    from heddle.sim.engines.simulate import simulate_schedule  # the closed form does without their kernels

    return interruptible(lambda: simulate_schedule(schedule, work.design, work.board, progress))
