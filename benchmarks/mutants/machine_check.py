"""Drawn programs on a design's whole machine, up to the first that fails: ``… machine_check DESIGN``.

Run as ``python -m benchmarks.mutants.machine_check``. Exit status 0 when every case passes, 1 at a case that does not,
2 when no verdict can be had.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from benchmarks.mutants.first_failure import exit_status
from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.verify.machine import Machine
from heddle.verify.machine_cases import drawn_cases
from heddle.verify.machine_check import judged
from heddle.verify.machine_suite import DRAWN_CASES
from heddle.verify.results import MachineVerdict

_SEED = 0


def verdicts(name: str) -> Iterator[MachineVerdict]:
    """Yield the verdict on each case that ``heddle verify --top accelerator`` draws, as it is had."""
    design = load_design(name)
    board = load_board(design.board)
    machine = Machine(design, board)
    for case in drawn_cases(design, board, DRAWN_CASES, _SEED):
        yield judged(case, design, board, machine, "")


if __name__ == "__main__":
    sys.exit(exit_status(verdicts(sys.argv[1])))
