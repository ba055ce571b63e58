"""Compiled work that Ctrl-C can leave."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.interruptible import interruptible

ROOT = Path(__file__).resolve().parents[2]


def test_the_result_comes_back() -> None:
    assert interruptible(lambda: 6 * 7) == 42


def test_an_exception_comes_back_as_it_was_raised() -> None:
    def fail() -> int:
        raise LookupError("lost")

    with pytest.raises(LookupError, match=r"^lost$"):
        interruptible(fail)


def test_ctrl_c_leaves_a_simulation_that_would_run_for_hours() -> None:
    options = ["--workload", "vgg19", "--image-size", "32768", "--level", "engines"]
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "simulate", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    time.sleep(5)
    process.send_signal(signal.SIGINT)
    printed, complaint = process.communicate(timeout=20)
    assert (process.returncode, printed, complaint) == (130, "", "heddle: error: interrupted\n")
