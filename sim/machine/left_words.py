"""How the steps of a computation meet its left words: chunks of steps, and the clocks in which each is read."""

from __future__ import annotations

from typing import NamedTuple

from heddle.arch.jit import kernel
from heddle.arch.left_feed import LeftTile, os_chunk_reads, ws_word_cycles
from heddle.arch.timing import ring_cycles
from heddle.sim.machine.rows import ComputeRow
from heddle.sim.machine.shape import MachineShape


class Chunks(NamedTuple):
    """The chunks of an array tile: how many taps it has, chunks and groups of a tap, groups of a chunk, its steps.

    Each chunk is ``group_steps`` for each of its groups; the last one lasts to the end of the interval.
    """

    taps: int
    of_tap: int
    groups: int
    width: int
    group_steps: int


@kernel
def left_tile(compute: ComputeRow, shape: MachineShape) -> LeftTile:
    """Return the left operand's tile. Turned, groups are of M pixels."""
    group = shape.group_m if compute["turned"] else compute["group_elements"]
    return LeftTile(
        compute["turned"], compute["taps"], compute["elements"], compute["pixels"], group, compute["group_slots"]
    )


@kernel
def tiles_across(compute: ComputeRow, shape: MachineShape) -> int:
    """Return the array tiles along the columns."""
    words = (compute["cols"] + shape.cols - 1) // shape.cols
    width = 1 if compute["ws"] else compute["interleave_cols"]
    return (words + width - 1) // width


@kernel
def chunks_of(compute: ComputeRow, shape: MachineShape) -> Chunks:
    """Return the chunks of each of the computation's array tiles: in WS each row of the tile is one."""
    if compute["ws"]:
        return Chunks(1, compute["length"], compute["length"], 1, 1)
    tile = left_tile(compute, shape)
    channels = compute["pixels"] if compute["turned"] else compute["elements"]
    groups = (channels + tile.group_m - 1) // tile.group_m
    # A row of the array takes a group a clock, and has a read each R clocks.
    width = 1 if compute["turned"] else min(shape.group_ports, shape.rows)
    steps = tile.group_slots * ring_cycles(shape.interleave, shape.adder_stages)
    return Chunks(1 if compute["turned"] else compute["taps"], (groups + width - 1) // width, groups, width, steps)


@kernel
def chunk_steps(chunks: Chunks, number: int) -> int:
    """Return the steps of chunk ``number`` of an array tile."""
    first = number % chunks.of_tap * chunks.width
    return min(chunks.width, chunks.groups - first) * chunks.group_steps


@kernel
def chunk_reads(compute: ComputeRow, row: int, shape: MachineShape) -> int:
    """Return the clocks in which a chunk is read, of the array tiles in row ``row`` of them (WS: of fold ``row``)."""
    tile = left_tile(compute, shape)
    if compute["ws"]:
        return ws_word_cycles(tile, row * shape.rows, shape.rows, shape.group_ports)
    outputs = shape.interleave // compute["interleave_cols"]
    return os_chunk_reads(tile, row * outputs * shape.rows, shape.rows, shape.group_ports, outputs)
