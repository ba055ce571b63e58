"""The core's Vivado run in a folder: Verilog, script, constraints, and the manifest of the design."""

from __future__ import annotations

from pathlib import Path

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.run_dir import write_atomically
from heddle.hls.emit import emit_rtl
from heddle.hls.files import MANIFEST_NAME
from heddle.hls.generate import array_blocks
from heddle.hls.manifest import manifest
from heddle.synth.vivado.project import project_files

VIVADO_FOLDER = "vivado"


def write_core_project(folder: Path, design: Design, board: Board) -> list[Path]:
    """Write the Verilog of the core and its Vivado run below ``folder``, which exists; return the files' paths."""
    project = folder / VIVADO_FOLDER
    project.mkdir(exist_ok=True)
    core, element = array_blocks(design)
    verilog = emit_rtl(core, [element]).verilog
    files = {**verilog, **project_files(design, board, verilog)}
    # By this the reports that come back are known to be of this design.
    files[MANIFEST_NAME] = manifest(design, (core, element), core.name, sorted(files)).text()
    return [write_atomically(project / name, text.encode()) for name, text in sorted(files.items())]
