"""SCALE-Sim's benchmark: an environment free of Heddle's constraints and never half made; products that do not end."""

from __future__ import annotations

import json
import subprocess
import sys
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


def test_a_product_ends_with_its_figures_or_within_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    product = scalesim.Product(2, 3, 4)
    monkeypatch.setattr(scalesim, "DRIVER", "print(open('product.csv').read().count('2, 3, 4') and '[1.5, 42]')")
    assert scalesim.run_scalesim(Path(sys.executable), product, 60) == scalesim.Simulated(1.5, 42)
    monkeypatch.setattr(scalesim, "DRIVER", "import time; time.sleep(60)")
    assert scalesim.run_scalesim(Path(sys.executable), product, 0.1) is None


def test_equal_products_run_once_and_one_that_does_not_end_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[scalesim.Product] = []

    def simulated(python: Path, product: scalesim.Product, limit_s: float) -> scalesim.Simulated | None:
        asked.append(product)
        return None if len(asked) == 1 else scalesim.Simulated(2.0, 1000)

    monkeypatch.setattr(scalesim, "ensure_environment", Path)
    monkeypatch.setattr(scalesim, "run_scalesim", simulated)
    monkeypatch.setattr(sys, "argv", ["scalesim", "--layers", "5", "--repeats", "1", "--limit-s", "7"])
    scalesim.main()
    *lines, record = capsys.readouterr().out.splitlines()
    assert len(asked) == 2
    assert lines[2] == "| conv1 | 163,857 | not ended in 7 s | |"
    assert lines[3] == "| layer1.0.conv1 | 125,049 | 1,000 | 125.0490 |"
    sums = json.loads(record)
    assert (sums["layers"], sums["scalesim_cpu_s"], sums["scalesim_cycles"]) == (4, 8.0, 4000)
    assert sums["heddle_cycles"] == 4 * 125_049
