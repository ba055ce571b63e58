"""``heddle verify``: the generated RTL against the simulator, bit by bit and cycle by cycle."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from heddle.arch.design import DATAFLOWS, Dataflow, Design
from heddle.arch.errors import HeddleError
from heddle.arch.run_dir import command_line, sha256_of
from heddle.cli.exit_codes import FAILED_CHECK, SUCCESS
from heddle.cli.options.shared import MachineOptions
from heddle.cli.options.verify import VerifyOptions
from heddle.cli.output import print_document, print_paths, print_status, print_tables
from heddle.cli.progress import Report, show_progress
from heddle.cli.work import load_machine, one_of
from heddle.dataflow.input_sizes import input_sizes
from heddle.dataflow.work import machine_hashes
from heddle.hls.generate import check_generable
from heddle.reports.runs.documents.verification import Verification
from heddle.reports.runs.record import RESULT_MARKS, RunRecord, run_folder
from heddle.verify.model import SIMULATORS
from heddle.verify.operands import Extents
from heddle.verify.results import Verdict
from heddle.verify.run_benches import run_benches
from heddle.verify.selection import Selection, selected_benches

_GEMM = re.compile(r"([1-9]\d{0,5})x([1-9]\d{0,5})x([1-9]\d{0,5})", re.ASCII)


def run(machine: MachineOptions, verification: VerifyOptions) -> int:
    """Verify, print and write as the options ask; return FAILED_CHECK when a case fails, else SUCCESS."""
    record = RunRecord()
    simulator = one_of(verification.simulator, SIMULATORS, "--simulator", "simulator")
    if verification.waves and verification.out is None:
        raise HeddleError("--waves needs --out DIR, the folder for the FST files")
    design, board = load_machine(machine, verification.sparsity)
    check_generable(design)
    command = shlex.join(["heddle", *_without_case(command_line()[1:])])
    benches = selected_benches(_selection(verification), design, board, command)
    out = run_folder(verification.out, "verify")
    verdicts = run_benches(benches, simulator, out, waves=verification.waves, follow=_follow)
    document = Verification.of(verdicts, design, simulator, verification.seed)
    written = []
    if out is not None:
        hashes = machine_hashes(design, board)
        if verification.weights is not None:
            hashes["weights"] = sha256_of(verification.weights)
        written.append(document.write(out / RESULT_MARKS["verify"]))
        written += [record.write(out, hashes), *sorted(out.glob("*/*.fst"))]
    if verification.json:
        print_document(document)
    else:
        _print_verdicts(verdicts, design)
        print_paths(written)
    _print_failures(verdicts)
    return SUCCESS if document.passed else FAILED_CHECK


def _selection(options: VerifyOptions) -> Selection:
    """The cases that the options name; raises HeddleError for words that say none."""
    dataflow: Dataflow | None = None
    if options.dataflow is not None:
        dataflow = one_of(options.dataflow, DATAFLOWS, "--dataflow", "dataflow")
    return Selection(
        gemm=_extents(options.gemm) if options.gemm is not None else None,
        workload=options.workload,
        sizes=input_sizes(options.input or (), options.batch_axis or (), options.no_batch),
        weights=options.weights,
        layer=options.layer,
        recipe=options.recipe,
        dataflow=dataflow,
        seed=options.seed,
        case=options.case,
    )


def _extents(text: str) -> Extents:
    match = _GEMM.fullmatch(text)
    if match is None:
        raise HeddleError(f"--gemm: {text!r} is not of the form MxKxN, as in 16x64x16, each from 1 to 999999")
    return Extents(*map(int, match.groups()))


def _without_case(arguments: Sequence[str]) -> list[str]:
    """``arguments`` without ``--case``, which a rerun adds."""
    kept = [word for word in arguments if not word.startswith("--case=")]
    at = kept.index("--case") if "--case" in kept else len(kept)
    return [*kept[:at], *kept[at + 2 :]]


@contextmanager
def _follow(top: str) -> Iterator[Report]:
    """Say that a module is compiled, and show how far its cases are."""
    print_status(f"compiling {top}, unless it is compiled already")
    with show_progress(f"verifying {top}") as report:
        yield report


def _print_verdicts(verdicts: Sequence[Verdict], design: Design) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    array = design.array
    title = f"{design.name}: {array.rows} × {array.cols} PEs, RTL against simulator"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    table.add_column("case")
    table.add_column("bits")
    for heading in ("RTL cycles", "simulator's"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for verdict in verdicts:
        cycles = [f"{count:,}" if count is not None else "-" for count in (verdict.rtl_cycles, verdict.sim_cycles)]
        bits, state = "equal" if verdict.bit_exact else "differ", "passed" if verdict.passed else "FAILED"
        table.add_row(verdict.name, bits, *cycles, state)
    print_tables([table])
    print(f"passed: {sum(verdict.passed for verdict in verdicts)} of {len(verdicts)}")


def _print_failures(verdicts: Sequence[Verdict]) -> None:
    """On stderr, for each failed case: what went wrong first, and the command line that runs just it."""
    for verdict in verdicts:
        if not verdict.passed:
            for problem in verdict.problems:
                print(f"heddle: case {verdict.name}: {problem}", file=sys.stderr)
            print(f"heddle: case {verdict.name}: to rerun: {verdict.rerun}", file=sys.stderr)
