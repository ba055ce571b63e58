"""One writer a run folder, and what killed runs left in it."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from heddle.arch.errors import HeddleError
from heddle.arch.folder_lock import lock_folder, release_folders

NO_PROCESS = 1 << 30


@contextmanager
def locked_elsewhere(folder: Path) -> Iterator[None]:
    """As another process holds it: the system tells open files apart, and not who opened them."""
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


@pytest.fixture(autouse=True)
def _released() -> Iterator[None]:
    yield
    release_folders()


def test_a_folder_that_another_run_writes_to_is_refused_in_one_line(tmp_path: Path) -> None:
    told = f"^{re.escape(str(tmp_path))}: another run writes there; [^\n]*$"
    with locked_elsewhere(tmp_path), pytest.raises(HeddleError, match=told):
        lock_folder(tmp_path)
    lock_folder(tmp_path)


def test_the_same_process_may_lock_a_folder_again_and_give_it_back(tmp_path: Path) -> None:
    lock_folder(tmp_path)
    lock_folder(tmp_path)
    descriptor = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(BlockingIOError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    release_folders()
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(descriptor)


def test_a_lock_leaves_nothing_in_the_folder(tmp_path: Path) -> None:
    lock_folder(tmp_path)
    release_folders()
    assert list(tmp_path.iterdir()) == []


def test_what_killed_runs_left_goes_and_what_a_running_one_writes_stays(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    left = [f".results.parquet.{NO_PROCESS}.tmp", f"parts/.block-00001.parquet.{NO_PROCESS}.tmp"]
    kept = [f".report.html.{os.getpid()}.tmp", ".mine.tmp", "results.parquet", f"notes.{NO_PROCESS}.tmp"]
    for name in (*left, *kept):
        (tmp_path / name).write_text("half")
    lock_folder(tmp_path)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()) == sorted(kept)
