"""The checker: holds the words that a monitor took against those that the functional model expects."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from heddle.verify.case_file import word_integers
from heddle.verify.cases import NONE, OutputStream
from heddle.verify.results import Mismatch


class _Wrong(NamedTuple):
    number: int
    word: int
    clock: int


class Checker:
    """Counts the words of one output stream and keeps the first wrong element; words after the last are extra."""

    def __init__(self, output: OutputStream) -> None:
        self._output = output
        self._expected = word_integers(output.expected)
        self._masks = _masks(output)
        self.count = 0
        self.last_clock = 0
        self._wrong: _Wrong | None = None

    @property
    def pending(self) -> bool:
        """True while words are missing."""
        return self.count < len(self._expected)

    @property
    def extra(self) -> int:
        """Words that came after the last one expected."""
        return max(0, self.count - len(self._expected))

    def check(self, word: int, now: int) -> None:
        """Compare the next word, which came in clock ``now``."""
        number = self.count
        self.count += 1
        if number >= len(self._expected):
            return
        self.last_clock = now
        if (word ^ self._expected[number]) & self._masks[number] and self._wrong is None:
            self._wrong = _Wrong(number, word, now)

    def first_wrong(self, first_clock: int) -> Mismatch | None:
        """Return the first wrong element; its cycle counts from ``first_clock``."""
        if self._wrong is None:
            return None
        number, word, clock = self._wrong
        bits = self._output.lane_bits
        difference = (word ^ self._expected[number]) & self._masks[number]
        lane = ((difference & -difference).bit_length() - 1) // bits
        low = (1 << bits) - 1
        row, col = divmod(int(self._output.place[number, lane]), self._output.columns)
        return Mismatch(
            output=self._output.name,
            row=row,
            col=col,
            word=number,
            lane=lane,
            cycle=clock - first_clock,
            expected=self._expected[number] >> lane * bits & low,
            actual=word >> lane * bits & low,
            bits=bits,
        )


def _masks(output: OutputStream) -> list[int]:
    """For each word, ones where somebody looks."""
    looked_at = np.repeat(output.place != NONE, output.lane_bits, axis=1)
    return list(word_integers(np.packbits(looked_at, axis=1, bitorder="little")))
