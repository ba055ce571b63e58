"""What goes to which stream: results to stdout, everything about the run to stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heddle.arch.json_file import json_text
from heddle.cli.verbosity import is_quiet

if TYPE_CHECKING:
    from heddle.arch.document import Document

    # The scheduler brings its compiled kernels, and doctor and help do without.
    from heddle.dataflow.scheduler import Failure

_SHOWN_FAILURES = 20


def print_json(document: Any) -> None:
    """Print ``document`` on stdout as one JSON document."""
    print(json_text(document), end="")


def print_document(document: Document) -> None:
    """Print on stdout what the document's file holds."""
    print(document.text(), end="")


def print_pieces(pieces: Iterable[str]) -> None:
    """Print on stdout a document that comes in pieces."""
    for piece in pieces:
        print(piece, end="")


def print_error(message: str) -> None:
    """Print one line on stderr that says why there is no result."""
    print(f"heddle: error: {message}", file=sys.stderr)


def print_notes(notes: Iterable[str]) -> None:
    """Print on stderr what an importer assumed or did not use, one line each; nothing with ``--quiet``."""
    for note in () if is_quiet() else notes:
        print(f"heddle: note: {note}", file=sys.stderr)


def print_status(message: str) -> None:
    """Print one line on stderr that says what is being done; nothing with ``--quiet``."""
    if not is_quiet():
        print(f"heddle: {message}", file=sys.stderr, flush=True)


def print_failures(failures: Sequence[Failure]) -> None:
    """Print on stderr which passes could not be mapped and why, one line each; a long list is cut."""
    for failure in failures[:_SHOWN_FAILURES]:
        print(
            f"heddle: layer {failure.layer}, pass {failure.pass_name}: cannot be mapped: {failure.reason}",
            file=sys.stderr,
        )
    if len(failures) > _SHOWN_FAILURES:
        print(f"heddle: and {len(failures) - _SHOWN_FAILURES} more passes", file=sys.stderr)


def print_tables(tables: Iterable[Any]) -> None:
    """Print rich tables on stdout; without a terminal they are as wide as they need to be."""
    from rich.console import Console

    # Names and remedies are text: what looks like rich's markup, or like an emoji's name, is meant as it stands.
    console = Console(width=None if sys.stdout.isatty() else 200, markup=False, emoji=False)
    for table in tables:
        console.print(table)


def print_paths(paths: Iterable[Path]) -> None:
    """Print on stdout what was written, one path a line."""
    for path in paths:
        print(f"wrote {path}")
