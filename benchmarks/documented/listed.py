"""The list of commands that the pages name, and what a reader would have beside them."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from benchmarks.documented.pages import ROOT, all_documented, missing_lines

LIST = Path(__file__).resolve().parent / "commands.toml"
#: Written for this, in the form of Vivado's report_power.
_POWER_REPORT = LIST.with_name("route_power.rpt")
_ACCURACIES = "recipe,sparsity,accuracy_mean\ndense,2:2,96.2\nbdwp,2:4,96.0\nbdwp,2:8,95.6\n"
_FENCE = "```"


@dataclass(frozen=True)
class Listed:
    """A command to run.

    ``quick``: the tests do. ``varies``: what it prints is of the machine. ``stands_for``: others that it runs.
    """

    line: str
    exit: int = 0
    quick: bool = False
    varies: bool = False
    stands_for: tuple[str, ...] = ()

    def missing_lines(self, printed: str) -> list[str]:
        """Return what the pages show of it and ``printed`` does not have, each line with its page."""
        pages = [] if self.varies else [shown for shown in all_documented() if shown.command == self.line]
        return [f"{shown.page} shows: {line}" for shown in pages for line in missing_lines(shown, printed)]


class _Document(BaseModel):
    """The file of the list."""

    run: tuple[Listed, ...]
    elsewhere: dict[str, str]


def listed() -> tuple[Listed, ...]:
    """Every command that is run, in order."""
    return _read().run


def elsewhere() -> dict[str, str]:
    """Commands that are named and not run, each with the reason."""
    return _read().elsewhere


def _read() -> _Document:
    return _Document.model_validate(tomllib.loads(LIST.read_text(encoding="utf-8")))


def give_readers_files(folder: Path) -> None:
    """Write what pages take a reader to have into ``folder``: recipe, board, accuracies, power report, layer."""
    (folder / "mine.py").write_text(_block_with((ROOT / "docs" / "quickstart.md").read_text(), "MINE = "))
    shutil.copyfile(ROOT / "arch" / "boards" / "vcu1525.toml", folder / "my.toml")
    (folder / "accuracy.csv").write_text(_ACCURACIES)
    shutil.copyfile(_POWER_REPORT, folder / _POWER_REPORT.name)
    (folder / "conv.csv").write_text(_block_with((ROOT / "docs" / "accelerator.md").read_text(), "IFMAP Height"))


def _block_with(page: str, words: str) -> str:
    """The first block of ``page`` that holds ``words``."""
    blocks = (block.partition("\n")[2] for block in page.split(_FENCE)[1::2])
    return next(block for block in blocks if words in block)
