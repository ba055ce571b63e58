"""The end of a check that runs cases: the first one that fails is printed, and the exit status says so."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from heddle.arch.errors import HeddleError
from heddle.verify.results import MachineVerdict, Verdict


def exit_status(verdicts: Iterable[Verdict | MachineVerdict]) -> int:
    """Return 0 where all ``verdicts`` pass, 1 at the first that does not, and 2 where they cannot be had."""
    try:
        failed = next((verdict for verdict in verdicts if not verdict.passed), None)
    except HeddleError as error:
        print(f"heddle: {error}", file=sys.stderr)
        return 2
    if failed is None:
        return 0
    print(f"mismatch: {failed.name}: {failed.problems[0]}")
    return 1
