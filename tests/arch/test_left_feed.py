"""How long the array waits for left words, against a count of every read and every step."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle.arch.left_feed import LeftTile, os_tile_cycles, turned_word_cycles, ws_tile_cycles, ws_word_cycles


def naive_turned_word(tile: LeftTile, first_row: int, rows: int, ports: int) -> int:
    """M reads for each run of up to ``ports`` groups of one tap among the word's rows."""
    reads, held = 0, None
    for row in range(first_row, first_row + rows):
        tap, channel = divmod(row, tile.channels)
        group = channel // tile.group_m
        if tap >= tile.taps:
            break
        if held is None or held[0] != tap or not held[1] <= group < held[1] + ports:
            held = (tap, group)
            reads += tile.group_m
    return max(1, reads)


def naive_ws_word(tile: LeftTile, first_slot: int, rows: int, ports: int) -> int:
    """The reads that the word's slots need, one after another."""
    groups = sorted({slot // tile.group_slots for slot in range(first_slot, first_slot + rows)})
    if tile.turned:
        return max(1, sum(tile.group_m for group in groups if group * tile.group_m < tile.pixels))
    per_tap = -(-tile.channels // tile.group_m)
    reads, held = 0, None
    for group in groups:
        tap, place = divmod(group, per_tap)
        if tap >= tile.taps:
            break
        if held is None or held[0] != tap or not held[1] <= place < held[1] + ports:
            held = (tap, place)
            reads += 1
    return max(1, reads)


def os_chunks(
    tile: LeftTile, first_row: int, rows: int, ports: int, outputs: int, ring: int
) -> Iterator[tuple[int, int]]:
    """Reads and array cycles of each chunk: the words of all outputs along rows, for all slots of its groups.

    A row of the array takes a group a clock, and has a read each ``rows`` clocks: so a chunk has no more groups.
    """
    group_cycles, ports = tile.group_slots * ring, min(ports, rows)
    if tile.turned:
        words = [naive_turned_word(tile, first_row + output * rows, rows, ports) for output in range(outputs)]
        for _ in range(0, tile.pixels, tile.group_m):
            yield sum(words), group_cycles
        return
    for _ in range(tile.taps):
        for first in range(0, -(-tile.channels // tile.group_m), ports):
            yield rows * outputs, min(ports, -(-tile.channels // tile.group_m) - first) * group_cycles


tiles = st.builds(
    lambda kept, *sizes: LeftTile(*sizes, group_slots=min(kept, sizes[-1])),
    st.integers(1, 8),
    st.integers(0, 1),
    st.integers(1, 9),
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
    *before, (last_reads, last_steps) = os_chunks(tile, 5, rows, ports, outputs, ring)
    last_steps -= min(missing, tile.group_slots - 1) * ring  # the last group of the reduction may have fewer slots
    expected = sum(max(pair) for pair in before) + max(last_reads, last_steps - spare + idle)
    issue = sum(steps for _, steps in before) + last_steps - spare
    assert os_tile_cycles(tile, 5, rows, ports, outputs, issue + idle, issue, ring) == expected


@given(tiles, rows, ports, st.integers(1, 30), st.integers(0, 30), st.integers(0, 40))
def test_a_ws_tile_reads_each_word_while_the_one_before_is_taken(
    tile: LeftTile, rows: int, ports: int, length: int, idle: int, first: int
) -> None:
    reads = naive_ws_word(tile, first, rows, ports)
    expected = sum(max(reads, 1 + (word == length - 1) * idle) for word in range(length))
    assert ws_tile_cycles(tile, first, rows, ports, length, length + idle) == expected


@pytest.mark.parametrize(
    ("ports", "cycles"),
    [(1, 64 * 32), (2, 64 * 16), (4, 64 * 16)],
)
def test_at_2_of_8_two_groups_a_clock_keep_an_array_of_32_rows_and_8_outputs_busy(ports: int, cycles: int) -> None:
    # 64 groups of 8 channels; each serves 2 slots x 8 outputs = 16 steps, and a word has a group for 32 rows.
    tile = LeftTile(turned=0, taps=1, channels=512, pixels=32, group_m=8, group_slots=2)
    assert os_tile_cycles(tile, 0, 32, ports, 1, 64 * 16, 64 * 16, 8) == cycles
