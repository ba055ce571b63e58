"""How taps x channels are cut into tiles: whole channels with all their taps, or some of the taps of few channels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """A tile's share of taps x channels: in the array tap after tap, and within a tap channel after channel."""

    taps: range
    channels: range

    @property
    def elements(self) -> int:
        """Taps x channels."""
        return len(self.taps) * len(self.channels)


def spreads(taps: int, channels: int, tile: int, unit: int = 1) -> tuple[Spread, ...]:
    """Return the Spreads of tiles of about ``tile`` elements: whole units of channels, with all taps if they fit.

    Channels behind the last whole unit are a Spread, or Spreads, of their own.
    """
    return tuple(_cut(taps, channels, tile, unit))


def _cut(taps: int, channels: int, tile: int, unit: int) -> Iterator[Spread]:
    together = max(1, tile // (taps * unit)) * unit
    taps_together = taps if tile >= taps * unit else max(1, tile // unit)
    whole = channels - channels % unit
    for cut in (range(whole), range(whole, channels)):
        for first in cut[::together]:
            for tap in range(0, taps, taps_together):
                yield Spread(_part(tap, taps_together, taps), _part(first, together, cut.stop))


def _part(first: int, length: int, end: int) -> range:
    return range(first, min(end, first + length))
