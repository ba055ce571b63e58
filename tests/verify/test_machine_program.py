"""A compiled folder as a case of the whole machine, and what is said where it is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from heddle.arch.assembly import assemble
from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.arch.errors import HeddleError
from heddle.arch.instruction_words import words_of
from heddle.arch.json_file import json_text
from heddle.arch.program_file import program_bytes
from heddle.verify.machine import MemoryTiming
from heddle.verify.machine_program import FolderCase, compiled_design

TINY = load_design("tiny")
BOARD = load_board(TINY.board)
STORED = "store places.row_positions=1 places.col_positions=1 places.pixels=1 places.elements=4"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "memory.json").write_text(json_text({"design": TINY.model_dump(mode="json")}))
    (tmp_path / "program.bin").write_bytes(program_bytes(words_of(assemble([STORED, "sync last"])), TINY))
    (tmp_path / "memory.bin").write_bytes(bytes(range(64)))
    return tmp_path


def test_a_folder_has_a_program_its_memory_and_its_design(folder: Path) -> None:
    case = FolderCase(folder, MemoryTiming(latency_clocks=7))
    prepared = case.prepared(TINY, BOARD)
    assert case.name == f"{folder.name}-l7-b1"
    assert len(prepared.instructions) == 2
    assert prepared.data == (folder / "program.bin").read_bytes()
    assert prepared.image.tolist() == list(range(64))
    assert compiled_design(folder) == TINY


def test_what_is_not_there_is_named(folder: Path) -> None:
    def refusal() -> str:
        with pytest.raises(HeddleError) as refused:
            FolderCase(folder, MemoryTiming()).prepared(compiled_design(folder), BOARD)
        return str(refused.value)

    (folder / "memory.bin").unlink()
    image = folder / "memory.bin"
    assert refusal() == f"{image}: no such file; write it with heddle compile --image --out {folder}"
    np.zeros(64, np.uint8).tofile(image)
    (folder / "program.bin").write_bytes(b"x" * 200)
    assert refusal() == f"{folder / 'program.bin'}: it does not begin with the header of a program"
    (folder / "program.bin").unlink()
    assert refusal() == f"{folder / 'program.bin'}: cannot be read: no such file or directory"
    (folder / "memory.json").write_text("{}")
    assert refusal() == f"{folder / 'memory.json'}: names no design; write the folder with heddle compile --out"
    (folder / "memory.json").unlink()
    assert refusal() == f"{folder / 'memory.json'}: no such file"
