"""What the pages show of the quick verbs is what those print today."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from heddle.cli.main import main

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
_FENCED = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PROMPT = "$ heddle "
#: Left out of a page's output.
_ELIDED = "…"
#: Verbs that answer at once and write nothing.
_QUICK = ("simulate", "schedule")
#: What needs files that a reader brings, or makes some.
_WITH_FILES = ("--out", "--power", "--trace")


def shown() -> Iterator[tuple[str, str, list[str]]]:
    """Every page's quick commands with the lines shown below them."""
    for page in PAGES:
        for block in _FENCED.findall(page.read_text()):
            for part in re.split(r"^(?=\$ )", block, flags=re.MULTILINE):
                command, _, output = part.partition("\n")
                words = shlex.split(command.removeprefix("$ "))
                if command.startswith(_PROMPT) and words[1] in _QUICK and not set(_WITH_FILES) & set(words):
                    yield page.name, command.removeprefix(_PROMPT), output.splitlines()


@pytest.mark.parametrize(
    ("page", "command", "lines"), list(shown()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_the_output_that_is_shown_is_today_s(
    page: str, command: str, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    main(shlex.split(command))
    printed = capsys.readouterr()
    today = iter([line.rstrip() for line in (printed.out + printed.err).splitlines()])
    wanted = [line.rstrip() for line in lines if line.strip() not in ("", _ELIDED)]
    missing = [line for line in wanted if line not in today]
    assert missing == [], f"{page} shows what `heddle {command}` does not print in this order"


def test_the_pages_show_quick_commands() -> None:
    assert {page for page, _, _ in shown()} >= {"README.md", "cli.md", "quickstart.md"}
