"""``heddle generate``: a design as Verilog, with the files that a simulator needs and a manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from heddle.arch.json_file import json_text
from heddle.arch.run_dir import sha256_of_text, write_atomically
from heddle.cli.exit_codes import SUCCESS
from heddle.cli.options.generate import GenerateOptions
from heddle.cli.options.shared import MachineOptions
from heddle.cli.output import print_json, print_paths
from heddle.cli.work import load_machine
from heddle.hls.emit import Block, emit_rtl
from heddle.hls.generate import array_blocks, buffer_block, check_generable, double_buffers, lane_blocks, slice_blocks
from heddle.hls.manifest import manifest
from heddle.reports.runs.record import RunRecord, result_folder

MANIFEST_NAME = "manifest.json"


def run(machine: MachineOptions, generation: GenerateOptions) -> int:
    """Emit, write and print as the options ask; raises HeddleError, having written nothing, for a bad design."""
    record = RunRecord()
    design, board = load_machine(machine, generation.sparsity)
    check_generable(design)
    folder = result_folder(generation.out, "generate")
    core, element = array_blocks(design)
    tops: list[tuple[Block, list[Block]]] = [(core, [element])]
    tops += [(lane, []) for lane in lane_blocks(design)]
    buffers = double_buffers(design, board)
    tops += [(buffer_block(part, buffer), slice_blocks(buffer)) for part, buffer in buffers.items()]
    files: dict[str, str] = {}
    modules: dict[str, Block] = {}  # by name: two buffers may instantiate the same slice
    for top, repeated in tops:
        files |= emit_rtl(top, repeated).files
        modules |= {block.name: block for block in (top, *repeated)}
    document = manifest(design, modules.values(), core.name, files)
    written = [write_atomically(folder / name, text.encode()) for name, text in sorted(files.items())]
    written.append(write_atomically(folder / MANIFEST_NAME, json_text(document).encode()))
    hashes = {"design": sha256_of_text(design.model_dump_json()), "board": sha256_of_text(board.model_dump_json())}
    written.append(record.write(folder, hashes))
    if generation.json:
        print_json(_generated_json(core.name, written))
    else:
        print_paths(written)
    return SUCCESS


def _generated_json(top: str, written: list[Path]) -> dict[str, Any]:
    """The document of ``heddle generate``."""
    return {"top": top, "files": [str(path) for path in written]}
