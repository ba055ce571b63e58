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
    """Return the Spreads of tiles of about ``tile`` elements: whole units of channels, with all taps if they fit."""
    return tuple(_cut(taps, channels, tile, unit))


def row_spreads(taps: int, channels: int, tile: int) -> tuple[Spread, ...]:
    """Return the Spreads of tiles of about ``tile`` rows: channels with all taps, whole taps, or parts of each tap."""
    if tile >= taps:
        return spreads(taps, channels, tile)
    taps_together = max(1, tile // channels)
    return tuple(
        Spread(_part(tap, taps_together, taps), _part(first, tile, channels))
        for tap in range(0, taps, taps_together)
        for first in range(0, channels, tile)
    )


def evenly_grouped_spreads(channels: int, tile: int, group_m: int) -> tuple[Spread, ...]:
    """Return the Spreads of one tap's channels, of up to ``tile`` each, that make groups of equal size, M at most.

    Channels that make none are whole groups of M, and behind them a Spread of those that are left.
    """
    return tuple(_evenly_grouped(channels, tile, group_m))


def _evenly_grouped(channels: int, tile: int, group_m: int) -> Iterator[Spread]:
    for share in _cut(1, channels, tile - _ungrouped(tile, group_m), 1):
        first, end = share.channels.start, share.channels.stop
        rest = end - _ungrouped(end - first, group_m)
        yield Spread(share.taps, range(first, rest))
        if rest < end:
            yield Spread(share.taps, range(rest, end))


def _ungrouped(channels: int, group_m: int) -> int:
    """How many of ``channels`` stand behind whole groups of M; none where all of them make groups of equal size."""
    groups = -(-channels // group_m)
    return channels % group_m if channels % groups else 0


def _cut(taps: int, channels: int, tile: int, unit: int) -> Iterator[Spread]:
    together = max(1, tile // (taps * unit)) * unit
    taps_together = taps if tile >= taps * unit else max(1, tile // unit)
    for first in range(0, channels, together):
        for tap in range(0, taps, taps_together):
            yield Spread(_part(tap, taps_together, taps), _part(first, together, channels))


def _part(first: int, length: int, end: int) -> range:
    return range(first, min(end, first + length))
