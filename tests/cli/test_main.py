"""The command as a whole: help, version, exit codes, and one line on stderr for whatever is wrong."""

from __future__ import annotations

import atexit
import fcntl
import gc
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from heddle.arch.design_io import load_design, to_toml
from heddle.arch.errors import HeddleError
from heddle.cli import doctor as doctor_module
from heddle.cli.main import main

HEDDLE = [sys.executable, "-m", "heddle.cli.main"]
ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*HEDDLE, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        check=False,
    )


def test_without_arguments_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert all(verb in shown for verb in ("explore", "simulate", "schedule", "report", "doctor"))


def test_the_end_of_the_process_searches_no_modules_for_circles(monkeypatch: pytest.MonkeyPatch) -> None:
    at_the_end: list[object] = []
    monkeypatch.setattr(atexit, "register", at_the_end.append)
    assert main(["--version"]) == 0
    assert at_the_end == [gc.freeze]


@pytest.mark.parametrize("option", ["--help", "-h"])
@pytest.mark.parametrize("verb", ["explore", "simulate", "schedule", "report", "doctor"])
def test_every_verb_explains_its_options(verb: str, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, option]) == 0
    assert "--json" in capsys.readouterr().out


def test_the_version_is_that_of_the_package_and_of_the_newest_release(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "heddle 0.2.0\n"
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert next(heading for heading in headings if heading != "Unreleased") == "0.2.0 (2026-11-28)"


def test_a_request_to_end_is_an_interruption(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor_module, "find_tools", lambda: os.kill(os.getpid(), signal.SIGTERM))
    before = signal.getsignal(signal.SIGTERM)
    assert main(["doctor"]) == 130
    assert capsys.readouterr().err == "heddle: error: interrupted\n"
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_second_run_in_one_folder_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    out.mkdir()
    descriptor = os.open(out, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    words = ["schedule", "--workload", "mlp", "--design", "tiny", "--out", str(out)]
    assert main(words) == 2
    assert capsys.readouterr().err == (
        f"heddle: error: {out}: another run writes there; wait until it has ended, or give another folder\n"
    )
    os.close(descriptor)
    assert main(words) == 0
    assert main(words) == 0


def test_an_interruption_is_one_line_and_exit_code_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor_module, "find_tools", interrupt)
    assert main(["doctor"]) == 130
    assert capsys.readouterr().err == "heddle: error: interrupted\n"


def test_an_error_of_the_system_is_one_line(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise PermissionError(13, "Permission denied", "/dev/tools")

    monkeypatch.setattr(doctor_module, "find_tools", fail)
    monkeypatch.setattr("heddle.cli.main._leave_stdout", lambda code: code)
    assert main(["doctor"]) == 2
    assert capfd.readouterr().err == "heddle: error: /dev/tools: permission denied\n"


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (MemoryError(), "out of memory; give a smaller input, or run on a machine with more memory"),
        (MemoryError("Unable to allocate 9 TiB"), "out of memory (Unable to allocate 9 TiB); give a smaller input, or"),
        (RecursionError("maximum depth"), "the input is nested too deep; give one with fewer levels"),
    ],
)
def test_the_end_of_memory_or_of_the_stack_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, line: str
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(doctor_module, "find_tools", fail)
    assert main(["doctor"]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith(f"heddle: error: {line}")
    assert printed.count("\n") == 1


def test_a_bug_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(doctor_module, "find_tools", fail)
    with pytest.raises(ZeroDivisionError):
        main(["doctor"])


def test_an_error_without_a_verb_is_the_same_in_a_process_of_its_own() -> None:
    done = run("simulate", "--workload", "mlp", "--design", "tinny")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("heddle: error: unknown preset 'tinny'; did you mean 'tiny'?")
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_behind_stdout_is_one_line() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*HEDDLE, "doctor", "--json"], stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False
        )
    assert done.returncode == 2
    assert done.stderr == "heddle: error: cannot write the output: no space left on device\n"


def test_a_reader_that_goes_away_is_met_in_silence() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*HEDDLE, "doctor", "--json"], stdout=writer, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_closed_stdout_takes_the_output_in_silence() -> None:
    command = f"exec '{sys.executable}' -m heddle.cli.main doctor --json >&-"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_closed_stderr_changes_no_exit_code() -> None:
    command = f"exec '{sys.executable}' -m heddle.cli.main simulate --workload nothing 2>&-"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stdout) == (2, "")


def test_names_that_the_terminal_cannot_show_are_escaped(tmp_path: Path) -> None:
    design = tmp_path / "mine.toml"
    design.write_text(to_toml(load_design("tiny").model_copy(update={"name": "größe"})))
    done = run("simulate", "--workload", "mlp", "--design", str(design), PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "gr\\xf6\\xdfe" in done.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["explore", "--help"], ["train", "--help"]])
def test_help_loads_no_compiled_kernels_data_frames_or_pytorch(arguments: list[str]) -> None:
    code = (
        f"import sys; from heddle.cli.main import main; main({arguments!r});"
        "print({'numba', 'pandas', 'torch'} & sys.modules.keys(), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stderr) == (0, "set()\n")


def test_simulate_loads_neither_pandas_nor_matplotlib() -> None:
    code = (
        "import sys; from heddle.cli.main import main; main(['simulate', '--workload', 'mlp']);"
        "sys.exit(bool({'pandas', 'matplotlib', 'pyarrow'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, check=False)
    assert done.returncode == 0


def test_the_errors_of_the_packages_reach_the_user_unchanged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse() -> None:
        raise HeddleError("somewhere: this is wrong (valid: that)")

    monkeypatch.setattr(doctor_module, "find_tools", refuse)
    assert main(["doctor"]) == 2
    assert capsys.readouterr().err == "heddle: error: somewhere: this is wrong (valid: that)\n"
