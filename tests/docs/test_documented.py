"""The commands that the pages name are those of the list, and the quick ones end and print as the pages say."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from benchmarks.documented.listed import elsewhere, give_readers_files, listed
from benchmarks.documented.pages import all_documented, documented, missing_lines
from heddle.cli.main import main

NAMED = {shown.command for shown in all_documented()}
RUN = {each.line: each for each in listed()}
STOOD_FOR = [line for each in listed() for line in each.stands_for]


def test_every_command_that_a_page_names_is_run_or_said_why_not() -> None:
    assert sorted(NAMED - {*RUN, *STOOD_FOR, *elsewhere()}) == []


def test_every_command_of_the_list_stands_in_a_page_and_once_in_the_list() -> None:
    lines = [*(each.line for each in listed()), *STOOD_FOR, *elsewhere()]
    assert sorted(set(lines) - NAMED) == []
    assert len(lines) == len(set(lines))


def test_the_quick_ones_end_and_print_as_the_pages_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    give_readers_files(tmp_path)
    problems = []
    for command in (each for each in listed() if each.quick):
        line, _, _ = command.line.partition(" > ")
        code = main(shlex.split(line)[1:])
        printed = capsys.readouterr()
        if code != command.exit:
            problems.append(f"{command.line}: exit code {code}: {printed.err}")
        problems += command.missing_lines(printed.out + printed.err)
    assert problems == [], "\n".join(problems)


PAGE = """Call `heddle doctor`, `heddle report DIR`, `heddle simulate … --json` and `make  test`:

```
.venv/bin/heddle doctor   # what is there
not a command
```

```console
$ heddle schema space
{
…

$ heddle report runs
wrote runs/report.html
1,440 designs in 445 ms, 1,440 a second.
no stages: none; make it with: heddle synth --design tiny --out runs/synth
```
"""


def test_commands_are_found_in_blocks_sentences_and_reports_with_their_output() -> None:
    found = {shown.command: shown.output for shown in documented(PAGE, "page.md")}
    report = ("wrote runs/report.html", "no stages: none; make it with: heddle synth --design tiny --out runs/synth")
    assert found == {
        "heddle doctor": (),
        "heddle schema space": ("{",),
        "heddle report runs": report,
        "heddle synth --design tiny --out runs/synth": (),
        "make test": (),
    }


def test_a_line_that_is_not_printed_in_its_order_is_seen() -> None:
    (shown,) = documented("```console\n$ heddle doctor\none\ntwo\n```\n", "page.md")
    assert missing_lines(shown, "zero\none\ntwo\n") == []
    assert missing_lines(shown, "two\none\n") == ["two"]
