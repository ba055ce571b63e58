"""Progress of long work, on stderr: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

_QUIET_SECONDS = 10.0

#: Called with how many of how many units are done.
Report = Callable[[int, int], None]


class _Count(MofNCompleteColumn):
    """How many of how many units are done; nothing before the first report, which brings the number of all."""

    def render(self, task: Task) -> Text:
        return Text("") if task.total is None else super().render(task)


@contextmanager
def show_progress(label: str) -> Iterator[Report]:
    """Yield what to call as work goes on; a bar is gone when the block ends."""
    if not sys.stderr.isatty():
        yield _lines(label)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), _Count(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def show_status(text: str) -> AbstractContextManager[object]:
    """Show a spinner on stderr meanwhile, where someone sees it."""
    return Console(stderr=True).status(text) if sys.stderr.isatty() else nullcontext()


def _lines(label: str) -> Report:
    """Return a report that prints one line each ``_QUIET_SECONDS``, so that a log shows the work is alive."""
    printed = time.monotonic()

    def report(done: int, total: int) -> None:
        nonlocal printed
        if time.monotonic() - printed >= _QUIET_SECONDS:
            printed = time.monotonic()
            print(f"heddle: {label}: {done:,} of {total:,}", file=sys.stderr, flush=True)

    return report
