"""``heddle verify --top accelerator``: programs on the RTL of the whole machine, from memory to memory."""

from __future__ import annotations

import math
from collections.abc import Sequence

from heddle.arch.boards import Board, load_board
from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.arch.port_parts import PortParts
from heddle.arch.run_dir import sha256_of
from heddle.cli.exit_codes import FAILED_CHECK, SUCCESS
from heddle.cli.options.shared import MachineOptions
from heddle.cli.options.values import check_range
from heddle.cli.options.verify import VerifyOptions
from heddle.cli.output import print_document, print_notes, print_paths, print_status, print_tables
from heddle.cli.progress import show_progress
from heddle.cli.verify_words import chosen_dataflow, command_without_case, gemm_extents, print_failed
from heddle.cli.work import load_machine, one_of, pass_names
from heddle.dataflow.input_sizes import input_sizes
from heddle.dataflow.work import machine_hashes
from heddle.hls.generate import check_accelerator
from heddle.hls.names import ACCELERATOR_MODULE
from heddle.reports.runs.documents.verification import AcceleratorVerification
from heddle.reports.runs.record import RESULT_MARKS, RunRecord, run_folder
from heddle.verify.machine import Machine
from heddle.verify.machine_check import judged
from heddle.verify.machine_program import PROGRAM_NAME, compiled_design
from heddle.verify.machine_suite import PRODUCT_PASSES, MachineSelection, machine_suite
from heddle.verify.model import SIMULATORS
from heddle.verify.results import MachineVerdict

#: The least bytes a clock: a beat of the widest port each 6,400 clocks.
_LEAST_BANDWIDTH = 0.01


def run(machine: MachineOptions, verification: VerifyOptions) -> int:
    """Verify, print and write as the options ask; return FAILED_CHECK when a case fails, else SUCCESS."""
    record = RunRecord()
    _refuse_options_of_the_array(verification)
    design, board = _machine(machine, verification)
    check_accelerator(design)
    suite = machine_suite(_selection(verification, design), design, board)
    print_notes(suite.notes)
    out = run_folder(verification.out, "verify")
    command = command_without_case()
    print_status(f"compiling {ACCELERATOR_MODULE}, unless it is compiled already")
    model = Machine(design, board)
    verdicts: list[MachineVerdict] = []
    with show_progress(f"verifying {ACCELERATOR_MODULE}") as report:
        for case in suite.cases:
            report(len(verdicts), len(suite.cases))
            verdicts.append(judged(case, design, board, model, f"{command} --case {case.name}"))
    document = AcceleratorVerification.of(verdicts, design, verification.seed)
    written = []
    if out is not None:
        hashes = machine_hashes(design, board)
        if verification.program is not None:
            hashes["program"] = sha256_of(verification.program / PROGRAM_NAME)
        written += [document.write(out / RESULT_MARKS["verify"]), record.write(out, hashes)]
    if verification.json:
        print_document(document)
    else:
        _print_verdicts(verdicts, design)
        print_paths(written)
    print_failed(verdicts)
    return SUCCESS if document.passed else FAILED_CHECK


def _refuse_options_of_the_array(options: VerifyOptions) -> None:
    """Raise HeddleError for an option that only the array with its blocks has."""
    given = {"--weights": options.weights is not None, "--layer": options.layer is not None, "--waves": options.waves}
    for name, is_given in given.items():
        if is_given:
            raise HeddleError(f"{name} needs --top array")
    if one_of(options.simulator, SIMULATORS, "--simulator", "simulator") != "verilator":
        raise HeddleError(f"--simulator {options.simulator} needs --top array: the machine's model is Verilator's")


def _machine(machine: MachineOptions, options: VerifyOptions) -> tuple[Design, Board]:
    """The design that the options make, or that a program was compiled for."""
    if options.program is None:
        return load_machine(machine, options.sparsity)
    if machine != MachineOptions() or options.sparsity is not None:
        raise HeddleError(
            "--program names its design in memory.json; leave out --design and the options that change it"
        )
    design = compiled_design(options.program)
    return design, load_board(design.board)


def _selection(options: VerifyOptions, design: Design) -> MachineSelection:
    """The cases that the options name; raises HeddleError for words that say none."""
    port_bytes = PortParts.of(design).word_bytes
    check_range("--bandwidth", options.bandwidth, _LEAST_BANDWIDTH, port_bytes)
    return MachineSelection(
        gemm=gemm_extents(options.gemm),
        workload=options.workload,
        program=options.program,
        count=options.cases,
        passes=pass_names(options.passes, PRODUCT_PASSES) if options.passes is not None else None,
        recipe=options.recipe,
        sizes=input_sizes(options.input or (), options.batch_axis or (), options.no_batch),
        dataflow=chosen_dataflow(options.dataflow),
        latency_clocks=options.latency,
        beat_clocks=math.ceil(port_bytes / options.bandwidth) if options.bandwidth is not None else None,
        seed=options.seed,
        case=options.case,
    )


def _print_verdicts(verdicts: Sequence[MachineVerdict], design: Design) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    array = design.array
    title = f"{design.name}: the whole machine of {array.rows} × {array.cols} PEs, RTL against simulator"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    table.add_column("case")
    table.add_column("memory")
    causes = list(next((verdict.stalls_rtl for verdict in verdicts if verdict.stalls_rtl), {}))
    for heading in ("RTL cycles", "simulator's", "array", *causes):
        table.add_column(heading, justify="right")
    table.add_column("")
    for verdict in verdicts:
        stalls = [(verdict.stalls_rtl or {}).get(cause) for cause in causes]
        counts = (verdict.rtl_cycles, verdict.sim_cycles, verdict.array_rtl_cycles, *stalls)
        shown = [f"{count:,}" if count is not None else "-" for count in counts]
        memory, state = "equal" if verdict.bit_exact else "differs", "passed" if verdict.passed else "FAILED"
        table.add_row(verdict.name, memory, *shown, state)
    print_tables([table])
    print(f"passed: {sum(verdict.passed for verdict in verdicts)} of {len(verdicts)}")
