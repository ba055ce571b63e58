"""Long work that Ctrl-C, or a request to end, can leave."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

Result = TypeVar("Result")


def interruptible(work: Callable[[], Result]) -> Result:
    """Return what ``work`` returns, or raise what it raises; Ctrl-C meanwhile raises KeyboardInterrupt at once.

    Python handles a signal only between its own instructions, and a compiled kernel may run for minutes. So the
    work runs in a thread that the process does not wait for at its end, and this one waits where it can be woken.
    """
    return all_interruptible([work])[0]


def all_interruptible(works: Sequence[Callable[[], Result]]) -> list[Result]:
    """Do as ``interruptible`` with several works at a time, a thread each; of their errors the first's is raised."""
    outcomes: list[Future[Result]] = [_begun(work) for work in works]
    return [outcome.result() for outcome in outcomes]


def _begun(work: Callable[[], Result]) -> Future[Result]:
    outcome: Future[Result] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:  # none is swallowed: the waiting thread raises it
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return outcome


@contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM, as a batch system sends it, raise KeyboardInterrupt meanwhile: the process then tidies up and ends.

    Where Python code is called from compiled code, as by Numba's compiler, the interruption comes out as another error:
    after SIGTERM and after Ctrl-C any error is the interruption. Only the main thread takes signals; in another one
    nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        raise KeyboardInterrupt

    before = {signal.SIGTERM: signal.signal(signal.SIGTERM, interrupt)}
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a job in the background ignores it
        before[signal.SIGINT] = signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    except Exception as error:
        if asked:
            raise KeyboardInterrupt from error
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
