"""What yosys found before, kept by the text that it was found of: a document for each."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from heddle.arch.errors import HeddleError
from heddle.arch.run_dir import cache_home, sha256_of_text, write_atomically

Found = TypeVar("Found")

# What reading an entry of the cache raises where it is missing or damaged.
_UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)


def key_of(tool: str, text: str) -> str:
    """Return the key of what ``tool``, a version with its script, finds of ``text``."""
    return sha256_of_text(f"{tool}\n{text}")


def cached(key: str, read: Callable[[Any], Found]) -> Found | None:
    """Return what ``read`` makes of an entry; None where there is none or a damaged one, which is then made anew."""
    try:
        return read(json.loads(_path(key).read_text()))
    except _UNREADABLE:
        return None


def keep(key: str, entry: object) -> None:
    """Keep an entry; without a folder that takes files, the next run takes its time again and this one ends well."""
    path = _path(key)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(entry).encode())
    except (OSError, HeddleError):
        return


def _path(key: str) -> Path:
    return cache_home() / "heddle" / "synthesis" / f"{key}.json"


def text_of(value: object) -> str:
    """Return a text of an entry. Raises TypeError for anything else, as a damaged entry has."""
    if not isinstance(value, str):
        raise TypeError
    return value


def number_of(value: object) -> int:
    """Return a whole number of an entry. Raises TypeError for anything else, as a damaged entry has."""
    if not isinstance(value, int):
        raise TypeError
    return value
