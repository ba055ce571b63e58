"""How long the array waits for its left words: the left feeder's part of the timing contract.

The activation buffer gives, each clock, up to ``ports`` groups that follow each other: groups of channels of one pixel
at one tap (``buffers.group_ports``). What a read leaves is held, so that

- in OS R reads for each of a PE's outputs along rows, one read for each row, make the words of up to ``ports`` groups
  of one tap, for all slots of these groups; of R groups at most, as a row of the array takes one a clock;
- in WS a word takes a read for each ``ports`` groups of one tap that its rows' slots stand in;
- *turned* (the reduction runs over pixels, as in weight gradients) M reads, one for each pixel of a group, make the
  rows of up to ``ports`` groups of channels of one tap in OS, for all slots of the group of pixels; in WS, the rows
  whose slots stand in one group of pixels.

A *chunk* is what one such set of reads makes. While the array takes the words of a chunk, the next one is read, and no
more than that: so each chunk takes the longer of the two. Steps in which the array takes no word (the rest of an
interval) belong to the last chunk of an array tile.

All values are clock cycles of the design. Sizes are a computation's: ``taps`` x ``channels`` and ``pixels`` of the left
operand's tile, of which one is the tile's rows and the other its reduction.
"""

from __future__ import annotations

from typing import NamedTuple

from heddle.arch.jit import kernel


class LeftTile(NamedTuple):
    """The left operand of one computation. ``group_slots``: kept elements of each group of ``group_m``."""

    turned: int
    taps: int
    channels: int
    pixels: int
    group_m: int
    group_slots: int


@kernel
def _ceil_div(a: int, b: int) -> int:
    return (a + b - 1) // b


@kernel
def chunks_of(first: int, count: int, taps: int, groups_per_tap: int, ports: int) -> int:
    """Chunks, of up to ``ports`` groups of one tap, of ``count`` groups from ``first`` on; none behind the taps."""
    end = min(first + count, taps * groups_per_tap)
    chunks = 0
    while first < end:
        part = min(end, (first // groups_per_tap + 1) * groups_per_tap) - first
        chunks += _ceil_div(part, ports)
        first += part
    return chunks


@kernel
def turned_word_cycles(tile: LeftTile, first_row: int, rows: int, ports: int) -> int:
    """Cycles of an OS word of turned groups: its rows are ``rows`` channels, tap by tap, from ``first_row`` on.

    At least one: a word wholly beyond the tile is zeros.
    """
    end = min(first_row + rows, tile.taps * tile.channels)
    cycles = 0
    while first_row < end:
        channel = first_row % tile.channels
        part = min(end - first_row, tile.channels - channel)
        groups = (channel + part - 1) // tile.group_m - channel // tile.group_m + 1
        cycles += _ceil_div(groups, ports) * tile.group_m
        first_row += part
    return max(1, cycles)


@kernel
def os_chunk_reads(tile: LeftTile, first_row: int, rows: int, ports: int, outputs: int) -> int:
    """Reads of a chunk of an OS array tile from ``first_row`` on: those of the words of all outputs along rows."""
    if not tile.turned:
        return rows * outputs
    reads = 0
    for output in range(outputs):
        reads += turned_word_cycles(tile, first_row + output * rows, rows, ports)
    return reads


@kernel
def os_tile_cycles(
    tile: LeftTile, first_row: int, rows: int, ports: int, outputs: int, interval: int, issue: int, ring: int
) -> int:
    """Cycles of one OS array tile of ``interval`` cycles, ``issue`` of them steps, when it waits for its words.

    ``outputs``: a PE's outputs along rows, each with words of its own, which are held for all slots of their groups.
    ``ring`` cycles pass from slot to slot. ``first_row``: the array tile's first row within the computation's.
    """
    group_cycles = tile.group_slots * ring
    steps = _ceil_div(issue, ring) * ring
    # What the interval has beyond whole turns of the ring; less than none where the last turn ends with its outputs.
    idle = interval - steps
    reads = os_chunk_reads(tile, first_row, rows, ports, outputs)
    if tile.turned:
        groups = _ceil_div(tile.pixels, tile.group_m)
        idle -= _missing(groups * group_cycles - steps, group_cycles, ring)
        return interval + _chunk_waits(groups, 1, reads, group_cycles, idle, 1)
    groups = _ceil_div(tile.channels, tile.group_m)
    idle -= _missing(tile.taps * groups * group_cycles - steps, group_cycles, ring)
    return interval + _chunk_waits(groups, min(ports, rows), reads, group_cycles, idle, tile.taps)


@kernel
def _missing(steps: int, group_cycles: int, ring: int) -> int:
    """Steps that the reduction's last group has less than others, where it has fewer slots: at least one."""
    return min(max(0, steps), group_cycles - ring)


@kernel
def _chunk_waits(groups: int, width: int, reads: int, group_cycles: int, idle: int, taps: int) -> int:
    """Cycles that the array waits for ``taps`` times ``groups`` groups in chunks of ``width``, each of ``reads``.

    The array takes ``group_cycles`` for the words of each group, and ``idle`` cycles pass behind the last chunk.
    """
    whole, rest = groups // width, groups % width
    of_whole, of_rest = reads - width * group_cycles, reads - rest * group_cycles
    waits = taps * (whole * max(0, of_whole) + (rest > 0) * max(0, of_rest))
    of_last = of_rest if rest else of_whole
    return waits - max(0, of_last) + max(0, of_last - idle)


@kernel
def ws_word_cycles(tile: LeftTile, first_slot: int, rows: int, ports: int) -> int:
    """Cycles of a WS word: its rows hold the slots from ``first_slot`` on. At least one."""
    first = first_slot // tile.group_slots
    groups = (first_slot + rows - 1) // tile.group_slots - first + 1
    if tile.turned:
        return max(1, min(groups, _ceil_div(tile.pixels, tile.group_m) - first) * tile.group_m)
    return max(1, chunks_of(first, groups, tile.taps, _ceil_div(tile.channels, tile.group_m), ports))


@kernel
def ws_tile_cycles(tile: LeftTile, first_slot: int, rows: int, ports: int, length: int, interval: int) -> int:
    """Cycles of one WS array tile of ``length`` words and ``interval`` cycles when it waits for its words."""
    reads = ws_word_cycles(tile, first_slot, rows, ports)
    return (length - 1) * reads + max(reads, interval - (length - 1))
