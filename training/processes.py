"""Work in processes of its own, which report how far they are and never outlive the process that started them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Generic, Protocol, TypeVar

Result = TypeVar("Result")
Result_co = TypeVar("Result_co", covariant=True)

Progress = Callable[[int, int], None]
#: Told the place of a piece of work, and how much of how much of it is done.
NumberedProgress = Callable[[int, int, int], None]

# What every run loads, and what takes longest to load. Names that are not installed are passed over.
_PRELOADED = ("training.run", "torch._dynamo", "sklearn.datasets")


class Work(Protocol[Result_co]):
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


@dataclass(frozen=True)
class _Child:
    index: int
    process: BaseProcess
    connection: Connection


def in_processes(
    work: Sequence[Work[Result]], workers: int, progress: NumberedProgress
) -> Iterator[tuple[int, Result | ProcessEndedError]]:
    """Do every piece of ``work`` in a process of its own, ``workers`` at a time; yield place and result as they end.

    A process that ends without a result gives a ProcessEndedError in its stead. When the iteration is left early,
    by Ctrl-C too, the processes are ended; they end by themselves when this process is killed.
    """
    context = multiprocessing.get_context("forkserver")  # a fork of this process would lack PyTorch's threads
    context.set_forkserver_preload(list(_PRELOADED))
    waiting = deque(enumerate(work))
    running: list[_Child] = []
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                running.append(_start(context, *waiting.popleft()))
            ready = set(wait([child.connection for child in running]))
            for child in [each for each in running if each.connection in ready]:
                told: _Step | _Done[Result] | ProcessEndedError = _received(child)
                if isinstance(told, _Step):
                    progress(child.index, told.done, told.total)
                    continue
                running.remove(child)
                yield child.index, told.result if isinstance(told, _Done) else told
    finally:
        for child in running:
            child.process.terminate()
        for child in running:
            child.process.join()


def _start(context: multiprocessing.context.ForkServerContext, index: int, work: Work[Result]) -> _Child:
    mine, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_do, args=(work, theirs), daemon=True)
    with _interrupts_held_back():
        process.start()
    theirs.close()  # so that the end of the process is the end of the pipe
    return _Child(index, process, mine)


def _received(child: _Child) -> _Step | _Done[Result] | ProcessEndedError:
    try:
        told: _Step | _Done[Result] = child.connection.recv()
    except EOFError:
        child.process.join()
        child.connection.close()
        return ProcessEndedError(f"its process ended without a result (exit code {child.process.exitcode})")
    if isinstance(told, _Done):
        child.process.join()
        child.connection.close()
    return told


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Let the processes started meanwhile never see Ctrl-C, which this one answers for them; it sees it afterwards."""
    resource_tracker.ensure_running()  # it comes with the first process otherwise, and lets interrupts through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _do(work: Work[Result], connection: Connection) -> None:
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    result = work(lambda done, total: connection.send(_Step(done, total)))
    connection.send(_Done(result))
    connection.close()


def _end_with_the_parent() -> None:
    """Without it a run whose parent was killed would go on, and write over the checkpoints of its successor."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # this is a child
    parent.join()
    os._exit(1)
