"""How long the array waits for left words, against a count of every read and every step."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive_left_feed import naive_turned_word, naive_ws_word, os_chunks, os_cycles, ws_cycles

from heddle.arch.left_feed import LeftTile, os_tile_cycles, turned_word_cycles, ws_tile_cycles, ws_word_cycles

tiles = st.builds(
    lambda kept, first_tap, *sizes: LeftTile(
        *sizes[:3], first_tap % sizes[2], *sizes[3:], group_slots=min(kept, sizes[-1])
    ),
    st.integers(1, 8),
    st.integers(0, 3),
    st.integers(0, 1),
    st.integers(1, 9),
    st.integers(1, 4),
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from((2, 4, 8)),
)
rows, ports = st.integers(1, 12), st.sampled_from((1, 2, 4, 16))


@given(tiles, st.integers(0, 60), rows, ports)
def test_a_turned_word_takes_m_reads_for_each_run_of_groups(tile: LeftTile, first: int, rows: int, ports: int) -> None:
    assert turned_word_cycles(tile, first, rows, ports) == naive_turned_word(tile, first, rows, ports)


@given(tiles, st.integers(0, 60), rows, ports)
def test_a_ws_word_takes_the_reads_that_its_slots_need(tile: LeftTile, first: int, rows: int, ports: int) -> None:
    assert ws_word_cycles(tile, first, rows, ports) == naive_ws_word(tile, first, rows, ports)


@given(
    tiles,
    rows,
    ports,
    st.sampled_from([(1, 1), (1, 8), (2, 4), (8, 1), (3, 2)]),
    st.integers(0, 2),
    st.integers(0, 50),
    st.integers(0, 7),
)
def test_an_os_tile_takes_the_longer_of_reads_and_steps_for_each_chunk(
    tile: LeftTile, rows: int, ports: int, split: tuple[int, int], spare: int, idle: int, missing: int
) -> None:
    outputs, across = split
    ring = outputs * across + spare
    less = spare + min(missing, tile.group_slots - 1) * ring  # the reduction's last group may have fewer slots
    issue = sum(steps for _, steps in os_chunks(tile, 5, rows, ports, outputs, ring)) - less
    expected = os_cycles(tile, 5, rows, ports, outputs, ring, less, idle)
    assert os_tile_cycles(tile, 5, rows, ports, outputs, issue + idle, issue, ring) == expected


@given(tiles, rows, ports, st.integers(1, 30), st.integers(0, 30), st.integers(0, 40))
def test_a_ws_tile_reads_each_word_while_the_one_before_is_taken(
    tile: LeftTile, rows: int, ports: int, length: int, idle: int, first: int
) -> None:
    expected = ws_cycles(tile, first, rows, ports, length, idle)
    assert ws_tile_cycles(tile, first, rows, ports, length, length + idle) == expected


@pytest.mark.parametrize(
    ("ports", "cycles"),
    [(1, 64 * 32), (2, 64 * 16), (4, 64 * 16)],
)
def test_at_2_of_8_two_groups_a_clock_keep_an_array_of_32_rows_and_8_outputs_busy(ports: int, cycles: int) -> None:
    # 64 groups of 8 channels; each serves 2 slots x 8 outputs = 16 steps, and a word has a group for 32 rows.
    tile = LeftTile(turned=0, taps=1, row_taps=1, first_tap=0, channels=512, pixels=32, group_m=8, group_slots=2)
    assert os_tile_cycles(tile, 0, 32, ports, 1, 64 * 16, 64 * 16, 8) == cycles


@pytest.mark.parametrize(
    ("row_taps", "first_tap", "reads"),
    [(1, 0, 49), (7, 0, 7), (7, 3, 8)],
    ids=["taps-apart", "whole-rows", "from-within-a-row"],
)
def test_taps_along_a_row_of_the_kernel_are_read_together(row_taps: int, first_tap: int, reads: int) -> None:
    # 7 x 7 taps of 3 channels, a group each: so many reads, at eight groups each, of 32 rows for 4 outputs.
    tile = LeftTile(0, 49, row_taps, first_tap, channels=3, pixels=32, group_m=8, group_slots=3)
    steps = 49 * 3
    assert os_tile_cycles(tile, 0, 32, 8, 4, steps, steps, 1) == reads * 32 * 4


@pytest.mark.parametrize(
    ("channels", "reads"), [(8, 1), (3, 3), (12, 2)], ids=["whole-groups", "one-group", "ragged-groups"]
)
def test_turned_taps_are_read_together_where_their_groups_are_alike(channels: int, reads: int) -> None:
    # The 24 rows of a word: 3 taps of a kernel row at once; 8 taps, of 3 rows; 2 taps, each of 8 and 4 channels.
    tile = LeftTile(1, 9, 3, 0, channels, pixels=64, group_m=8, group_slots=8)
    assert turned_word_cycles(tile, 0, 24, 4) == 8 * reads
