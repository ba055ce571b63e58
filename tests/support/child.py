"""The ``heddle`` command in a process of its own, for tests that send it signals."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def start_heddle(*arguments: str) -> subprocess.Popen[str]:
    """Start ``heddle`` in the checkout, its output piped.

    SIGINT is set back to its default first: a test run in the background of a shell inherits it ignored.
    """
    return subprocess.Popen(
        [sys.executable, "-m", "heddle.cli.main", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
