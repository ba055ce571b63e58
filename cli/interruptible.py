"""Long compiled work that Ctrl-C can leave."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
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
