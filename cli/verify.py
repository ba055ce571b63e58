"""``heddle verify``: the generated RTL against the simulator, bit by bit and cycle by cycle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.arch.run_dir import sha256_of
from heddle.cli.exit_codes import FAILED_CHECK, SUCCESS
from heddle.cli.options.shared import MachineOptions
from heddle.cli.options.verify import VerifyOptions
from heddle.cli.output import print_document, print_paths, print_status, print_tables
from heddle.cli.progress import Report, show_progress
from heddle.cli.verify_words import chosen_dataflow, command_without_case, gemm_extents, print_failed
from heddle.cli.work import load_machine, one_of
from heddle.dataflow.input_sizes import input_sizes
from heddle.dataflow.work import machine_hashes
from heddle.hls.generate import check_generable
from heddle.hls.names import TOPS
from heddle.reports.runs.documents.verification import Verification
from heddle.reports.runs.record import RESULT_MARKS, RunRecord, run_folder
from heddle.verify.model import SIMULATORS
from heddle.verify.results import Verdict
from heddle.verify.run_benches import run_benches
from heddle.verify.selection import Selection, selected_benches


def run(machine: MachineOptions, verification: VerifyOptions) -> int:
    """Verify, print and write as the options ask; return FAILED_CHECK when a case fails, else SUCCESS."""
    if one_of(verification.top, TOPS, "--top", "top") == "accelerator":
        from heddle.cli.verify_accelerator import run as run_accelerator

        return run_accelerator(machine, verification)
    _refuse_options_of_the_accelerator(verification)
    record = RunRecord()
    simulator = one_of(verification.simulator, SIMULATORS, "--simulator", "simulator")
    if verification.waves and verification.out is None:
        raise HeddleError("--waves needs --out DIR, the folder for the FST files")
    design, board = load_machine(machine, verification.sparsity)
    check_generable(design)
    command = command_without_case()
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
    print_failed(verdicts)
    return SUCCESS if document.passed else FAILED_CHECK


def _selection(options: VerifyOptions) -> Selection:
    """The cases that the options name; raises HeddleError for words that say none."""
    return Selection(
        gemm=gemm_extents(options.gemm),
        workload=options.workload,
        sizes=input_sizes(options.input or (), options.batch_axis or (), options.no_batch),
        weights=options.weights,
        layer=options.layer,
        recipe=options.recipe,
        dataflow=chosen_dataflow(options.dataflow),
        seed=options.seed,
        case=options.case,
    )


def _refuse_options_of_the_accelerator(options: VerifyOptions) -> None:
    """Raise HeddleError for an option that only the whole machine has."""
    for name in ("passes", "program", "cases", "latency", "bandwidth"):
        if getattr(options, name) is not None:
            raise HeddleError(f"--{name} needs --top accelerator")


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
