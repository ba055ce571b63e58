"""Compiled work that Ctrl-C can leave."""

from __future__ import annotations

import os
import signal
import threading

import pytest
from child import start_heddle
from waiting import HANG_S

from heddle.arch.interruptible import all_interruptible, interruptible, terminable


def test_the_result_comes_back() -> None:
    assert interruptible(lambda: 6 * 7) == 42


def test_an_exception_comes_back_as_it_was_raised() -> None:
    def fail() -> int:
        raise LookupError("lost")

    with pytest.raises(LookupError, match=r"^lost$"):
        interruptible(fail)


def test_several_run_at_a_time_and_their_results_come_back_in_order() -> None:
    meeting = threading.Barrier(2, timeout=HANG_S)

    def meet(number: int) -> int:
        meeting.wait()
        return number

    assert all_interruptible([lambda: meet(1), lambda: meet(2)]) == [1, 2]


@pytest.mark.parametrize("asks", [signal.SIGTERM, signal.SIGINT])
def test_the_error_that_a_request_to_end_became_is_the_request(
    asks: signal.Signals,
) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt) as interruption, terminable():
            _compile_and_be_asked(asks)
        assert isinstance(interruption.value.__cause__, RuntimeError)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def _compile_and_be_asked(asks: signal.Signals) -> None:
    """What Numba's compiler does with an exception of its callbacks."""
    try:
        os.kill(os.getpid(), asks)
    except KeyboardInterrupt:
        raise RuntimeError("no compiled object yet") from None


def test_an_error_without_a_request_stays_an_error() -> None:
    with pytest.raises(RuntimeError, match=r"^no compiled object yet$"), terminable():
        raise RuntimeError("no compiled object yet")


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
