"""Finding what turns Verilog into a running model."""

from __future__ import annotations

from pathlib import Path

import pytest

from heddle.arch.errors import HeddleError
from heddle.verify.toolchain import find_toolchain


def _folder_with(folder: Path, *programs: str) -> Path:
    for program in programs:
        path = folder / program
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    return folder


def test_the_verilator_on_the_path_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(_folder_with(tmp_path, "g++", "make", "perl", "verilator")))
    assert find_toolchain().verilator == tmp_path / "verilator"


def test_without_one_on_the_path_the_packages_own_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(_folder_with(tmp_path, "g++", "make", "perl")))
    found = find_toolchain()
    assert found.verilator.parts[-3:] == ("verilator", "bin", "verilator")
    assert found.environment["PATH"].startswith(str(found.verilator.parent))


def test_the_users_make_flags_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKEFLAGS", "-s")
    assert find_toolchain().environment["MAKEFLAGS"].startswith("-s CFG_CXXFLAGS_PCH_I=-include")


@pytest.mark.parametrize(
    ("there", "message"),
    [
        ([], r"g\+\+ is not on PATH; it compiles the models \(apt install g\+\+\)"),
        (["g++"], r"make is not on PATH; it builds the models \(apt install make\)"),
        (["g++", "make"], r"perl is not on PATH; it starts Verilator \(apt install perl\)"),
    ],
)
def test_a_missing_tool_is_named_with_its_remedy(
    there: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(_folder_with(tmp_path, *there)))
    with pytest.raises(HeddleError, match=message):
        find_toolchain()
