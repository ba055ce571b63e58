"""The installed program: interrupted while its modules are read, and else the command itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

from heddle.cli import start
from heddle.cli.exit_codes import INTERRUPTED

Capture = pytest.CaptureFixture[str]

#: What the installed program does, beside a finder that is asked first and interrupts the process for one module: by
#: itself, or in a callback, where Python prints what is raised and goes on.
PROGRAM = """
import signal, sys

class Interrupting:
    def __init__(self, module, how):
        self.module, self.how = module, how

    def find_spec(self, name, path=None, target=None):
        if name == self.module:
            self.module = None
            signal.raise_signal(signal.SIGINT) if self.how == "itself" else Dying()

class Dying:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)

signal.signal(signal.SIGINT, signal.{action})
sys.meta_path.insert(0, Interrupting({module!r}, {how!r}))
from heddle.cli.start import main
sys.exit(main())
"""


def interrupted(module: str, *arguments: str, how: str = "itself", action: str = "default_int_handler") -> list[object]:
    """Exit code and both outputs of the program, interrupted when it first looks for ``module``."""
    code = PROGRAM.format(module=module, how=how, action=action)
    ended = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    return [ended.returncode, ended.stdout, ended.stderr]


@pytest.mark.parametrize(
    ("module", "arguments"),
    [("heddle.cli.main", ["--version"]), ("typer", ["--help"]), ("numpy", ["simulate", "--workload", "mlp"])],
)
def test_an_interruption_while_modules_are_read_is_one_line(module: str, arguments: list[str]) -> None:
    assert interrupted(module, *arguments) == [INTERRUPTED, "", "heddle: error: interrupted\n"]


def test_an_interruption_that_a_callback_would_lose_is_heard_too() -> None:
    assert interrupted("typer", "--version", how="callback") == [INTERRUPTED, "", "heddle: error: interrupted\n"]


def test_a_job_in_the_background_goes_on() -> None:
    code, printed, complaint = interrupted("typer", "--version", action="SIG_IGN")
    assert (code, complaint) == (0, "")
    assert str(printed).startswith("heddle ")


def test_nothing_but_the_program_itself_is_read_before_interruptions_are_heard() -> None:
    code = "import sys; before = {*sys.modules}; import heddle.cli.start; print(*sorted({*sys.modules} - before))"
    read = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {*read} - {"__future__"} == {"heddle", "heddle.cli", "heddle.cli.start"}


def test_the_program_runs_the_command(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr(sys, "argv", ["heddle", "--version"])
    assert start.main() == 0
    assert capsys.readouterr().out.startswith("heddle ")
