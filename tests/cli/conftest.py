"""Run folders that several tests of ``heddle report`` read, none may write into; no line of the kernels' compiler."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from run_folders import EXPLORE, SIMULATE, heddle

from heddle.arch import jit

# Which test is the first of its process to call some kernel depends on the order of tests, and on what is cached.
jit._SaysOnce.said = True


@pytest.fixture(scope="session")
def explored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exploration of a small space."""
    folder = tmp_path_factory.mktemp("runs") / "explored"
    heddle(*EXPLORE, "--out", str(folder))
    shutil.rmtree(folder / "parts")
    return folder


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A step of the preset tiny, by the estimate."""
    folder = tmp_path_factory.mktemp("runs") / "simulated"
    heddle(*SIMULATE, "--out", str(folder))
    return folder
