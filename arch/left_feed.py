"""How long the array waits for its left words: the left feeder's part of the timing contract.

The activation buffer gives, each clock, up to ``ports`` groups that follow each other: groups of channels of one pixel,
and of the pixels behind it that the next taps of the same kernel row read (``buffers.group_ports``). The groups of
taps whose pixels follow each other are a *run*. What a read leaves is held, so that

- in OS R reads for each of a PE's outputs along rows, one read for each row, make the words of up to ``ports`` groups
  of one run, for all slots of these groups; of R groups at most, as a row of the array takes one a clock;
- in WS a word takes a read for each ``ports`` groups of one run that its rows' slots stand in;
- *turned* (the reduction runs over pixels, as in weight gradients) M reads, one for each pixel of a group, make the
  rows of up to ``ports`` groups of channels of one run in OS, for all slots of the group of pixels; in WS, the rows
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
    """The left operand of one computation. ``group_slots``: kept elements of each group of ``group_m``.

    ``row_taps`` of the kernel read pixels that follow each other: those of one of its rows. The tile may begin within a
    row, ``first_tap`` of them behind its first tap.
    """

    turned: int
    taps: int
    row_taps: int
    first_tap: int
    channels: int
    pixels: int
    group_m: int
    group_slots: int


@kernel
def _ceil_div(a: int, b: int) -> int:
    return (a + b - 1) // b


@kernel
def tap_groups(tile: LeftTile) -> int:
    """Groups of channels of a tap."""
    return _ceil_div(tile.channels, tile.group_m)


@kernel
def run_taps(tile: LeftTile) -> int:
    """Taps of a run, where the tile neither begins nor ends within a row of the kernel.

    Turned, the rows of a word find their groups by one division, so groups of different lengths are read tap by tap.
    """
    if tile.turned and tile.channels > tile.group_m and tile.channels % tile.group_m:
        return 1
    return tile.row_taps


@kernel
def run_groups_left(tile: LeftTile, group: int) -> int:
    """Groups of channels from ``group`` on, counted over the tile's taps, to the end of its run or of the tile."""
    of_run = run_taps(tile) * tap_groups(tile)
    into = (tile.first_tap * tap_groups(tile) + group) % of_run
    return min(of_run - into, tile.taps * tap_groups(tile) - group)


@kernel
def chunks_of(tile: LeftTile, first: int, last: int, ports: int) -> int:
    """Chunks, of up to ``ports`` groups of one run, of the groups of channels ``first`` to ``last`` of the tile."""
    chunks = 0
    while first <= last:
        part = min(last + 1 - first, run_groups_left(tile, first))
        chunks += _ceil_div(part, ports)
        first += part
    return chunks


@kernel
def os_chunk_groups(rows: int, ports: int) -> int:
    """Groups of an OS read at most: a row of the array takes one a clock, and no more than R stand in a word's rows."""
    return min(ports, rows)


@kernel
def turned_word_cycles(tile: LeftTile, first_row: int, rows: int, ports: int) -> int:
    """Cycles of an OS word of turned groups: its rows are ``rows`` channels, tap by tap, from ``first_row`` on.

    At least one: a word wholly beyond the tile is zeros.
    """
    last_row = min(first_row + rows, tile.taps * tile.channels) - 1
    if last_row < first_row:
        return 1
    first, last = _group_of(tile, first_row), _group_of(tile, last_row)
    return chunks_of(tile, first, last, os_chunk_groups(rows, ports)) * tile.group_m


@kernel
def _group_of(tile: LeftTile, row: int) -> int:
    """The group that a turned row's channel stands in, counted over the tile's taps."""
    return row // tile.channels * tap_groups(tile) + row % tile.channels // tile.group_m


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
        return interval + _chunk_waits(groups, 1, reads, group_cycles) + _last_waits(reads, group_cycles, idle)
    idle -= _missing(tile.taps * tap_groups(tile) * group_cycles - steps, group_cycles, ring)
    return interval + _run_waits(tile, os_chunk_groups(rows, ports), reads, group_cycles, idle)


@kernel
def _missing(steps: int, group_cycles: int, ring: int) -> int:
    """Steps that the reduction's last group has less than others, where it has fewer slots: at least one."""
    return min(max(0, steps), group_cycles - ring)


@kernel
def _run_waits(tile: LeftTile, width: int, reads: int, group_cycles: int, idle: int) -> int:
    """Cycles that the array waits for all groups of the tile in chunks of ``width``, each of ``reads``.

    The array takes ``group_cycles`` for the words of each group, and ``idle`` cycles pass behind the last chunk. The
    first run may begin within a row of the kernel, and the last one end in it.
    """
    of_tap, run = tap_groups(tile), run_taps(tile)
    first = min(tile.taps, run - tile.first_tap % run)
    runs, rest = (tile.taps - first) // run, (tile.taps - first) % run
    waits = _chunk_waits(first * of_tap, width, reads, group_cycles)
    waits += runs * _chunk_waits(run * of_tap, width, reads, group_cycles)
    waits += _chunk_waits(rest * of_tap, width, reads, group_cycles)
    last_run = rest if rest else run if runs else first
    last_groups = (last_run * of_tap - 1) % width + 1
    return waits + _last_waits(reads, last_groups * group_cycles, idle)


@kernel
def _chunk_waits(groups: int, width: int, reads: int, group_cycles: int) -> int:
    """Cycles that the array waits for ``groups`` groups of one run in chunks of ``width``, each of ``reads``."""
    whole, rest = groups // width, groups % width
    of_whole, of_rest = reads - width * group_cycles, reads - rest * group_cycles
    return whole * max(0, of_whole) + (rest > 0) * max(0, of_rest)


@kernel
def _last_waits(reads: int, steps: int, idle: int) -> int:
    """What an array tile's last chunk of ``reads`` and ``steps`` waits less because ``idle`` cycles pass behind it."""
    return max(0, reads - steps - idle) - max(0, reads - steps)


@kernel
def ws_word_cycles(tile: LeftTile, first_slot: int, rows: int, ports: int) -> int:
    """Cycles of a WS word: its rows hold the slots from ``first_slot`` on. At least one."""
    first = first_slot // tile.group_slots
    last = (first_slot + rows - 1) // tile.group_slots
    if tile.turned:
        return max(1, (min(last, _ceil_div(tile.pixels, tile.group_m) - 1) - first + 1) * tile.group_m)
    return max(1, chunks_of(tile, first, min(last, tile.taps * tap_groups(tile) - 1), ports))


@kernel
def ws_tile_cycles(tile: LeftTile, first_slot: int, rows: int, ports: int, length: int, interval: int) -> int:
    """Cycles of one WS array tile of ``length`` words and ``interval`` cycles when it waits for its words."""
    reads = ws_word_cycles(tile, first_slot, rows, ports)
    return (length - 1) * reads + max(reads, interval - (length - 1))
