"""Many training runs side by side, each on its own: the same bits in the same order for any number of workers."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from arch.errors import HeddleError
from arch.run_dir import prepare_run_dir
from training.run import RunResult, train
from training.settings import TrainSettings

Progress = Callable[[int, int], None]


RUNS_NAME = "runs"


def checkpoint_folder(folder: Path, settings: TrainSettings) -> Path:
    """Return the folder of a run among those below ``folder``."""
    return folder / RUNS_NAME / settings.name


@dataclass(frozen=True)
class RunFailure:
    """A run that could not be finished, and why."""

    settings: TrainSettings
    reason: str


Outcome = RunResult | RunFailure


def train_all(
    jobs: Sequence[TrainSettings],
    folder: Path | None,
    data_folder: Path | None,
    workers: int,
    progress: Progress,
) -> list[Outcome]:
    """Return the outcome of every job, in their order; one that fails does not lose the others.

    ``folder`` takes a folder of each run with its checkpoint; what lies there is gone on from. ``progress`` is told
    epochs done and all.
    """
    if workers == 1 or len(jobs) == 1:
        return list(_in_turn(jobs, folder, data_folder, progress))
    outcomes: dict[int, Outcome] = {}
    done, total = 0, sum(job.epochs for job in jobs)
    for index, outcome in _in_processes(jobs, folder, data_folder, min(workers, len(jobs))):
        outcomes[index] = outcome
        done += jobs[index].epochs
        progress(done, total)
    return [outcomes[index] for index in range(len(jobs))]


def run_job(job: TrainSettings, folder: Path | None, data_folder: Path | None, progress: Progress) -> Outcome:
    """Train one job in its own folder below ``folder``; what is wrong with it becomes a RunFailure."""
    try:
        own = None if folder is None else prepare_run_dir(checkpoint_folder(folder, job))
        result, _ = train(job, data_folder, own, progress)
    except HeddleError as error:
        return RunFailure(job, str(error))
    return result


def _in_turn(
    jobs: Sequence[TrainSettings], folder: Path | None, data_folder: Path | None, progress: Progress
) -> Iterator[Outcome]:
    total, before = sum(job.epochs for job in jobs), 0
    for job in jobs:
        yield run_job(job, folder, data_folder, partial(_tell_sum, progress, before, total))
        before += job.epochs


def _tell_sum(progress: Progress, before: int, total: int, done: int, _: int) -> None:
    progress(before + done, total)


def _in_processes(
    jobs: Sequence[TrainSettings], folder: Path | None, data_folder: Path | None, workers: int
) -> Iterator[tuple[int, Outcome]]:
    # Fresh processes: PyTorch's threads do not survive a fork.
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, _leave_interrupts_to_the_parent) as pool:
        yield from pool.imap_unordered(partial(_numbered, folder=folder, data_folder=data_folder), enumerate(jobs))


def _numbered(
    numbered: tuple[int, TrainSettings], folder: Path | None, data_folder: Path | None
) -> tuple[int, Outcome]:
    index, job = numbered
    return index, run_job(job, folder, data_folder, _tell_nobody)


def _tell_nobody(done: int, total: int) -> None:
    return


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
