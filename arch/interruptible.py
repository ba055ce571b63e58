"""Long work that Ctrl-C, or a request to end, can leave."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
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
    outcome: Future[Result] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:  # none is swallowed: the waiting thread raises it
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return outcome.result()


@contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM, as a batch system sends it, raise KeyboardInterrupt meanwhile: the process then tidies up and ends.

    Only the main thread takes signals; in another one nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
