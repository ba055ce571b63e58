"""Monitors: one takes the words of one output stream of the RTL and hands each to whoever listens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

#: Called with a word that moved, and the number of the clock in which it did.
Listener = Callable[[int, int], None]


class Monitor:
    """Takes words from one output stream, with backpressure, and tells ``listeners`` of each."""

    def __init__(self, dut: Any, name: str, listeners: Sequence[Listener], refuse: Iterator[bool]) -> None:
        self._payload = getattr(dut, f"{name}__payload")
        self._valid = getattr(dut, f"{name}__valid")
        self._ready = getattr(dut, f"{name}__ready")
        self._listeners = listeners
        self._refuse = refuse
        self._is_ready = False

    def clock(self, now: int) -> None:
        """Take the word that the edge of clock ``now`` moved, if one did; say whether the next edge may move one."""
        if self._is_ready and self._valid.value:
            word = int(self._payload.value)
            for listener in self._listeners:
                listener(word, now)
        ready = not next(self._refuse)
        if ready != self._is_ready:
            self._is_ready = ready
            self._ready.value = int(ready)

    def stop(self) -> None:
        """Take nothing any more."""
        self._is_ready = False
        self._ready.value = 0
