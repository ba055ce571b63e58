"""One trial: a check run on a copy of the RTL's sources, with a fault in it or without."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from benchmarks.mutants.checks import ROOT
from benchmarks.mutants.fault import Check, Fault

_LIMIT_SECONDS = 900


class Outcome(Enum):
    """What a check made of the sources it was given."""

    PASSED = "passed"
    CAUGHT = "caught"
    BROKEN = "broken"  # it ended without a verdict on the RTL


@dataclass(frozen=True)
class Trial:
    """How ``check`` went; ``said`` is its evidence, or its last line where it gave none."""

    check: Check
    outcome: Outcome
    said: str
    seconds: float


def control(check: Check) -> Trial:
    """Run ``check`` on a copy without fault."""
    with _workplace() as folder:
        _copy_sources(folder)
        return _run(check, folder)


def mutant(fault: Fault) -> Trial:
    """Run the check of ``fault`` on a copy with it. Raises HeddleError where the fault no longer fits."""
    with _workplace() as folder:
        _copy_sources(folder)
        path = folder / fault.path
        path.write_text(fault.applied(path.read_text()))
        return _run(fault.check, folder)


@contextmanager
def _workplace() -> Iterator[Path]:
    """Make an empty folder, which is gone with the trial."""
    with tempfile.TemporaryDirectory(prefix="heddle-trial-") as folder:
        yield Path(folder)


def _copy_sources(folder: Path) -> None:
    """Lay the package out in ``folder``: ``hls``, which faults are seeded in, as a copy; all else is found where it is.

    So kernels, which Numba keeps by the paths of their sources, are compiled once for all trials and the suite.
    """
    shutil.copytree(ROOT / "hls", folder / "hls", ignore=shutil.ignore_patterns("__pycache__"))
    package = folder / "heddle"
    package.mkdir()
    (package / "hls").symlink_to(folder / "hls")
    for source in ROOT.glob("heddle/*.py"):
        shutil.copyfile(source, package / source.name)
    with (package / "__init__.py").open("a") as start:
        start.write(f"\n__path__.append({str(ROOT)!r})\n")


def _run(check: Check, folder: Path) -> Trial:
    """Run ``check`` with an interpreter that looks for packages in ``folder`` first."""
    started = time.monotonic()
    try:
        done = subprocess.run(
            [sys.executable, *check.arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_LIMIT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Trial(check, Outcome.BROKEN, "no end in time", time.monotonic() - started)
    outcome, said = judged(check, done.returncode, done.stdout)
    return Trial(check, outcome, said, time.monotonic() - started)


def judged(check: Check, exit_status: int, output: str) -> tuple[Outcome, str]:
    """Return what a run of ``check`` amounts to, and the part of its output that says so."""
    if exit_status == 0:
        return Outcome.PASSED, ""
    evidence = re.search(check.evidence, output, re.MULTILINE)
    if evidence:
        return Outcome.CAUGHT, evidence[0]
    return Outcome.BROKEN, (output.strip().splitlines() or ["no output"])[-1]
