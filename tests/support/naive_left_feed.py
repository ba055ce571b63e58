"""The left feeder's reads, one after another, and the waits that they make of an array tile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from heddle.arch.left_feed import LeftTile


def per_tap(tile: LeftTile) -> int:
    """Groups of channels of a tap."""
    return -(-tile.channels // tile.group_m)


def reads_of(groups: Iterable[int], tile: LeftTile, ports: int) -> int:
    """Reads for groups of channels, numbered over the tile's taps: each gives up to ``ports`` of a row of the kernel.

    Turned, taps whose last group is shorter than their others are read one by one.
    """
    reads, held = 0, (-1, 0)
    apart = tile.turned and per_tap(tile) > 1 and tile.channels % tile.group_m > 0
    for group in groups:
        tap, of_tap = divmod(group, per_tap(tile))
        row, col = divmod(tile.first_tap + tap, tile.row_taps)
        run, place = (tap, of_tap) if apart else (row, col * per_tap(tile) + of_tap)
        if run != held[0] or not held[1] <= place < held[1] + ports:
            held = run, place
            reads += 1
    return reads


def naive_turned_word(tile: LeftTile, first_row: int, rows: int, ports: int) -> int:
    """M reads for each run of up to ``ports`` groups among the word's rows."""
    places = [divmod(row, tile.channels) for row in range(first_row, first_row + rows)]
    groups = [tap * per_tap(tile) + channel // tile.group_m for tap, channel in places if tap < tile.taps]
    return max(1, tile.group_m * reads_of(groups, tile, ports))


def naive_ws_word(tile: LeftTile, first_slot: int, rows: int, ports: int) -> int:
    """The reads that the word's slots need, one after another."""
    groups = sorted({slot // tile.group_slots for slot in range(first_slot, first_slot + rows)})
    if tile.turned:
        return max(1, sum(tile.group_m for group in groups if group * tile.group_m < tile.pixels))
    return max(1, reads_of((group for group in groups if group < tile.taps * per_tap(tile)), tile, ports))


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
    rows_of_taps = [(tile.first_tap + tap) // tile.row_taps for tap in range(tile.taps)]
    for row in dict.fromkeys(rows_of_taps):
        groups = rows_of_taps.count(row) * per_tap(tile)
        for first in range(0, groups, ports):
            yield rows * outputs, min(ports, groups - first) * group_cycles


def os_cycles(
    tile: LeftTile, first_row: int, rows: int, ports: int, outputs: int, ring: int, less: int, idle: int
) -> int:
    """Cycles of an OS array tile whose last group lacks ``less`` cycles, and which idles after it."""
    *before, (last_reads, last_steps) = os_chunks(tile, first_row, rows, ports, outputs, ring)
    return sum(max(pair) for pair in before) + max(last_reads, last_steps - less + idle)


def ws_cycles(tile: LeftTile, first_slot: int, rows: int, ports: int, length: int, idle: int) -> int:
    """Cycles of a WS array tile that idles after its last word."""
    reads = naive_ws_word(tile, first_slot, rows, ports)
    return sum(max(reads, 1 + (word == length - 1) * idle) for word in range(length))
