"""The model of the output buffer: partial sums that go back into the array are words that came out of it."""

from __future__ import annotations

from collections.abc import Sequence

from heddle.verify.cases import NONE


class OutputBuffer:
    """Every word that the RTL gave on one output stream, as it gave it."""

    def __init__(self) -> None:
        self.words: list[int] = []

    def store(self, word: int, _now: int) -> None:
        """Keep the next word; it can be read from the next clock on."""
        self.words.append(word)


class WordSource:
    """The words of one input stream by number; one that repeats an output's word is there once that has come."""

    def __init__(self, words: Sequence[int], source: Sequence[int] | None, buffer: OutputBuffer) -> None:
        self._words = words
        self._source = source
        self._given = buffer.words

    def __len__(self) -> int:
        return len(self._words)

    def get(self, number: int) -> int | None:
        """Return a word, or None where it is not there yet or there are no more."""
        if number >= len(self._words):
            return None
        if self._source is None or self._source[number] == NONE:
            return self._words[number]
        wanted = self._source[number]
        return self._given[wanted] if wanted < len(self._given) else None
