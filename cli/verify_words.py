"""What both tops of ``heddle verify`` read and say: sizes, a dataflow, a case's own command line, its failure."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Sequence

from heddle.arch.design import DATAFLOWS, Dataflow
from heddle.arch.errors import HeddleError
from heddle.arch.run_dir import command_line
from heddle.cli.work import one_of
from heddle.verify.operands import Extents
from heddle.verify.results import MachineVerdict, Verdict

_GEMM = re.compile(r"([1-9]\d{0,5})x([1-9]\d{0,5})x([1-9]\d{0,5})", re.ASCII)


def gemm_extents(text: str | None) -> Extents | None:
    """Return the sizes that ``--gemm`` names, or None without it; raises HeddleError for others."""
    if text is None:
        return None
    match = _GEMM.fullmatch(text)
    if match is None:
        raise HeddleError(f"--gemm: {text!r} is not of the form MxKxN, as in 16x64x16, each from 1 to 999999")
    return Extents(*map(int, match.groups()))


def chosen_dataflow(text: str | None) -> Dataflow | None:
    """Return the dataflow that ``--dataflow`` names, or None without it; raises HeddleError for another word."""
    return None if text is None else one_of(text, DATAFLOWS, "--dataflow", "dataflow")


def command_without_case() -> str:
    """Return the command line that has all cases: ``--case``, which a rerun adds, is left out."""
    kept = [word for word in command_line()[1:] if not word.startswith("--case=")]
    at = kept.index("--case") if "--case" in kept else len(kept)
    return shlex.join(["heddle", *kept[:at], *kept[at + 2 :]])


def print_failed(verdicts: Sequence[Verdict] | Sequence[MachineVerdict]) -> None:
    """On stderr, for each failed case: what went wrong first, and the command line that runs just it."""
    for verdict in verdicts:
        if not verdict.passed:
            for problem in verdict.problems:
                print(f"heddle: case {verdict.name}: {problem}", file=sys.stderr)
            print(f"heddle: case {verdict.name}: to rerun: {verdict.rerun}", file=sys.stderr)
