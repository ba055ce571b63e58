"""``python -m benchmarks.docs_tables [--check] [--measure NAME]``: write the pages' tables of figures anew.

Each table below a marker is replaced by the one that its name makes: from the code, or from a stored measurement in
``docs/data``. Nothing is written where a marker leads nowhere or stands above a table with another heading.
``--check`` writes nothing and exits with 1 where a page would change. ``--measure NAME`` first runs the command of
``docs/data/NAME.json`` and stores what it prints.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.docs_tables import stored
from benchmarks.docs_tables.pages import PageError, rewritten
from benchmarks.docs_tables.registry import made, note

ROOT = stored.ROOT


def pages() -> list[Path]:
    """Return the pages that may hold tables of figures."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]


def changed_pages() -> dict[Path, str]:
    """Return the text of every page that is not as its markers make it. Raises PageError, which names the page."""
    found = {}
    for page in pages():
        text = page.read_text()
        try:
            new = rewritten(text, made, note)
        except PageError as error:
            raise PageError(f"{page.relative_to(ROOT)}: {error}") from None
        if new != text:
            found[page] = new
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Check or write the pages; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, exit with 1 where a page would change")
    parser.add_argument("--measure", choices=stored.data_names(), help="run the command of a stored measurement first")
    options = parser.parse_args(arguments)
    try:
        if options.measure:
            stored.write(options.measure, stored.measure(options.measure))
        changed = changed_pages()
    except (PageError, RuntimeError) as error:
        print(f"docs_tables: error: {error}", file=sys.stderr)
        return 2
    for page, text in changed.items():
        if not options.check:
            page.write_text(text)
        print(f"{'differs' if options.check else 'wrote'}: {page.relative_to(ROOT)}")
    return int(options.check and bool(changed))


if __name__ == "__main__":
    sys.exit(main())
