"""Tasks in processes of its own: results, progress, and no process that outlives its use."""

from __future__ import annotations

import gc
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from waiting import wait_until

from heddle.training.processes import ProcessEndedError, in_processes

ROOT = Path(__file__).resolve().parents[2]

Progress = Callable[[int, int], None]


def square(number: int, progress: Progress) -> int:
    progress(1, 2)
    progress(2, 2)
    return number * number


def die(progress: Progress) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def fail(progress: Progress) -> int:
    raise ZeroDivisionError("a bug")


def sleep(folder: Path, progress: Progress) -> int:
    (folder / str(os.getpid())).touch()
    progress(0, 1)
    time.sleep(100_000)
    return 0


def no_progress(index: int, done: int, total: int) -> None:
    return


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("workers", [1, 2, 9])
def test_every_result_comes_with_its_place(workers: int) -> None:
    work = [partial(square, number) for number in range(5)]
    assert dict(in_processes(work, workers, no_progress)) == {0: 0, 1: 1, 2: 4, 3: 9, 4: 16}


def test_progress_is_told_with_the_place() -> None:
    told: list[tuple[int, int, int]] = []
    list(in_processes([partial(square, 3)] * 2, 1, lambda *step: told.append(step)))
    assert told == [(0, 1, 2), (0, 2, 2), (1, 1, 2), (1, 2, 2)]


def test_a_process_that_is_killed_loses_nothing_of_the_others() -> None:
    found = dict(in_processes([die, partial(square, 3)], 2, no_progress))
    assert found[1] == 9
    assert isinstance(found[0], ProcessEndedError)
    assert str(found[0]) == "its process ended without a result (exit code -9)"


def test_a_bug_is_shown_and_loses_nothing_of_the_others(capfd: pytest.CaptureFixture[str]) -> None:
    found = dict(in_processes([fail, partial(square, 3)], 1, no_progress))
    assert found[1] == 9
    assert str(found[0]) == "its process ended without a result (exit code 1)"


def test_leaving_early_ends_the_processes(tmp_path: Path) -> None:
    def stop(index: int, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(in_processes([partial(sleep, tmp_path)] * 2, 2, stop))
    assert not any(is_alive(int(path.name)) for path in tmp_path.iterdir())
    assert not multiprocessing.active_children()


def test_processes_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        f"import sys; sys.path[:0] = {[str(ROOT / 'tests' / folder) for folder in ('training', 'support')]!r}\n"
        "from functools import partial\nfrom pathlib import Path\n"
        "import test_processes as own\n"
        f"if __name__ == '__main__':\n"
        f"    list(own.in_processes([partial(own.sleep, Path({str(tmp_path / 'pids')!r}))] * 2, 2, own.no_progress))\n"
    )
    pids = tmp_path / "pids"
    pids.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen([sys.executable, str(script)], cwd=ROOT, env=environment, text=True)
    wait_until(lambda: len(list(pids.iterdir())) == 2, parent)
    children = [int(path.name) for path in pids.iterdir()]
    assert all(map(is_alive, children))
    parent.kill()
    parent.wait()
    wait_until(lambda: not any(map(is_alive, children)))


def test_the_process_that_others_are_forked_from_ends_without_a_search_of_what_it_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded: list[bool] = []
    monkeypatch.setattr(gc, "freeze", lambda: loaded.append("sklearn.datasets" in sys.modules))
    runpy.run_module("heddle.training.preloaded")
    assert loaded == [True]
