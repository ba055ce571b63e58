"""Waiting for other processes, for as long as the machine takes."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

#: Against hanging for ever where the code is wrong; no machine that works needs this long.
HANG_S = 1800


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[str] | None = None) -> None:
    """Return when ``condition`` holds; where ``process`` makes it true, that must not end before."""
    end = time.monotonic() + HANG_S
    while not condition():
        if process is not None and process.poll() is not None and not condition():
            raise AssertionError(f"the process ended with {process.returncode}: {process.communicate()}")
        assert time.monotonic() < end
        time.sleep(0.02)
