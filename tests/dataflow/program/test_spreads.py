"""Taps x channels in tiles: every pair once, channels in whole units."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from heddle.dataflow.program.spreads import Spread, spreads

SIZES = st.integers(1, 12)


@given(SIZES, SIZES, st.integers(1, 60), st.sampled_from([1, 2, 4]))
def test_every_tap_of_every_channel_is_in_one_tile(taps: int, units: int, tile: int, unit: int) -> None:
    cut = spreads(taps, units * unit, tile, unit)
    pairs = [(tap, channel) for spread in cut for tap in spread.taps for channel in spread.channels]
    assert sorted(pairs) == [(tap, channel) for tap in range(taps) for channel in range(units * unit)]
    assert all(spread.channels.start % unit == len(spread.channels) % unit == 0 for spread in cut)
    assert all(spread.elements <= max(tile, unit) for spread in cut)


@given(SIZES, SIZES, st.integers(1, 60), st.sampled_from([2, 4]), st.integers(1, 3))
def test_channels_behind_the_last_whole_unit_stand_apart(
    taps: int, units: int, tile: int, unit: int, rest: int
) -> None:
    channels = units * unit + rest % unit
    cut = spreads(taps, channels, tile, unit)
    pairs = [(tap, channel) for spread in cut for tap in spread.taps for channel in spread.channels]
    assert sorted(pairs) == [(tap, channel) for tap in range(taps) for channel in range(channels)]
    assert all(len(spread.channels) % unit == 0 or len(spread.channels) < unit for spread in cut)


def test_taps_are_cut_only_where_one_unit_of_channels_with_all_of_them_is_too_large() -> None:
    assert spreads(9, 16, tile=72, unit=8) == (Spread(range(9), range(8)), Spread(range(9), range(8, 16)))
    assert spreads(9, 8, tile=40, unit=8) == (Spread(range(5), range(8)), Spread(range(5, 9), range(8)))
