"""``--quiet`` and ``--verbose``: what each leaves out of stderr, or adds to it; stdout is the same."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from heddle.arch.boards import BOARDS
from heddle.arch.design_io import PRESETS
from heddle.cli.main import app, main
from heddle.cli.output import print_error, print_notes, print_status
from heddle.cli.progress import show_progress, show_status
from heddle.cli.verbosity import Verbosity, is_quiet, speaking, timed

Capture = pytest.CaptureFixture[str]

STEP = ["simulate", "--workload", "mlp", "--design", "tiny"]
VERBS = [command.callback.__name__ for command in app.registered_commands if command.callback]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_takes_both(verb: str, capsys: Capture) -> None:
    assert main([verb, "--help"]) == 0
    shown = capsys.readouterr().out
    assert all(option in shown for option in ("--verbose", "-v", "--quiet", "-q"))


def test_quiet_leaves_out_notes_status_and_progress_but_no_error(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    now = iter([0.0, 0.0, 100.0, 200.0, 300.0])
    monkeypatch.setattr("heddle.cli.progress.time.monotonic", lambda: next(now))
    with speaking(Verbosity.QUIET):
        assert is_quiet()
        print_notes(["assumed"])
        print_status("compiling")
        with show_progress("weaving") as report:
            report(1, 2)
        print_error("wrong")
    assert capsys.readouterr() == ("", "heddle: error: wrong\n")
    assert not is_quiet()


def test_quiet_shows_no_bar_and_no_spinner_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with speaking(Verbosity.QUIET), show_progress("weaving") as report, show_status("spinning"):
        report(1, 2)
    assert capsys.readouterr() == ("", "")


def test_what_takes_long_once_is_said_in_a_log_too_and_not_to_the_quiet(capsys: Capture) -> None:
    for level in Verbosity:
        with speaking(level):
            logging.getLogger("heddle.arch.jit").info("compiling kernels, once per installation")
    assert capsys.readouterr() == ("", "heddle: compiling kernels, once per installation\n" * 2)


def test_a_note_of_a_verb_is_left_out(tmp_path: Path, capsys: Capture) -> None:
    command = [*STEP, "--json", "--trace", str(tmp_path / "trace.json")]
    assert main(command) == 0
    loud = capsys.readouterr()
    assert main([*command, "-q"]) == 0
    quiet = capsys.readouterr()
    assert loud.err.startswith("heddle: note: ")
    assert quiet == (loud.out, "")


def test_verbose_says_what_was_read_and_how_long_phases_took(capsys: Capture) -> None:
    assert main(STEP) == 0
    normal = capsys.readouterr()
    assert main([*STEP, "-v"]) == 0
    verbose = capsys.readouterr()
    assert (normal.err, verbose.out) == ("", normal.out)
    lines = verbose.err.splitlines()
    assert f"heddle: read {PRESETS / 'tiny.toml'}" in lines
    assert f"heddle: read {BOARDS / 'vcu1525.toml'}" in lines
    assert "heddle: network mlp: of the zoo" in lines
    assert any(re.fullmatch(r"heddle: simulating mlp took \d+\.\d\d s", line) for line in lines)
    assert re.fullmatch(r"heddle: simulate took \d+\.\d\d s", lines[-1])


def test_they_exclude_each_other(capsys: Capture) -> None:
    assert main(["doctor", "-q", "-v"]) == 2
    message = "heddle: error: --quiet and --verbose exclude each other; give one of them\n"
    assert capsys.readouterr() == ("", message)


def test_nothing_stays_behind_after_a_verb() -> None:
    ours = logging.getLogger("heddle")
    before = (ours.level, list(ours.handlers))
    with pytest.raises(ZeroDivisionError), speaking(Verbosity.VERBOSE), timed("work"):
        raise ZeroDivisionError
    assert (ours.level, ours.handlers) == before
