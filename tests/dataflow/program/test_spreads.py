"""Taps x channels in tiles: every pair once, channels in whole units."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from heddle.dataflow.program.spreads import Spread, evenly_grouped_spreads, spreads

SIZES = st.integers(1, 12)


@given(SIZES, SIZES, st.integers(1, 60), st.sampled_from([1, 2, 4]))
def test_every_tap_of_every_channel_is_in_one_tile(taps: int, units: int, tile: int, unit: int) -> None:
    cut = spreads(taps, units * unit, tile, unit)
    pairs = [(tap, channel) for spread in cut for tap in spread.taps for channel in spread.channels]
    assert sorted(pairs) == [(tap, channel) for tap in range(taps) for channel in range(units * unit)]
    assert all(spread.channels.start % unit == len(spread.channels) % unit == 0 for spread in cut)
    assert all(spread.elements <= max(tile, unit) for spread in cut)


@given(st.integers(1, 200), st.integers(1, 60), st.sampled_from([2, 4, 8]))
def test_where_groups_are_to_be_equal_every_channel_is_in_one_tile_of_such(channels: int, tile: int, m: int) -> None:
    cut = [spread.channels for spread in evenly_grouped_spreads(channels, tile, m)]
    assert [channel for share in cut for channel in share] == list(range(channels))
    assert all(len(share) <= tile and len(share) % -(-len(share) // m) == 0 for share in cut)


def test_tiles_that_make_equal_groups_stay_whole_and_others_are_cut_at_a_whole_group() -> None:
    def lengths(channels: int, tile: int) -> list[int]:
        return [len(spread.channels) for spread in evenly_grouped_spreads(channels, tile, group_m=4)]

    assert lengths(22, tile=9) == [9, 9, 4]  # three groups of 3, and one of 4
    assert lengths(45, tile=16) == [16, 16, 12, 1]
    assert lengths(26, tile=13) == [12, 12, 2]
    assert lengths(5, tile=5) == [4, 1]


def test_taps_are_cut_only_where_one_unit_of_channels_with_all_of_them_is_too_large() -> None:
    assert spreads(9, 16, tile=72, unit=8) == (Spread(range(9), range(8)), Spread(range(9), range(8, 16)))
    assert spreads(9, 8, tile=40, unit=8) == (Spread(range(5), range(8)), Spread(range(5, 9), range(8)))
