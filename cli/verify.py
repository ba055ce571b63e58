"""``heddle verify``: the generated RTL against the simulator, bit by bit and cycle by cycle."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from heddle.arch.boards import Board
from heddle.arch.design import DATAFLOWS, Dataflow, Design
from heddle.arch.errors import HeddleError, unknown
from heddle.arch.json_file import json_text
from heddle.arch.run_dir import command_line, sha256_of, sha256_of_text, write_atomically
from heddle.cli.exit_codes import FAILED_CHECK, SUCCESS
from heddle.cli.options.shared import MachineOptions
from heddle.cli.options.verify import VerifyOptions
from heddle.cli.output import print_json, print_paths, print_tables
from heddle.cli.progress import show_progress
from heddle.cli.work import load_machine, one_of
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.training import StepOptions, training_step
from heddle.hls.generate import check_generable
from heddle.reports.runs.record import RunRecord, run_folder
from heddle.verify.benches import Bench, array_bench, lane_benches
from heddle.verify.icarus import build_icarus_model
from heddle.verify.model import SIMULATORS, Simulator
from heddle.verify.operands import Extents
from heddle.verify.results import Verdict, all_passed
from heddle.verify.simulation import run_cases
from heddle.verify.suite import Run, default_suite, gemm_suite, workload_suite
from heddle.verify.verilator import build_verilator_model
from heddle.verify.weights import weight_suite

RESULT_NAME = "verify.json"

_GEMM = re.compile(r"([1-9]\d{0,5})x([1-9]\d{0,5})x([1-9]\d{0,5})", re.ASCII)
_WORKLOAD_BATCH = 2


def run(machine: MachineOptions, verification: VerifyOptions) -> int:
    """Verify, print and write as the options ask; return FAILED_CHECK when a case fails, else SUCCESS."""
    record = RunRecord()
    simulator = one_of(verification.simulator, SIMULATORS, "--simulator", "simulator")
    if verification.waves and verification.out is None:
        raise HeddleError("--waves needs --out DIR, the folder for the FST files")
    design, board = load_machine(machine, verification.sparsity)
    check_generable(design)
    benches = _benches(verification, design, board)
    out = run_folder(verification.out, "verify")
    with _work_folder(out) as folder:
        verdicts = [
            verdict for bench in benches for verdict in _run_bench(bench, simulator, folder, waves=verification.waves)
        ]
    document = verdicts_json(verdicts, design, simulator, verification.seed)
    written = []
    if out is not None:
        hashes = {"design": sha256_of_text(design.model_dump_json()), "board": sha256_of_text(board.model_dump_json())}
        if verification.weights is not None:
            hashes["weights"] = sha256_of(verification.weights)
        written.append(write_atomically(out / RESULT_NAME, json_text(document).encode()))
        written += [record.write(out, hashes), *sorted(out.glob("*/*.fst"))]
    if verification.json:
        print_json(document)
    else:
        _print_verdicts(verdicts, design)
        print_paths(written)
    _print_failures(verdicts)
    return SUCCESS if document["passed"] else FAILED_CHECK


def verdicts_json(verdicts: Sequence[Verdict], design: Design, simulator: Simulator, seed: int) -> dict[str, Any]:
    """Return the document of ``heddle verify``; cases whose streams stall on purpose, which claim bits only, apart."""
    claimed = [verdict for verdict in verdicts if verdict.sim_cycles is not None]
    stalled = [verdict for verdict in verdicts if verdict.sim_cycles is None]
    return {
        "design": design.model_dump(mode="json"),
        "simulator": simulator,
        "seed": seed,
        "cases": [{**_verdict_json(verdict), "sim_cycles": verdict.sim_cycles} for verdict in claimed],
        "stalled_cases": [_verdict_json(verdict) for verdict in stalled],
        "passed": all_passed(verdicts),
    }


def _verdict_json(verdict: Verdict) -> dict[str, Any]:
    return {
        "name": verdict.name,
        "bit_exact": verdict.bit_exact,
        "rtl_cycles": verdict.rtl_cycles,
        "passed": verdict.passed,
        "problems": list(verdict.problems),
        "rerun": verdict.rerun,
    }


def _benches(options: VerifyOptions, design: Design, board: Board) -> list[Bench]:
    """The benches that the options ask for: of the array and, where they name no products, of the lanes beside it."""
    runs = _suite(options, design)
    lanes = [] if _product_options(options) else list(lane_benches(design, options.seed))
    command = shlex.join(["heddle", *_without_case(command_line()[1:])])
    if options.case is not None:
        names = [run.name for run in runs] + [name for lane in lanes for name in lane.case_names]
        if options.case not in names:
            raise unknown("case", options.case, names, "--case")
        runs = [run for run in runs if run.name == options.case]
        lanes = [lane for lane in lanes if options.case in lane.case_names]
    benches = [array_bench(design, board, runs, command)] if runs else []
    benches += [lane.build(command) for lane in lanes]
    return [_only(bench, options.case) for bench in benches]


def _only(bench: Bench, name: str | None) -> Bench:
    """The bench with the case called ``name``; with all of them without one."""
    return replace(bench, cases=tuple(case for case in bench.cases if name in (None, case.name)))


def _product_options(options: VerifyOptions) -> list[str]:
    """The options given that say which products are verified."""
    given = {"--gemm": options.gemm, "--workload": options.workload, "--weights": options.weights}
    return [name for name, value in given.items() if value is not None]


def _suite(options: VerifyOptions, design: Design) -> Sequence[Run]:
    dataflows = _dataflows(options.dataflow, design)
    given = _product_options(options)
    if len(given) > 1:
        raise HeddleError(f"{given[0]} and {given[1]} exclude each other; give one of them")
    if options.layer is not None and options.weights is None:
        raise HeddleError("--layer needs --weights FILE, the file that holds the layer")
    if options.weights is not None:
        return weight_suite(options.weights, options.layer, design, dataflows, options.seed)
    if options.gemm is not None:
        return gemm_suite(design, dataflows, _extents(options.gemm), options.seed)
    if options.workload is not None:
        from heddle.dataflow.load import load_network

        network = load_network(options.workload, _WORKLOAD_BATCH)
        step = training_step(network, recipe_named(options.recipe), design.sparsity, StepOptions(batch=_WORKLOAD_BATCH))
        return workload_suite(step, design, dataflows, options.seed)
    return default_suite(design, dataflows, options.seed)


def _dataflows(given: str | None, design: Design) -> tuple[Dataflow, ...]:
    """The dataflow that is asked for, or all that the design has."""
    if given is None:
        return design.array.dataflows
    chosen = one_of(given, DATAFLOWS, "--dataflow", "dataflow")
    if chosen not in design.array.dataflows:
        raise unknown(f"dataflow of design {design.name!r}", chosen, design.array.dataflows, "--dataflow")
    return (chosen,)


def _extents(text: str) -> Extents:
    match = _GEMM.fullmatch(text)
    if match is None:
        raise HeddleError(f"--gemm: {text!r} is not of the form MxKxN, as in 16x64x16, each from 1 to 999999")
    return Extents(*map(int, match.groups()))


@contextmanager
def _work_folder(out: Path | None) -> Iterator[Path]:
    """A folder for what passes between this process and the simulator's: ``out``, or one that goes with the run.

    An error names a log in it, so then it stays.
    """
    if out is not None:
        yield out
        return
    folder = Path(tempfile.mkdtemp(prefix="heddle-verify-"))
    try:
        yield folder
    except HeddleError:
        raise
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


def _without_case(arguments: Sequence[str]) -> list[str]:
    """``arguments`` without ``--case``, which a rerun adds."""
    kept = [word for word in arguments if not word.startswith("--case=")]
    at = kept.index("--case") if "--case" in kept else len(kept)
    return [*kept[:at], *kept[at + 2 :]]


def _run_bench(bench: Bench, simulator: Simulator, folder: Path, *, waves: bool) -> list[Verdict]:
    """Compile a module and run its cases, in a folder named as it is."""
    rtl = bench.rtl()
    work = folder / rtl.top
    work.mkdir(exist_ok=True)
    print(f"heddle: compiling {rtl.top}, unless it is compiled already", file=sys.stderr, flush=True)
    if simulator == "icarus":
        model = build_icarus_model(rtl, work / "icarus", waves=waves)
    else:
        model = build_verilator_model(rtl, waves=waves)
    with show_progress(f"verifying {rtl.top}") as progress:
        return run_cases(model, bench.cases, work, progress)


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
