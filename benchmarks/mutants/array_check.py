"""The sweep on one machine, up to the first case that fails: ``python -m benchmarks.mutants.array_check BUILD``.

Exit status 0 when every case passes, 1 at a case that does not, 2 when no verdict can be had.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from benchmarks.mutants.first_failure import exit_status
from heddle.hls.generate import array_rtl
from heddle.verify.results import Verdict
from heddle.verify.simulation import run_cases
from heddle.verify.sweep import BUILDS, sweep_cases
from heddle.verify.verilator import build_verilator_model

#: Cases of one start of the simulator: few, since most faults fail most of them, and a failed assertion ends it.
_BATCH = 6
_SEED = 0


def verdicts(build: str) -> Iterator[Verdict]:
    """Yield the verdict on each case of ``build``, as it is had."""
    design = BUILDS[build].design()
    model = build_verilator_model(array_rtl(design))
    cases = sweep_cases(design, _SEED)
    with tempfile.TemporaryDirectory() as folder:
        while batch := list(islice(cases, _BATCH)):
            yield from run_cases(model, batch, Path(folder), lambda done, total: None)


if __name__ == "__main__":
    sys.exit(exit_status(verdicts(sys.argv[1])))
