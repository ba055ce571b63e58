"""A training run that is killed, without a word to it, at a moment that the test chooses."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from heddle.training import processes
from heddle.training.run import train
from heddle.training.settings import TrainSettings

#: After so many calls of which function of the system a run is killed; both are made while a checkpoint is written.
FSYNC, REPLACE = "fsync", "replace"


def train_until_killed(settings: TrainSettings, folder: Path, function: str, calls: int) -> None:
    """Train in a process of its own, killed instead of the call of ``os.<function>`` after ``calls`` others."""
    _run_killed(partial(_killing, settings, folder, function, calls))


def train_until_epoch(settings: TrainSettings, folder: Path, epochs: int) -> None:
    """Train in a process of its own, killed when ``epochs`` epochs are done and before the next has begun."""
    _run_killed(partial(_stopping, settings, folder, epochs))


def _run_killed(target: Callable[[], None]) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(processes._PRELOADED))
    process = context.Process(target=target)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def _killing(settings: TrainSettings, folder: Path, function: str, calls: int) -> None:
    real, made = getattr(os, function), 0

    def counted(*arguments: Any) -> Any:
        nonlocal made
        made += 1
        if made > calls:
            _die()
        return real(*arguments)

    pytest.MonkeyPatch().setattr(os, function, counted)
    train(settings, None, folder, lambda done, total: None)


def _stopping(settings: TrainSettings, folder: Path, epochs: int) -> None:
    train(settings, None, folder, lambda done, total: _die() if done == epochs else None)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
