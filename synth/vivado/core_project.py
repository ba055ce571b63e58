"""The core's Vivado run in a folder: Verilog, script, constraints, and the manifest of the design."""

from __future__ import annotations

from pathlib import Path

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.run_dir import write_atomically
from heddle.dataflow.choices import Optimizer
from heddle.hls.emit import emit_block
from heddle.hls.files import MANIFEST_NAME
from heddle.hls.manifest import manifest
from heddle.hls.names import CORE_MODULE
from heddle.synth.vivado.project import project_files
from heddle.synth.vivado.wrapper import core_blocks, wrapper_block

VIVADO_FOLDER = "vivado"


def write_core_project(folder: Path, design: Design, board: Board, optimizer: Optimizer = "sgd") -> list[Path]:
    """Write the Verilog of the core and its Vivado run below ``folder``, which exists; return the files' paths.

    The core is the array, the SORE lanes, the WUVE lanes for ``optimizer``, and the buffers.
    """
    project = folder / VIVADO_FOLDER
    project.mkdir(exist_ok=True)
    blocks = core_blocks(design, board, optimizer)
    inner = {name: emit_block(block) for name, block in blocks.modules.items()}
    placed = {instance: inner[block.name].description for instance, block in blocks.placed.items()}
    emitted = (emit_block(wrapper_block(placed)), *inner.values())
    modules = [each.description for each in emitted]
    verilog = {f"{each.description.name}.v": each.verilog for each in emitted}
    files = {**verilog, **project_files(design, board, verilog)}
    # By this the reports that come back are known to be of this design.
    files[MANIFEST_NAME] = manifest(design, modules, CORE_MODULE, sorted(files)).text()
    return [write_atomically(project / name, text.encode()) for name, text in sorted(files.items())]
