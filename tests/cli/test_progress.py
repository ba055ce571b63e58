"""Progress on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import pytest

from heddle.cli.progress import show_progress


def test_short_work_is_silent_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with show_progress("weaving") as report:
        report(1, 2)
    assert capsys.readouterr() == ("", "")


def test_long_work_shows_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = iter([0.0, 5.0, 10.0, 10.0, 12.0])
    monkeypatch.setattr("heddle.cli.progress.time.monotonic", lambda: next(now))
    with show_progress("weaving") as report:
        report(1_000, 4_000)
        report(2_000, 4_000)
        report(3_000, 4_000)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "heddle: weaving: 2,000 of 4,000\n"


def test_a_terminal_gets_a_bar_on_stderr_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with show_progress("weaving") as report:
        report(1, 2)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "weaving" in printed.err


def test_a_bar_shows_no_count_before_the_first_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with show_progress("weaving"):
        pass
    assert "?" not in capsys.readouterr().err.replace("?25", "")  # what hides the cursor has a ? too
