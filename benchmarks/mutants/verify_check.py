"""``heddle verify`` of a design up to the first part that fails: ``python -m benchmarks.mutants.verify_check DESIGN``.

Parts are the array, each lane, the buffers and the units, in the order of the command, which runs all of them even
where one has failed. Exit status 0 when every case passes, 1 at a case that does not, 2 when no verdict can be had.
"""

from __future__ import annotations

import sys

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.arch.errors import HeddleError
from heddle.verify.results import Verdict
from heddle.verify.run_benches import run_benches
from heddle.verify.selection import Selection, selected_benches


def first_failure(name: str) -> Verdict | None:
    """Return the verdict on the first case that fails of a design's verification; None when all pass."""
    design = load_design(name)
    benches = selected_benches(Selection(), design, load_board(design.board), "heddle verify")
    verdicts = (verdict for bench in benches for verdict in run_benches([bench], "verilator"))
    return next((verdict for verdict in verdicts if not verdict.passed), None)


def main(design: str) -> int:
    """Verify ``design``; return the exit status."""
    try:
        failed = first_failure(design)
    except HeddleError as error:
        print(f"heddle: {error}", file=sys.stderr)
        return 2
    if failed is None:
        return 0
    print(f"mismatch: {failed.name}: {failed.problems[0]}")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
