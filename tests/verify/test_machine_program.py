"""A compiled folder on the whole machine: what the command says of it, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from heddle.arch.assembly import assemble
from heddle.arch.design_io import load_design
from heddle.arch.instruction_words import words_of
from heddle.arch.json_file import json_text
from heddle.arch.program_file import program_bytes
from heddle.dataflow.program.memory_image import Image
from heddle.hls.control.instruction import Stop
from heddle.verify import machine_program
from heddle.verify.machine import MachineRun

TINY = load_design("tiny")
ZEROS = "store zeros places.row_positions=1 places.col_positions=1 places.pixels=1 places.elements=4"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "memory.json").write_text(json_text({"design": TINY.model_dump(mode="json")}))
    (tmp_path / "program.bin").write_bytes(program_bytes(words_of(assemble([ZEROS, "sync last"])), TINY))
    (tmp_path / "memory.bin").write_bytes(bytes(range(64)))
    return tmp_path


def machine_that(monkeypatch: pytest.MonkeyPatch, stop: Stop, zeros: int) -> None:
    """A machine that sets the first ``zeros`` bytes to zero."""

    class Fake:
        def __init__(self, design: object) -> None:
            assert design == TINY

        def run(self, program: bytes, image: Image, *_: object) -> MachineRun:
            after = image.copy()
            after[:zeros] = 0
            return MachineRun(after, 1234, stop, 5, 1000, {"feed": 234})

    monkeypatch.setattr(machine_program, "Machine", Fake)


@pytest.mark.parametrize(
    ("stop", "zeros", "status", "ending"),
    [
        (Stop.NONE, 8, 0, "all 64 bytes of memory equal"),
        (Stop.NONE, 6, 1, "2 bytes WRONG"),
        (Stop.DEADLOCK, 8, 1, "STOPPED by DEADLOCK at instruction 5"),
    ],
)
def test_the_command_says_what_is_in_memory(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    stop: Stop,
    zeros: int,
    status: int,
    ending: str,
) -> None:
    machine_that(monkeypatch, stop, zeros)
    assert machine_program.main([str(folder)]) == status
    assert capsys.readouterr().out == f"{folder}: 2 instructions on tiny, 1,234 clocks, {ending}\n"


def test_what_is_not_there_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def refusal() -> str:
        assert machine_program.main([str(folder)]) == 2
        return capsys.readouterr().err

    (folder / "memory.bin").unlink()
    image = folder / "memory.bin"
    assert refusal() == f"{image}: no such file; write it with heddle compile --image --out {folder}\n"
    np.zeros(64, np.uint8).tofile(image)
    (folder / "program.bin").write_bytes(b"x" * 200)
    assert refusal() == f"{folder / 'program.bin'}: it does not begin with the header of a program\n"
    (folder / "program.bin").unlink()
    assert refusal() == f"{folder / 'program.bin'}: cannot be read: no such file or directory\n"
    (folder / "memory.json").write_text("{}")
    assert refusal() == f"{folder / 'memory.json'}: names no design; write the folder with heddle compile --out\n"
    (folder / "memory.json").unlink()
    assert refusal() == f"{folder / 'memory.json'}: no such file\n"
