"""Progress of long work, on stderr: a bar on a terminal, else a line now and then; none with ``--quiet``.

Where stderr is no terminal, the first line comes when the work has taken 10 seconds, and then one every 10 seconds at
most. So how many lines there are depends on the machine; who reads stderr asks for ``--quiet``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from heddle.cli.verbosity import is_quiet, timed

_SECONDS_BETWEEN_LINES = 10.0

#: Called with how many of how many units are done.
Report = Callable[[int, int], None]


class _Count(MofNCompleteColumn):
    """How many of how many units are done; nothing before the first report, which brings the number of all."""

    def render(self, task: Task) -> Text:
        return Text("") if task.total is None else super().render(task)


@contextmanager
def show_progress(label: str) -> Iterator[Report]:
    """Yield what to call as work goes on; a bar is gone when the block ends."""
    with timed(label):
        if is_quiet():
            yield _nothing
        elif sys.stderr.isatty():
            with _bar(label) as report:
                yield report
        else:
            yield _lines(label)


def _nothing(done: int, total: int) -> None:
    """Take a report and say nothing."""


@contextmanager
def _bar(label: str) -> Iterator[Report]:
    columns = (TextColumn("{task.description}"), BarColumn(), _Count(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def show_status(text: str) -> Iterator[None]:
    """Show a spinner on stderr meanwhile, where someone sees it."""
    is_seen = sys.stderr.isatty() and not is_quiet()
    with timed(text), Console(stderr=True).status(text) if is_seen else nullcontext():
        yield


def _lines(label: str) -> Report:
    """Return a report that prints one line each ``_SECONDS_BETWEEN_LINES``, so that a log shows the work is alive."""
    printed = time.monotonic()

    def report(done: int, total: int) -> None:
        nonlocal printed
        if time.monotonic() - printed >= _SECONDS_BETWEEN_LINES:
            printed = time.monotonic()
            print(f"heddle: {label}: {done:,} of {total:,}", file=sys.stderr, flush=True)

    return report
