"""Runs cases on a compiled model, in the simulator's own process, and gathers what became of each."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cocotb_tools.runner import get_runner

from heddle.arch.errors import HeddleError
from heddle.verify.bench.variables import CASES_VARIABLE, FIRST_VARIABLE, OUTCOMES_VARIABLE
from heddle.verify.case_file import save_cases
from heddle.verify.cases import Case
from heddle.verify.model import Model
from heddle.verify.results import Outcome, Verdict, judge, read_outcomes

#: Called with how many of how many cases are done.
Report = Callable[[int, int], None]

_BENCH = "heddle.verify.bench.entry"
_POLL_SECONDS = 0.5
# Amaranth writes an assertion's message, without a line's end, before Verilator reports it.
_ASSERTION = re.compile(r"^(.*)\[\d+\] %Error: .*Assertion failed", re.MULTILINE)


def run_cases(model: Model, cases: Sequence[Case], folder: Path, report: Report) -> list[Verdict]:
    """Run ``cases`` on ``model`` and return a verdict on each, in order; files go to ``folder``.

    A case in which an assertion of the RTL fires ends the simulator; the cases after it run in a new one. Raises
    HeddleError, naming the log, when the simulator ends for another reason.
    """
    place = folder.absolute()  # the simulator runs in it, where a relative path would mean another
    cases_path, outcomes_path = place / "cases.npz", place / "outcomes.jsonl"
    outcomes_path.unlink(missing_ok=True)
    save_cases(cases_path, cases)
    done: list[Outcome] = []
    with _reporting(outcomes_path, len(cases), report):
        while len(done) < len(cases):
            variables = {
                CASES_VARIABLE: str(cases_path),
                OUTCOMES_VARIABLE: str(outcomes_path),
                FIRST_VARIABLE: str(len(done)),
            }
            log = place / f"simulation-{len(done)}.log"
            _simulate(model, variables, log, place / f"waves-{len(done)}.fst")
            done = read_outcomes(outcomes_path)
            if len(done) < len(cases):
                failed = Outcome(cases[len(done)].name, None, None, _assertion(log))
                with outcomes_path.open("a") as file:
                    file.write(failed.to_json() + "\n")
                done.append(failed)
    return [judge(case, outcome) for case, outcome in zip(cases, done, strict=True)]


def _simulate(model: Model, variables: dict[str, str], log: Path, waves: Path) -> None:
    """Run the simulator to its end, good or bad: the outcomes that it wrote tell how far it came."""
    logging.getLogger(model.simulator.capitalize()).setLevel(logging.WARNING)
    try:
        get_runner(model.simulator).test(
            test_module=_BENCH,
            hdl_toplevel=model.top,
            hdl_toplevel_lang="verilog",
            build_dir=model.folder,
            test_dir=log.parent,
            results_xml=str(log.with_suffix(".xml")),
            extra_env=variables,
            plusargs=model.wave_arguments(waves),
            waves=model.waves,
            log_file=log,
        )
    except (RuntimeError, SystemExit):
        return


def _assertion(log: Path) -> str:
    """The assertion of the RTL that ended the simulator, from its log."""
    found = _ASSERTION.search(log.read_text(errors="replace"))
    if found is None:
        raise HeddleError(f"the RTL simulator stopped before its cases were done; its log is {log}")
    return f"an assertion of the RTL failed: {found[1]}"


@contextmanager
def _reporting(outcomes: Path, total: int, report: Report) -> Iterator[None]:
    """Tell ``report``, while the block runs, how many outcomes there are."""
    finished = threading.Event()

    def watch() -> None:
        while not finished.wait(_POLL_SECONDS):
            report(len(read_outcomes(outcomes)), total)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        finished.set()
        watcher.join()
