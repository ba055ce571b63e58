"""Tasks in processes of its own, which report how far they are and never outlive the process that started them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Generic, Protocol, TypeVar

from heddle.arch.interruptible import interruptible

Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)

Progress = Callable[[int, int], None]
#: Told the place of a task, and how much of how much of it is done.
NumberedProgress = Callable[[int, int, int], None]

# What every run loads, and what takes longest to load.
_PRELOADED = ("heddle.training.preloaded",)


class Task(Protocol[Result_co]):
    """Something to do that tells how far it is; it and its result can be pickled."""

    def __call__(self, progress: Progress) -> Result_co:
        """Do it."""
        ...


class ProcessEndedError(Exception):
    """A process ended without a result: killed, or by a bug whose traceback it has printed."""


@dataclass(frozen=True)
class _Step:
    done: int
    total: int


@dataclass(frozen=True)
class _Done(Generic[Result]):
    result: Result


class _Worker:
    """A process that does one task after another; ``index`` is the place of the one it has."""

    def __init__(self, context: multiprocessing.context.ForkServerContext) -> None:
        self.connection, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=_do_in_turn, args=(theirs,), daemon=True)
        self.index = -1
        with _interrupts_held_back():
            self.process.start()
        theirs.close()  # so that the end of the process is the end of the pipe

    def give(self, index: int, task: Task[Result]) -> None:
        """Let it do ``task``; only when it has none."""
        self.index = index
        with suppress(BrokenPipeError):  # it died in between, which the next reading tells
            self.connection.send(task)

    def told(self) -> _Step | _Done[Result] | ProcessEndedError:
        """Return what it has sent, or that it ended."""
        try:
            sent: _Step | _Done[Result] = self.connection.recv()
        except (EOFError, ConnectionResetError):
            self.process.join()
            return ProcessEndedError(f"its process ended without a result (exit code {self.process.exitcode})")
        return sent


def in_processes(
    tasks: Sequence[Task[Result]], workers: int, progress: NumberedProgress
) -> Iterator[tuple[int, Result | ProcessEndedError]]:
    """Do all ``tasks`` in ``workers`` processes, one at a time in each; yield place and result as they end.

    A process that ends without a result gives a ProcessEndedError in its stead, and another takes its place. When the
    iteration is left early, by Ctrl-C too, the processes are ended; they end by themselves when this one is killed.
    """
    context = multiprocessing.get_context("forkserver")  # a fork of this process would lack PyTorch's threads
    context.set_forkserver_preload(list(_PRELOADED))
    waiting = deque(enumerate(tasks))
    busy: list[_Worker] = []
    try:
        while waiting or busy:
            while waiting and len(busy) < workers:
                # The first one waits until PyTorch is loaded, which Ctrl-C need not.
                busy.append(interruptible(lambda: _Worker(context)))
                busy[-1].give(*waiting.popleft())
            ready = set(wait([worker.connection for worker in busy]))
            for worker in [each for each in busy if each.connection in ready]:
                index = worker.index
                told: _Step | _Done[Result] | ProcessEndedError = worker.told()
                if isinstance(told, _Step):
                    progress(index, told.done, told.total)
                    continue
                if isinstance(told, _Done) and waiting:
                    worker.give(*waiting.popleft())
                else:
                    busy.remove(worker)
                    _end(worker)
                yield index, told.result if isinstance(told, _Done) else told
    finally:
        for worker in busy:
            worker.process.terminate()
        for worker in busy:
            _end(worker)


def _end(worker: _Worker) -> None:
    """Let a process that has nothing to do end, and wait for it."""
    worker.connection.close()
    worker.process.join()


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Let the processes started meanwhile never see Ctrl-C, which this one answers for them; it sees it afterwards."""
    resource_tracker.ensure_running()  # it comes with the first process otherwise, and lets interrupts through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _do_in_turn(connection: Connection) -> None:
    """Do what comes through ``connection`` until its other end is closed."""
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    while True:
        try:
            task: Task[object] = connection.recv()
        except EOFError:
            return
        result = task(lambda done, total: connection.send(_Step(done, total)))
        connection.send(_Done(result))


def _end_with_the_parent() -> None:
    """Without it a run whose parent was killed would go on, and write over the checkpoints of its successor."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # this is a child
    parent.join()
    os._exit(1)
