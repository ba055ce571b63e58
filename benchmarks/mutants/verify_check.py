"""``heddle verify`` of a design up to the first part that fails: ``python -m benchmarks.mutants.verify_check DESIGN``.

Parts are the array, each lane, the buffers and the units, in the order of the command, which runs all of them even
where one has failed. Exit status 0 when every case passes, 1 at a case that does not, 2 when no verdict can be had.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from benchmarks.mutants.first_failure import exit_status
from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.verify.results import Verdict
from heddle.verify.run_benches import run_benches
from heddle.verify.selection import Selection, selected_benches


def verdicts(name: str) -> Iterator[Verdict]:
    """Yield the verdict on each case of the verification of the design ``name``, as it is had."""
    design = load_design(name)
    for bench in selected_benches(Selection(), design, load_board(design.board), "heddle verify"):
        yield from run_benches([bench], "verilator")


if __name__ == "__main__":
    sys.exit(exit_status(verdicts(sys.argv[1])))
