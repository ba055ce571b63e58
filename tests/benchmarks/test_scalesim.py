"""The environment of SCALE-Sim's benchmark: free of Heddle's constraints, and never taken for ready half made."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks import scalesim


class Commands:
    """Stands for ``subprocess``: makes the Python that ``venv`` makes, fails at pip as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.pip_environments: list[Mapping[str, str]] = []
        self._failures = failures

    def run(self, words: Sequence[Any], *, check: bool, env: Mapping[str, str] | None = None) -> None:
        assert check
        if "venv" in words:
            python = Path(words[-1]) / "bin" / "python"
            python.parent.mkdir(parents=True)
            python.touch()
            return
        assert env is not None
        self.pip_environments.append(env)
        if len(self.pip_environments) <= self._failures:
            raise subprocess.CalledProcessError(1, "pip")


def test_pip_has_no_constraints_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    commands = Commands()
    monkeypatch.setattr(scalesim, "subprocess", commands)
    monkeypatch.setenv("PIP_CONSTRAINT", "constraints.txt")
    monkeypatch.setenv("PIP_INDEX_URL", "kept")
    assert scalesim.ensure_environment(tmp_path / "made") == tmp_path / "made" / "bin" / "python"
    (environment,) = commands.pip_environments
    assert "PIP_CONSTRAINT" not in environment
    assert environment["PIP_INDEX_URL"] == "kept"


def test_a_half_made_environment_is_made_anew_and_a_whole_one_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commands = Commands(failures=1)
    monkeypatch.setattr(scalesim, "subprocess", commands)
    with pytest.raises(subprocess.CalledProcessError):
        scalesim.ensure_environment(tmp_path / "made")
    scalesim.ensure_environment(tmp_path / "made")
    scalesim.ensure_environment(tmp_path / "made")
    assert len(commands.pip_environments) == 2
