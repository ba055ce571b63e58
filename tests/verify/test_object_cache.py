"""The compiler's launcher: Verilator's runtime is compiled once, everything else every time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from heddle.verify.object_cache import launch


@pytest.fixture
def compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A compiler that copies its source, and notes that it ran."""
    program = tmp_path / "fake-c++"
    program.write_text(f'#!/bin/sh\necho ran >> {tmp_path}/runs\nfor last; do :; done\ncp "$last" "$2"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def compile_(folder: Path, source: str, text: str, *flags: str) -> str:
    (folder / source).write_text(text)
    target = folder / f"{source}.o"
    target.unlink(missing_ok=True)
    command = ["fake-c++", "-o", str(target), *flags, str(folder / source)]
    assert launch(folder / "objects", command) == 0
    return target.read_text()


def runs(folder: Path) -> int:
    return len((folder / "runs").read_text().splitlines())


def test_the_runtime_is_compiled_once(compiler: Path) -> None:
    assert [compile_(compiler, "verilated.cpp", "text") for _ in range(3)] == ["text"] * 3
    assert runs(compiler) == 1


def test_other_flags_or_another_source_are_compiled_anew(compiler: Path) -> None:
    compile_(compiler, "verilated.cpp", "text")
    compile_(compiler, "verilated.cpp", "text", "-O3")
    assert compile_(compiler, "verilated.cpp", "newer") == "newer"
    assert runs(compiler) == 3


def test_a_model_is_compiled_every_time(compiler: Path) -> None:
    for _ in range(2):
        compile_(compiler, "Vtop.cpp", "text")
    assert runs(compiler) == 2


def test_a_failing_compiler_keeps_nothing_and_gives_its_code(tmp_path: Path) -> None:
    (tmp_path / "verilated.cpp").write_text("")
    command = ["false", "-o", str(tmp_path / "x.o"), str(tmp_path / "verilated.cpp")]
    assert launch(tmp_path / "objects", command) == 1
    assert not (tmp_path / "objects").exists()
