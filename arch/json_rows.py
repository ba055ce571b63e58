"""A long list of a JSON document, of whose objects many differ in nothing but a name, written in pieces."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from heddle.arch.named_rows import NamedRows, Row


def named_list_text(
    document: str, key: str, name_key: str, rows: NamedRows[Row], entries: Sequence[Mapping[str, Any]]
) -> Iterator[str]:
    """Yield ``document`` (``json_text``), whose list ``key`` is empty, with an entry for each of ``rows`` in that list.

    ``entries`` are those of the distinct rows; the first key of each, ``name_key``, gets the name of the row.
    """
    if not len(rows):
        yield document
        return
    before, after = document.split(f'\n  "{key}": [],\n')
    yield f'{before}\n  "{key}": [\n'
    names = [f',\n    {{\n      "{name_key}": {json.dumps(name)},' for name in rows.names]
    texts = [_after_name(entry) for entry in entries]
    pieces = rows.text(names, texts)
    yield next(pieces).removeprefix(",\n")
    yield from pieces
    yield f"\n  ],\n{after}"


def _after_name(entry: Mapping[str, Any]) -> str:
    """The lines of an object in a list of the document, after that of its first key."""
    _, *others = entry.items()
    return json.dumps(dict(others), indent=2, allow_nan=False).removeprefix("{").replace("\n", "\n    ")
