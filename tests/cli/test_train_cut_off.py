"""``heddle train``: runs that are cut off, or spread over workers, end with the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from train_command import contents, train
from waiting import HANG_S, wait_until

from heddle.cli.main import main

Capture = pytest.CaptureFixture[str]

ROOT = Path(__file__).resolve().parents[2]


def descendants(pid: int) -> list[int]:
    children = [int(word) for path in Path(f"/proc/{pid}/task").glob("*/children") for word in path.read_text().split()]
    return [*children, *(below for child in children for below in descendants(child))]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def epochs_written(folder: Path) -> set[tuple[str, int]]:
    return {(str(path), path.stat().st_mtime_ns) for path in folder.glob("runs/*/checkpoint.pt")}


def start_in_a_terminal(*arguments: str) -> subprocess.Popen[str]:
    """Start ``heddle`` with a process group of its own, output piped; SIGINT as it is in a terminal."""
    return subprocess.Popen(
        [sys.executable, "-m", "heddle.cli.main", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def test_a_command_cut_off_by_any_signal_ends_as_if_undisturbed(tmp_path: Path, capsys: Capture) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    options = ["--model", "mlp", "--recipe", "transposable", "--train-samples", "200", "--epochs", "40", "--seeds", "2"]
    command = ["train", *options, "--json", "--quiet"]  # without progress, which a slow machine shows
    for number, workers in ((signal.SIGKILL, "2"), (signal.SIGTERM, "1"), (signal.SIGINT, "2")):
        before = epochs_written(broken)
        process = start_in_a_terminal(*command, "--workers", workers, "--out", str(broken))
        wait_until(lambda before=before: len(epochs_written(broken) - before) > 0, process)
        family = descendants(process.pid)
        if number == signal.SIGINT:  # a terminal's Ctrl-C goes to all processes of the command
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        printed, complaint = process.communicate(timeout=HANG_S)
        wait_until(lambda family=family: not any(map(is_alive, family)))
        if number == signal.SIGKILL:
            assert process.returncode == -signal.SIGKILL
        else:
            assert (process.returncode, printed, complaint) == (130, "", "heddle: error: interrupted\n")
    assert not (broken / "train.json").exists()
    assert main([*command, "--workers", "1", "--out", str(broken)]) == 0
    resumed = capsys.readouterr().out
    assert main([*command, "--workers", "1", "--out", str(whole)]) == 0
    assert capsys.readouterr().out == resumed
    assert contents(broken) == contents(whole)


def test_the_number_of_workers_changes_no_byte(tmp_path: Path, capsys: Capture) -> None:
    for workers in ("1", "3"):
        train(capsys, "--workers", workers, "--recipe", "bdwp-wu-sampled", "--out", str(tmp_path / workers))
    assert contents(tmp_path / "1") == contents(tmp_path / "3")
