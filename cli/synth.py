"""``heddle synth``: what a design takes of an FPGA, by module, and where its critical stage lies."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.arch.json_file import json_text
from heddle.arch.run_dir import sha256_of_text, write_atomically
from heddle.cli.exit_codes import FAILED_CHECK, SUCCESS
from heddle.cli.options.shared import MachineOptions
from heddle.cli.options.synth import SynthOptions
from heddle.cli.output import print_json, print_notes, print_paths, print_status, print_tables
from heddle.cli.progress import show_progress
from heddle.cli.synth_json import Synthesised, notes, synthesis_json, vivado_json
from heddle.cli.synth_tables import flat_line, module_table, stage_table, total_table, vivado_table
from heddle.cli.work import load_buildable, one_of
from heddle.dataflow.choices import OPTIMIZERS, Optimizer
from heddle.hls.emit import emit_rtl
from heddle.hls.files import MANIFEST_NAME
from heddle.hls.generate import array_blocks, array_rtl, check_generable
from heddle.hls.manifest import manifest
from heddle.hls.names import ARRAY_MODULE
from heddle.reports.runs.record import RESULT_MARKS, RunRecord, run_folder
from heddle.synth.nextpnr import PlacedElement, find_nextpnr, place_element
from heddle.synth.result import TOOLS, Usage
from heddle.synth.vivado.batch import find_vivado, run_vivado
from heddle.synth.vivado.project import project_files
from heddle.synth.vivado.read import read_reports
from heddle.synth.yosys.cells import usage_of
from heddle.synth.yosys.mapping import map_flat
from heddle.synth.yosys.plan import WITHOUT_RTL
from heddle.synth.yosys.run import synthesise

VIVADO_FOLDER = "vivado"


def run(machine: MachineOptions, synthesis: SynthOptions) -> int:
    """Synthesise, print and write as the options ask; FAILED_CHECK when the design does not fit, else SUCCESS."""
    record = RunRecord()
    tool = one_of(synthesis.tool, TOOLS, "--tool", "tool")
    optimizer = one_of(synthesis.optimizer, OPTIMIZERS, "--optimizer", "optimizer")
    if tool == "vivado" and synthesis.out is None:
        raise HeddleError("--tool vivado needs --out DIR, the folder of its project and reports")
    if tool == "vivado" and (synthesis.flat or synthesis.place):
        raise HeddleError(f"{'--flat' if synthesis.flat else '--place'}: is a check of --tool yosys; leave it out")
    if synthesis.place:
        find_nextpnr()
    design, board = load_buildable(machine, synthesis.sparsity)
    check_generable(design)
    folder = run_folder(synthesis.out, "synth")
    written = _write_project(folder, design, board) if folder else []
    if tool == "vivado":
        assert folder is not None
        document, tables, remarks = _by_vivado(folder, design, board)
    else:
        document, tables, remarks = _by_yosys(synthesis, optimizer, design, board)
    if folder:
        hashes = {"design": sha256_of_text(design.model_dump_json()), "board": sha256_of_text(board.model_dump_json())}
        written.insert(0, write_atomically(folder / RESULT_MARKS["synth"], json_text(document).encode()))
        written.append(record.write(folder, hashes))
    if synthesis.json:
        print_json(document)
    else:
        print_tables(tables)
        print_notes(remarks)
        print_paths(written)
    return FAILED_CHECK if document["fits"] is False else SUCCESS


def _by_yosys(
    options: SynthOptions, optimizer: Optimizer, design: Design, board: Board
) -> tuple[dict[str, Any], list[Any], tuple[str, ...]]:
    with show_progress(f"synthesising {design.name}") as progress:
        found = synthesise(design, board, optimizer, options.runs, progress)
    flat = _flat(design) if options.flat else None
    placed = _placed(design) if options.place else None
    made = Synthesised(design, board, found, flat, placed)
    tables = [module_table(found), total_table(made), stage_table(found)]
    remarks = (*notes(made), *([flat_line(found, flat)] if flat else []), *([_placed_line(placed)] if placed else []))
    return synthesis_json(made), tables, remarks


def _flat(design: Design) -> Usage:
    """The array mapped as one block; its log stays where the mapping fails."""
    folder = Path(tempfile.mkdtemp(prefix="heddle-flat-"))
    rtl = array_rtl(design)
    print_status("mapping the array flat, which takes minutes for more than 16 PEs")
    block = map_flat("\n".join(rtl.verilog.values()), ARRAY_MODULE, folder)
    shutil.rmtree(folder, ignore_errors=True)
    return usage_of(block.cells, ARRAY_MODULE)


def _placed(design: Design) -> PlacedElement:
    folder = Path(tempfile.mkdtemp(prefix="heddle-place-"))
    placed = place_element(design, folder)
    shutil.rmtree(folder, ignore_errors=True)
    return placed


def _placed_line(placed: PlacedElement) -> str:
    return (
        f"one PE placed and routed on {placed.device}: {placed.fmax_hz / 1e6:.1f} MHz, {placed.lut:,} LUT4, "
        f"{placed.ff:,} FF, {placed.dsp} DSP; a slower fabric than the board's"
    )


def _write_project(folder: Path, design: Design, board: Board) -> list[Path]:
    """Write the Verilog of the core and its Vivado run into a folder of their own."""
    project = folder / VIVADO_FOLDER
    project.mkdir(exist_ok=True)
    core, element = array_blocks(design)
    verilog = emit_rtl(core, [element]).verilog
    files = {**verilog, **project_files(design, board, verilog)}
    # By this the reports that come back are known to be of this design.
    files[MANIFEST_NAME] = manifest(design, (core, element), core.name, sorted(files)).text()
    return [write_atomically(project / name, text.encode()) for name, text in sorted(files.items())]


def _by_vivado(folder: Path, design: Design, board: Board) -> tuple[dict[str, Any], list[Any], tuple[str, ...]]:
    project = folder / VIVADO_FOLDER
    find_vivado(project)
    with show_progress(f"Vivado on {design.name}") as progress:
        run_vivado(project, progress)
    reports = read_reports(project)
    missing = ("sore", "wuve", "buffers", *WITHOUT_RTL)
    document = vivado_json(design, board, reports, missing)
    remarks = (
        f"the core alone was run; {', '.join(missing)} are estimated",
        *(f"not read: {entry}" for entry in document["unread"]),
    )
    return document, [vivado_table(document, board)], remarks
