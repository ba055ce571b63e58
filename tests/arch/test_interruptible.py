"""Compiled work that Ctrl-C can leave."""

from __future__ import annotations

import signal

import pytest
from child import start_heddle
from waiting import HANG_S

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
    process = start_heddle("simulate", "--verbose", *options)
    assert process.stderr is not None
    for line in process.stderr:
        if line == "heddle: simulating vgg19\n":
            break
    process.send_signal(signal.SIGINT)
    printed, complaint = process.communicate(timeout=HANG_S)
    assert (process.returncode, printed) == (130, "")
    assert complaint.endswith("heddle: error: interrupted\n")
