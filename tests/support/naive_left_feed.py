"""The left feeder's reads, one after another, and the waits that they make of an array tile."""

from __future__ import annotations

from collections.abc import Iterator

from heddle.arch.left_feed import LeftTile


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
