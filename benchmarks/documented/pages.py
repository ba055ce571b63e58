"""The commands that the pages name, as a reader would type them, and the output that stands below them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: The changelog tells of commands of their day.
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))

_PROGRAMS = ("heddle", "make", "python", "pip", "apt", "vivado")
_FENCED = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
#: What a report prints beside a missing section.
_MAKE_IT = re.compile(r"make it with: (.+)$", re.MULTILINE)
_COMMENT = re.compile(r"(^|\s)#.*$")
#: The word of a reader in place of a file or a design.
_PLACEHOLDER = re.compile(r"[A-Z]+|…|\.\.\.")
#: A line of output that holds a time or a path of the machine, or that stands for others.
_OF_THE_MACHINE = re.compile(r"^…$|designs in .* a second|…/")


@dataclass(frozen=True)
class Shown:
    """A command of a page; ``output`` are the lines below it that any machine prints, none where it is only named."""

    page: str
    command: str
    output: tuple[str, ...] = ()


def documented(text: str, page: str) -> Iterator[Shown]:
    """Yield every command that ``text`` names; words such as DIR, and a verb alone in a sentence, make none."""
    for language, block in _FENCED.findall(text):
        if language in ("", "console"):
            yield from _of_block(block, page)
    for command in (*_MAKE_IT.findall(text), *_INLINE.findall(_FENCED.sub("", text))):
        line = _plain(command)
        words = line.split()
        if _is_command(line) and not (words[0] == "heddle" and len(words) == 2):
            yield Shown(page, line)


def all_documented() -> tuple[Shown, ...]:
    """Every command of every page."""
    return tuple(shown for page in PAGES for shown in documented(page.read_text(), page.name))


def _of_block(block: str, page: str) -> Iterator[Shown]:
    """A block's commands: lines after a prompt with their output, and, where there is no prompt, all that are some."""
    if "$ " not in block:
        yield from (Shown(page, line) for line in map(_plain, block.splitlines()) if _is_command(line))
        return
    for part in re.split(r"^(?=\$ )", block, flags=re.MULTILINE):
        command, _, output = part.partition("\n")
        line = _plain(command.removeprefix("$ "))
        if command.startswith("$ ") and _is_command(line):
            kept = (row.rstrip() for row in output.splitlines() if row.strip())
            yield Shown(page, line, tuple(row for row in kept if not _OF_THE_MACHINE.search(row)))


def _plain(command: str) -> str:
    """``command`` without comment, alignment and the folder of the programs."""
    return " ".join(_COMMENT.sub("", command).split()).removeprefix(".venv/bin/")


def _is_command(line: str) -> bool:
    program, _, rest = line.partition(" ")
    return program in _PROGRAMS and bool(rest) and not any(_PLACEHOLDER.fullmatch(word) for word in rest.split())


def missing_lines(shown: Shown, printed: str) -> list[str]:
    """Return the lines of ``shown`` that ``printed`` does not have, or not in their order."""
    today = iter([line.rstrip() for line in printed.splitlines()])
    return [line for line in shown.output if line not in today]
