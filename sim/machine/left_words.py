"""How the steps of a computation meet its left words: chunks of steps, and the clocks in which each is read."""

from __future__ import annotations

from heddle.arch.jit import kernel
from heddle.arch.left_feed import (
    LeftTile,
    os_chunk_groups,
    os_chunk_reads,
    run_groups_left,
    tap_groups,
    ws_word_cycles,
)
from heddle.arch.timing import ring_cycles
from heddle.sim.machine.rows import ComputeRow
from heddle.sim.machine.shape import MachineShape


@kernel
def left_tile(compute: ComputeRow, shape: MachineShape) -> LeftTile:
    """Return the left operand's tile. Turned, groups are of M pixels."""
    group = shape.group_m if compute["turned"] else compute["group_elements"]
    row_taps = compute["kernel_cols"] if compute["tap_step"] == 1 else 1
    return LeftTile(
        compute["turned"],
        compute["taps"],
        row_taps,
        compute["first_tap"] % row_taps,
        compute["elements"],
        compute["pixels"],
        group,
        compute["group_slots"],
    )


@kernel
def tiles_across(compute: ComputeRow, shape: MachineShape) -> int:
    """Return the array tiles along the columns."""
    words = (compute["cols"] + shape.cols - 1) // shape.cols
    width = 1 if compute["ws"] else compute["interleave_cols"]
    return (words + width - 1) // width


@kernel
def all_chunks_groups(compute: ComputeRow, shape: MachineShape) -> int:
    """Return the groups of an OS array tile: of pixels, or of channels of its taps."""
    tile = left_tile(compute, shape)
    if tile.turned:
        return (tile.pixels + tile.group_m - 1) // tile.group_m
    return tile.taps * tap_groups(tile)


@kernel
def chunk_groups(compute: ComputeRow, first: int, shape: MachineShape) -> int:
    """Return the groups of the OS chunk that begins with group ``first`` of its array tile."""
    tile = left_tile(compute, shape)
    if tile.turned:
        return 1
    return min(os_chunk_groups(shape.rows, shape.group_ports), run_groups_left(tile, first))


@kernel
def group_steps(compute: ComputeRow, shape: MachineShape) -> int:
    """Return the steps of each group of an OS chunk; those of an array tile's last one last to the interval's end."""
    return compute["group_slots"] * ring_cycles(shape.interleave, shape.adder_stages)


@kernel
def chunk_reads(compute: ComputeRow, row: int, shape: MachineShape) -> int:
    """Return the clocks in which a chunk is read, of the array tiles in row ``row`` of them (WS: of fold ``row``)."""
    tile = left_tile(compute, shape)
    if compute["ws"]:
        return ws_word_cycles(tile, row * shape.rows, shape.rows, shape.group_ports)
    outputs = shape.interleave // compute["interleave_cols"]
    return os_chunk_reads(tile, row * outputs * shape.rows, shape.rows, shape.group_ports, outputs)
