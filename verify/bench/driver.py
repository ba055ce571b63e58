"""Drivers: one offers the words of a case to one input stream of the RTL."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat
from random import Random
from typing import Any

from heddle.verify.bench.buffer import WordSource

_FOREVER = repeat(False)


def stalls(chance: float, seed: str) -> Iterator[bool]:
    """Return, clock by clock, whether a side of a handshake holds back; the same for the same seed."""
    if not chance:
        return _FOREVER
    draw = Random(seed).random
    return iter(lambda: draw() < chance, None)


class Driver:
    """Offers words to one input stream, each until it is taken, and counts those taken.

    ``clock`` is called after every rising edge, when signals still show what the edge saw, and sets what the
    next edge will see. While no word is offered the payload is garbage, drawn by ``seed``: nobody may look at it.
    """

    def __init__(self, dut: Any, name: str, words: WordSource, idle: Iterator[bool], seed: str) -> None:
        self._payload = getattr(dut, f"{name}__payload")
        self._valid = getattr(dut, f"{name}__valid")
        self._ready = getattr(dut, f"{name}__ready")
        self._words = words
        self._idle = idle
        self._offering = False
        self._garbage = Random(f"{seed}/garbage")
        self._payload.value = self._garbage.getrandbits(len(self._payload))
        self.taken = 0

    @property
    def pending(self) -> bool:
        """True while not all words are taken."""
        return self.taken < len(self._words)

    def clock(self) -> bool:
        """Note whether the edge took a word, offer the next one, and return whether it did."""
        moved = False
        if self._offering:
            if not self._ready.value:
                return False
            self.taken += 1
            moved = True
        self._offer(moved)
        return moved

    def _offer(self, was_valid: bool) -> None:
        word = None if next(self._idle) else self._words.get(self.taken)
        self._offering = word is not None
        if word is not None:
            self._payload.value = word
        elif was_valid:
            self._payload.value = self._garbage.getrandbits(len(self._payload))
        if self._offering != was_valid:
            self._valid.value = int(self._offering)

    def stop(self) -> None:
        """Offer nothing any more."""
        self._offering = False
        self._valid.value = 0
