"""Compiled work that Ctrl-C can leave."""

from __future__ import annotations

import signal
import time

import pytest
from child import start_heddle

from heddle.arch.interruptible import interruptible


def test_the_result_comes_back() -> None:
    assert interruptible(lambda: 6 * 7) == 42


def test_an_exception_comes_back_as_it_was_raised() -> None:
    def fail() -> int:
        raise LookupError("lost")

    with pytest.raises(LookupError, match=r"^lost$"):
        interruptible(fail)


def test_ctrl_c_leaves_a_simulation_that_would_run_for_hours() -> None:
    options = ["--workload", "vgg19", "--image-size", "32768", "--level", "engines"]
    process = start_heddle("simulate", *options)
    time.sleep(5)
    process.send_signal(signal.SIGINT)
    printed, complaint = process.communicate(timeout=20)
    assert (process.returncode, printed, complaint) == (130, "", "heddle: error: interrupted\n")
