"""``heddle synth``: what a design takes of an FPGA, by module, and where its critical stage lies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.cli.exit_codes import FAILED_CHECK, SUCCESS
from heddle.cli.options.shared import MachineOptions
from heddle.cli.options.synth import SynthOptions
from heddle.cli.output import print_document, print_notes, print_paths, print_status, print_tables
from heddle.cli.progress import show_progress
from heddle.cli.synth_tables import (
    fan_out_table,
    flat_line,
    model_table,
    module_table,
    stage_table,
    total_table,
    vivado_table,
)
from heddle.cli.work import load_buildable, one_of
from heddle.dataflow.choices import OPTIMIZERS, Optimizer
from heddle.dataflow.work import machine_hashes
from heddle.hls.generate import check_accelerator, check_generable
from heddle.hls.names import TOPS, Top
from heddle.reports.runs.documents.synthesis import (
    SynthesisDocument,
    VivadoSynthesis,
    vivado_synthesis,
    yosys_synthesis,
)
from heddle.reports.runs.record import RESULT_MARKS, RunRecord, run_folder
from heddle.synth.checks import flat_array, placed_pe
from heddle.synth.nextpnr import PlacedElement, find_nextpnr
from heddle.synth.result import TOOLS, Usage
from heddle.synth.vivado.batch import find_vivado, run_vivado
from heddle.synth.vivado.core_project import VIVADO_FOLDER, write_core_project
from heddle.synth.vivado.read import read_reports
from heddle.synth.yosys.plan import NOT_SYNTHESISED
from heddle.synth.yosys.run import synthesise

Found = tuple[SynthesisDocument, list[Any], tuple[str, ...]]


def run(machine: MachineOptions, synthesis: SynthOptions) -> int:
    """Synthesise, print and write as the options ask.

    FAILED_CHECK when the design does not fit or, by Vivado, misses its clock; else SUCCESS.
    """
    record = RunRecord()
    tool = one_of(synthesis.tool, TOOLS, "--tool", "tool")
    top = one_of(synthesis.top, TOPS, "--top", "top")
    optimizer = one_of(synthesis.optimizer, OPTIMIZERS, "--optimizer", "optimizer")
    if tool == "vivado" and synthesis.out is None:
        raise HeddleError("--tool vivado needs --out DIR, the folder of its project and reports")
    if tool == "vivado" and (synthesis.flat or synthesis.place):
        raise HeddleError(f"{'--flat' if synthesis.flat else '--place'}: is a check of --tool yosys; leave it out")
    if tool == "vivado" and top != "array":
        raise HeddleError(f"--top {top}: Vivado's project has the array with lanes and buffers; leave it out")
    if synthesis.place:
        find_nextpnr()
    design, board = load_buildable(machine, synthesis.sparsity)
    (check_generable if top == "array" else check_accelerator)(design)
    folder = run_folder(synthesis.out, "synth")
    written = write_core_project(folder, design, board, optimizer) if folder else []
    if tool == "vivado":
        assert folder is not None
        document, tables, remarks = _by_vivado(folder, design, board)
    else:
        document, tables, remarks = _by_yosys(synthesis, top, optimizer, design, board)
    if folder:
        written.insert(0, document.write(folder / RESULT_MARKS["synth"]))
        written.append(record.write(folder, machine_hashes(design, board)))
    if synthesis.json:
        print_document(document)
    else:
        print_tables(tables)
        print_notes(remarks)
        print_paths(written)
    return FAILED_CHECK if document.fits is False or _misses_clock(document) else SUCCESS


def _misses_clock(document: SynthesisDocument) -> bool:
    timing = document.timing if isinstance(document, VivadoSynthesis) else None
    return timing is not None and timing.met is False


def _by_yosys(options: SynthOptions, top: Top, optimizer: Optimizer, design: Design, board: Board) -> Found:
    with show_progress(f"synthesising {design.name}") as progress:
        found = synthesise(design, board, optimizer, options.runs, progress, top)
    flat = _flat(design) if options.flat else None
    placed = placed_pe(design) if options.place else None
    document = yosys_synthesis(design, board, found, flat, placed)
    tables = [
        module_table(found),
        model_table(found, document),
        total_table(found, document, board),
        stage_table(found),
        fan_out_table(found),
    ]
    checks = (*([flat_line(found, flat)] if flat else []), *([_placed_line(placed)] if placed else []))
    return document, tables, (*document.notes, *checks)


def _flat(design: Design) -> Usage:
    print_status("mapping the array flat, which takes minutes for more than 16 PEs")
    return flat_array(design)


def _placed_line(placed: PlacedElement) -> str:
    return (
        f"one PE placed and routed on {placed.device}: {placed.fmax_hz / 1e6:.1f} MHz, {placed.lut:,} LUT4, "
        f"{placed.ff:,} FF, {placed.dsp} DSP; a slower fabric than the board's"
    )


def _by_vivado(folder: Path, design: Design, board: Board) -> Found:
    missing = NOT_SYNTHESISED["array"]
    project = folder / VIVADO_FOLDER
    find_vivado(project)
    with show_progress(f"Vivado on {design.name}") as progress:
        run_vivado(project, progress)
    document = vivado_synthesis(design, board, read_reports(project), missing)
    remarks = (
        f"{', '.join(document.covers)} were run, a register at each of their ports among what they take; "
        f"{', '.join(missing)} are estimated",
        *(f"not read: {entry}" for entry in document.unread),
    )
    return document, [vivado_table(document, board)], remarks
