"""A training step scheduled and simulated, beside the same step dense."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from threading import Lock

from heddle.arch.interruptible import all_interruptible
from heddle.dataflow.recipes import DENSE
from heddle.dataflow.scheduler import Schedule, distinct_products, schedule_step
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
    """Schedule ``work`` and run it at ``level``, and the same step dense, as ``schedule_both`` and ``run_both`` do."""
    return run_both(schedule_both(work), work, level, progress)


def schedule_both(work: StepWork, progress: Progress | None = None) -> list[Schedule]:
    """Schedule ``work``, and behind it the same step dense; alone where the recipe prunes nothing.

    ``progress`` hears of the products of both that are scheduled, as one number.
    """
    steps = [work.step] if work.recipe == DENSE else [work.step, work.step_under(DENSE)]
    sizes = [len(distinct_products(step)) for step in steps]
    return [
        schedule_step(step, work.design, work.board, work.dataflow, work.minimise, part)
        for step, part in zip(steps, _in_turn(progress, sizes), strict=True)
    ]


def run_both(schedules: list[Schedule], work: StepWork, level: Level, progress: Progress | None = None) -> StepRun:
    """Run the ``schedules`` of ``schedule_both`` at ``level``; Ctrl-C leaves the engines at once.

    The engines run both steps at a time. ``progress`` hears of the passes that they have run, as one number.
    """
    if level == "estimate":
        results = [estimate_schedule(schedule, work.design, work.board) for schedule in schedules]
    else:
        results = _on_engines(schedules, work, progress)
    return StepRun(schedules[0], results[0], results[-1])


def _on_engines(schedules: list[Schedule], work: StepWork, progress: Progress | None) -> list[StepResult]:
    from heddle.sim.engines.simulate import simulate_schedule  # the closed form does without their kernels

    parts = _parts(progress, len(schedules))
    return all_interruptible(
        [
            partial(simulate_schedule, schedule, work.design, work.board, part)
            for schedule, part in zip(schedules, parts, strict=True)
        ]
    )


def _in_turn(progress: Progress | None, sizes: list[int]) -> list[Progress | None]:
    """Return what takes the progress of works of ``sizes``, one after the other, and reports their sum."""
    if progress is None:
        return [None] * len(sizes)
    whole = sum(sizes)

    def report(begin: int, done: int, _: int) -> None:
        progress(begin + done, whole)

    return [partial(report, begin) for begin in accumulate(sizes[:-1], initial=0)]


def _parts(progress: Progress | None, runs: int) -> list[Progress | None]:
    """Return what takes the progress of each of ``runs`` steps, as many passes each, and reports their sum."""
    if progress is None:
        return [None] * runs
    done_by_run = [0] * runs
    reporting = Lock()

    def report(run: int, done: int, total: int) -> None:
        with reporting:
            done_by_run[run] = done
            progress(sum(done_by_run), runs * total)

    return [partial(report, run) for run in range(runs)]
