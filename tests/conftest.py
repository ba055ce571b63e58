"""What all tests share: Hypothesis draws the same examples in every run, without a stop-watch; folders are marked."""

from __future__ import annotations

import gc
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from unused_components import UnusedComponents

# PyTorch's threads wait for each other by spinning. A test's tensors are small, and there is a process for each core.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A bare `pytest` finds `benchmarks` so. It is last: a trial of the mutation check has its own copy of `heddle` before.
sys.path.append(str(Path(__file__).resolve().parents[1]))

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

_UNUSED = UnusedComponents()

#: Folders whose tests carry a mark by which the run with NUMBA_DISABLE_JIT=1 leaves them out.
_MARKS = {"rtl": ("hls", "synth", "verify", "benchmarks"), "outer": ("training", "cli", "reports", "browser", "docs")}
#: Those of kernels among them, which that run takes all the same.
_OF_KERNELS = tuple(f"training/test_{part}.py" for part in ("blocks", "machine", "masks", "sampling"))


@pytest.fixture(autouse=True)
def _each_component_is_elaborated() -> Iterator[None]:
    """Let the test that leaves a component without elaboration fail, and no other (see filterwarnings in pyproject)."""
    yield
    _UNUSED.collect()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what stands in the folders of hardware as ``rtl``; training, verbs, pages and the API as ``outer``."""
    here = Path(__file__).parent
    kernels = [here / name for name in _OF_KERNELS]
    for item in items:
        if item.path in kernels:
            continue
        if item.path.parent == here:
            item.add_marker("outer")
        for mark, folders in _MARKS.items():
            if any(here / folder in item.path.parents for folder in folders):
                item.add_marker(mark)


def pytest_collection_finish() -> None:
    """Leave modules and items out of garbage collection: they live to the end, and to walk them takes half a second."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how long each part of the suite took, in seconds of the tests themselves, the longest first."""
    seconds: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[_part(report.nodeid)] += report.duration
    if len(seconds) > 1:
        terminalreporter.section("seconds by part")
        for part, spent in seconds.most_common():
            terminalreporter.write_line(f"{spent:8.1f} {part}")


def _part(nodeid: str) -> str:
    """The folder of a test below tests/, or its file where it stands in none."""
    return "/".join(nodeid.split("::")[0].split("/")[:2])
