"""The one exception a user sees: a single line that says what is wrong, where, and what is valid."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class HeddleError(Exception):
    """Bad input. Its text is one line, printed as it stands; the command line then exits with 2."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


def nearest(given: str, valid: Iterable[str]) -> str | None:
    """Return the valid word closest to ``given``, or None when nothing is close."""
    by_folded = {word.casefold(): word for word in valid}
    close = difflib.get_close_matches(given.casefold(), by_folded, n=1, cutoff=0.5)
    return by_folded[close[0]] if close else None


def unknown(what: str, given: str, valid: Iterable[str], where: str = "") -> HeddleError:
    """Build the error for a word outside a closed set, with the nearest match and the whole set."""
    words = list(valid)
    close = nearest(given, words)
    place = f"{where}: " if where else ""
    guess = f"; did you mean {close!r}?" if close else ""
    return HeddleError(f"{place}unknown {what} {given!r}{guess} (valid: {', '.join(words)})")
