"""``python -m benchmarks.documented``: run every command that the pages name, in a fresh clone.

The clone of the last commit is ``build/documented``. Each command is told with its time; one that ends with another
exit code than the list says, or prints other figures than the page shows, fails. All of them take hours.
``--from TEXT`` keeps the clone and goes on at the first command with that text; ``--only TEXT`` keeps it and runs those
with that text.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.documented.listed import Listed, give_readers_files, listed
from benchmarks.documented.pages import ROOT

FOLDER = ROOT / "build" / "documented"
#: What make hands on of its own run, and what names another environment.
_NOT_HANDED_ON = ("PIP_CONSTRAINT", "MAKEFLAGS", "MAKELEVEL", "VIRTUAL_ENV")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the commands; return 1 where one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="start", default="", metavar="TEXT")
    parser.add_argument("--only", default="", metavar="TEXT")
    options = parser.parse_args(arguments)
    if not (options.start or options.only):
        _clone(FOLDER)
    elif not FOLDER.is_dir():
        parser.error(f"{FOLDER}: no clone is there to go on with; run it once without --from and --only")
    commands = [each for each in listed() if options.only in each.line]
    first = next((place for place, each in enumerate(commands) if options.start in each.line), len(commands))
    failed = [each.line for each in commands[first:] if not _passes(each, FOLDER)]
    print(f"{len(commands[first:])} commands, {len(failed)} failed", *failed, sep="\n  ")
    return 1 if failed else 0


def _clone(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    give_readers_files(folder)


def _passes(command: Listed, folder: Path) -> bool:
    """Run ``command`` and tell how it went."""
    environment = {name: value for name, value in os.environ.items() if name not in _NOT_HANDED_ON}
    environment["PATH"] = f"{folder / '.venv' / 'bin'}{os.pathsep}{environment['PATH']}"
    start = time.monotonic()
    ended = subprocess.run(
        command.line, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    problems = [] if ended.returncode == command.exit else [f"exit code {ended.returncode}, not {command.exit}"]
    problems += command.missing_lines(ended.stdout + ended.stderr)
    print(f"{'FAILED' if problems else 'ok':6} {time.monotonic() - start:8.1f} s  {command.line}", flush=True)
    if problems:
        print(*problems, *(ended.stdout + ended.stderr).splitlines()[-20:], sep="\n       ", flush=True)
    return not problems


if __name__ == "__main__":
    raise SystemExit(main())
