"""Drawn programs on a design's whole machine, up to the first that fails: ``… machine_check DESIGN``.

Run as ``python -m benchmarks.mutants.machine_check``. Exit status 0 when every case passes, 1 at a case that does not,
2 when no verdict can be had.
"""

from __future__ import annotations

import sys

from benchmarks.mutants.first_failure import exit_status
from heddle.arch.design_io import load_design
from heddle.verify.machine_check import drawn_verdicts
from heddle.verify.machine_suite import DRAWN_CASES

if __name__ == "__main__":
    sys.exit(exit_status(drawn_verdicts(load_design(sys.argv[1]), DRAWN_CASES, seed=0)))
