"""The installed program: interrupted while its modules are read, and else the command itself."""

from __future__ import annotations

import builtins
import sys
from typing import Any

import pytest

from heddle.cli.start import main

Capture = pytest.CaptureFixture[str]


def test_an_interruption_while_modules_are_read_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    real = builtins.__import__

    def interrupted(name: str, *rest: Any, **more: Any) -> Any:
        if name == "heddle.cli.main":
            raise KeyboardInterrupt
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", interrupted)
    assert main() == 130
    assert capsys.readouterr().err == "heddle: error: interrupted\n"


def test_the_program_runs_the_command(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(sys, "argv", ["heddle", "--version"])
    assert main() == 0
    assert capsys.readouterr().out.startswith("heddle ")
