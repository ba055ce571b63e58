"""Many training runs side by side, each on its own: the same bits in the same order for any number of workers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from heddle.arch.errors import HeddleError
from heddle.arch.run_dir import prepare_run_dir
from heddle.training.processes import ProcessEndedError, Progress, Task, in_processes
from heddle.training.recipe_file import is_recipe_program
from heddle.training.run import RunResult, train
from heddle.training.settings import TrainSettings

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
    epochs done and all. With more than one worker the jobs run in processes of their own, which end with this one.
    """
    tally = _Tally([job.epochs for job in jobs], progress)
    tasks = [partial(run_job, job, folder, data_folder) for job in jobs]
    if workers == 1 or len(jobs) == 1:
        return [task(partial(tally.tell, index)) for index, task in enumerate(tasks)]
    return _side_by_side(jobs, tasks, min(workers, len(jobs)), tally)


def run_job(job: TrainSettings, folder: Path | None, data_folder: Path | None, progress: Progress) -> Outcome:
    """Train one job in its own folder below ``folder``; what is wrong with it becomes a RunFailure."""
    try:
        own = None if folder is None else prepare_run_dir(checkpoint_folder(folder, job))
        result, _ = train(job, data_folder, own, progress)
    except HeddleError as error:
        return RunFailure(job, str(error))
    except Exception as error:
        if _is_out_of_memory(error):
            return RunFailure(job, f"out of memory on {job.device}; lower --batch, or --workers")
        if is_recipe_program(job.recipe):  # the user's own code runs at every step
            return RunFailure(job, f"{job.recipe}: {type(error).__name__}: {error}".partition("\n")[0])
        raise
    return result


def _is_out_of_memory(error: Exception) -> bool:
    """PyTorch's allocator for the CPU has no error class of its own."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(error)


class _Tally:
    """Epochs done of every job, told as one sum."""

    def __init__(self, epochs: Sequence[int], progress: Progress) -> None:
        self._done = [0] * len(epochs)
        self._total = sum(epochs)
        self._progress = progress

    def tell(self, index: int, done: int, _: int) -> None:
        self._done[index] = done
        self._progress(sum(self._done), self._total)


def _side_by_side(
    jobs: Sequence[TrainSettings], tasks: Sequence[Task[Outcome]], workers: int, tally: _Tally
) -> list[Outcome]:
    outcomes: dict[int, Outcome] = {}
    for index, outcome in in_processes(tasks, workers, tally.tell):
        failed = isinstance(outcome, ProcessEndedError)
        outcomes[index] = RunFailure(jobs[index], str(outcome)) if isinstance(outcome, ProcessEndedError) else outcome
        if failed:  # count its epochs as done, so that the bar gets to its end
            tally.tell(index, jobs[index].epochs, jobs[index].epochs)
    return [outcomes[index] for index in range(len(jobs))]
