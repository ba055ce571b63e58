"""Compiled kernels: they compute what the Python does, and a change of any kernel's source starts a fresh cache."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numba
import pytest
from numba.core import event

import heddle.arch.jit as jit


def test_a_kernel_computes_what_its_python_does() -> None:
    def polynomial(x: float) -> float:
        return x * x + 1.0

    assert jit.kernel(polynomial)(0.1) == polynomial(0.1)


def test_division_by_zero_follows_ieee_arithmetic() -> None:
    if numba.config.DISABLE_JIT:
        pytest.skip("Python's own division raises")

    def quotient(a: float, b: float) -> float:
        return a / b

    assert jit.kernel(quotient)(1.0, 0.0) == float("inf")


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
@pytest.mark.parametrize("other_kernels_are_cached", [False, True])
def test_the_first_kernel_that_is_compiled_is_told_whatever_is_cached(
    other_kernels_are_cached: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The engines' kernels take a minute, and ``simulate`` without them has filled the cache before."""
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(numba.config, "CACHE_DIR", numba.config.CACHE_DIR)
    monkeypatch.setattr(event, "_registered", defaultdict(list))
    monkeypatch.setattr(jit._SaysOnce, "said", False)
    caplog.set_level("INFO", "heddle")
    folder = jit.kernel_cache_dir()
    assert folder is not None
    if other_kernels_are_cached:
        (folder / "a kernel").touch()
    assert jit._use_cache()
    assert caplog.messages == []
    numba.njit(lambda: 1)()
    numba.njit(lambda: 2)()
    assert caplog.messages == ["compiling kernels, once per installation"]


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
def test_a_kernel_from_the_cache_is_not_told(tmp_path: Path) -> None:
    module = tmp_path / "kernels.py"
    module.write_text(
        "import logging; logging.basicConfig(level=logging.INFO, format='%(message)s')\n"
        "from heddle.arch.jit import kernel\n"
        "@kernel\n"
        "def double(x: int) -> int:\n"
        "    return 2 * x\n"
        "print(double(4))\n"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    environment.pop("NUMBA_CACHE_DIR", None)
    runs = [
        subprocess.run([sys.executable, str(module)], env=environment, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert [run.stdout for run in runs] == ["8\n", "8\n"]
    assert [run.stderr for run in runs] == ["compiling kernels, once per installation\n", ""]


def test_the_cache_folder_is_named_by_the_sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first = jit.kernel_cache_dir()
    monkeypatch.setattr(jit, "sources_digest", lambda: "other")
    second = jit.kernel_cache_dir()
    assert first is not None
    assert first.parent == tmp_path / "heddle"
    assert first.is_dir()
    assert second == tmp_path / "heddle" / "kernels-other"


@pytest.mark.parametrize("relative", ["", "cache", "./cache"])
def test_a_relative_xdg_cache_home_is_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, relative: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", relative)
    folder = jit.kernel_cache_dir()
    assert folder is not None
    assert folder.parent == tmp_path / "home" / ".cache" / "heddle"


def test_only_the_newest_few_caches_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for name in "abcdefg":
        monkeypatch.setattr(jit, "sources_digest", lambda name=name: name)
        assert jit.kernel_cache_dir() is not None
    kept = {path.name for path in (tmp_path / "heddle").iterdir()}
    assert "kernels-g" in kept
    assert len(kept) == 4


def test_a_folder_that_cannot_be_made_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(blocked))
    assert jit.kernel_cache_dir() is None
