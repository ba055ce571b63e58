"""A compiled program as a case of the whole machine: what ``heddle compile --out DIR`` wrote, its image included."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.arch.json_file import read_json
from heddle.arch.program_file import read_program
from heddle.arch.toml_file import check_model
from heddle.dataflow.program.memory_image import Image
from heddle.verify.machine import MemoryTiming
from heddle.verify.machine_cases import Prepared

PROGRAM_NAME = "program.bin"
_MAP, _IMAGE = "memory.json", "memory.bin"


@dataclass(frozen=True)
class FolderCase:
    """The program in ``folder``, and the memory that it runs on."""

    folder: Path
    timing: MemoryTiming

    @property
    def name(self) -> str:
        """The folder's name, and what memory is like."""
        return f"{self.folder.resolve().name}-l{self.timing.latency_clocks}-b{self.timing.beat_clocks}"

    def prepared(self, design: Design, board: Board) -> Prepared:
        """Return program and memory. Raises HeddleError for files that are not there, or not of ``design``."""
        path = self.folder / PROGRAM_NAME
        data = _read(path)
        return Prepared(read_program(data, design, str(path)), data, _image(self.folder / _IMAGE))


def compiled_design(folder: Path) -> Design:
    """Return the design that the program in ``folder`` was compiled for. Raises HeddleError where there is none."""
    document = read_json(folder / _MAP)
    if "design" not in document:
        raise HeddleError(f"{folder / _MAP}: names no design; write the folder with heddle compile --out")
    return check_model(Design, document["design"], f"{folder / _MAP}: design")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise HeddleError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from None


def _image(path: Path) -> Image:
    if not path.exists():
        raise HeddleError(f"{path}: no such file; write it with heddle compile --image --out {path.parent}")
    return np.frombuffer(_read(path), np.uint8).copy()
