"""Compiled kernels: they compute what the Python does, and a change of any kernel's source starts a fresh cache."""

from __future__ import annotations

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
def test_the_first_kernel_of_an_empty_cache_says_that_kernels_are_compiled(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(numba.config, "CACHE_DIR", numba.config.CACHE_DIR)
    monkeypatch.setattr(event, "_registered", defaultdict(list))
    caplog.set_level("INFO", "heddle")
    assert jit._use_cache()
    assert caplog.messages == []
    numba.njit(lambda: 1)()
    numba.njit(lambda: 2)()
    assert caplog.messages == ["compiling kernels, once per installation"]
    folder = jit.kernel_cache_dir()
    assert folder is not None
    (folder / "a kernel").touch()
    assert jit._use_cache()
    assert sum(map(len, event._registered.values())) == 1


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
