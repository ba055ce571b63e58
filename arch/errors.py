"""The one exception a user sees: a single line that says what is wrong, where, and what is valid."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from heddle.arch.names import visible

_SHORT_LETTERS = 2
_LEAST_SIMILARITY = 0.6  # difflib's ratio; below it "help" resembles "schedule"


_NAMES_SHOWN = 3


class HeddleError(Exception):
    """Bad input. Its text is one line without control characters; the command line prints it and exits with 2."""

    def __init__(self, message: str) -> None:
        super().__init__(visible(" ".join(message.split())))


class KeyValueError(ValueError):
    """What a model's own check refuses: a value at ``key``, the keys and indices from the model down to it."""

    def __init__(self, message: str, *key: str | int) -> None:
        super().__init__(message)
        self.key = key


def nearest(given: str, valid: Iterable[str]) -> str | None:
    """Return the valid word that ``given`` was meant to be, or None when that is not clear.

    Case and leading dashes do not count. The one word that ``given`` begins comes first, then the most similar
    one; several words that it begins are no guess. One or two letters resemble too much, so for them only the
    same letters in another case or order count.
    """
    by_folded = {_folded(word): word for word in valid}
    word = _folded(given)
    if word in by_folded:
        return by_folded[word]
    if len(word) <= _SHORT_LETTERS:
        return next((by_folded[other] for other in by_folded if sorted(other) == sorted(word)), None)
    begun = [other for other in by_folded if other.startswith(word)]
    close = begun or difflib.get_close_matches(word, by_folded, n=1, cutoff=_LEAST_SIMILARITY)
    return by_folded[close[0]] if len(close) == 1 else None


def _folded(word: str) -> str:
    return word.casefold().lstrip("-")


def unknown(what: str, given: str, valid: Iterable[str], where: str = "") -> HeddleError:
    """Build the error for a word outside a closed set, with the nearest match and the whole set."""
    words = list(valid)
    close = nearest(given, words)
    place = f"{where}: " if where else ""
    guess = f"; did you mean {close!r}?" if close else ""
    return HeddleError(f"{place}unknown {what} {given!r}{guess} (valid: {', '.join(words)})")


def first_names(names: Sequence[str]) -> str:
    """The first three of ``names``, and how many more there are."""
    shown = ", ".join(repr(name) for name in names[:_NAMES_SHOWN])
    rest = len(names) - _NAMES_SHOWN
    return f"{shown} and {rest} more" if rest > 0 else shown
