"""``heddle generate``: a design as Verilog, with the files that a simulator needs and a manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from heddle.arch.run_dir import write_atomically
from heddle.cli.exit_codes import SUCCESS
from heddle.cli.options.generate import GenerateOptions
from heddle.cli.options.shared import MachineOptions
from heddle.cli.output import print_json, print_notes, print_paths
from heddle.cli.work import load_machine
from heddle.dataflow.work import machine_hashes
from heddle.hls.files import GeneratedDesign, generated_design
from heddle.hls.generate import check_generable
from heddle.reports.runs.record import RunRecord, result_folder


def run(machine: MachineOptions, generation: GenerateOptions) -> int:
    """Emit, write and print as the options ask; raises HeddleError, having written nothing, for a bad design."""
    record = RunRecord()
    design, board = load_machine(machine, generation.sparsity)
    check_generable(design)
    folder = result_folder(generation.out, "generate")
    generated = generated_design(design, board, generation.buffer_latency)
    written = [write_atomically(folder / name, text.encode()) for name, text in generated.files.items()]
    written.append(record.write(folder, machine_hashes(design, board)))
    print_notes(f"{module} is not written: {why}" for module, why in generated.left_out.items())
    if generation.json:
        print_json(_generated_json(generated, written))
    else:
        print_paths(written)
    return SUCCESS


def _generated_json(generated: GeneratedDesign, written: list[Path]) -> dict[str, Any]:
    """The document of ``heddle generate``."""
    files = [str(path) for path in written]
    return {"top": generated.top, "files": files, "left_out": dict(generated.left_out)}
