"""What the array does of one mapping of a product: the cycles of all its tiles, and what it waits for their words."""

from __future__ import annotations

from typing import TypedDict

from heddle.arch.jit import kernel
from heddle.arch.records import record_dtype
from heddle.arch.timing import slots_of
from heddle.dataflow.cost import ArrayTiles, array_tiles, ceil_div, instruction_cycles, lead_cycles
from heddle.dataflow.feed_cost import tiles_across, waits_below
from heddle.dataflow.kernel_rows import MachineRow, ProductRow, TileMappingRow


class ComputingRow(TypedDict):
    """What one array does of a mapping: the fields of a TILE_MAPPING row that hang on the array's timing."""

    compute_cycles: float
    feed_cycles: float
    drain_cycles: float


COMPUTING = record_dtype(ComputingRow)


@kernel
def array_cycles(computing: ComputingRow) -> float:
    """The time of the array and of the feeder that it waits for."""
    return computing["compute_cycles"] + computing["feed_cycles"]


@kernel
def tiles_and_rest(total: int, tile: int) -> tuple[int, int]:
    """How many tiles a dimension is cut into, and the size of its last one."""
    tiles = ceil_div(total, tile)
    return tiles, total - (tiles - 1) * tile


@kernel
def size_and_times(is_last: int, tiles: int, tile: int, last: int) -> tuple[int, int]:
    """Size of a dimension's last tile and of all tiles before it, and how often each stands there.

    A last tile that is as large as the others counts among them, so that there is one size less.
    """
    if last == tile:
        return tile, 0 if is_last else tiles
    return (last, 1) if is_last else (tile, tiles - 1)


@kernel
def _tiles_of(product: ProductRow, machine: MachineRow, mapping: TileMappingRow, m: int, n: int, k: int) -> ArrayTiles:
    """The ArrayTiles of one [m x k x n] tile of ``mapping``."""
    slots = slots_of(k, product["keep_n"], product["group_m"])
    ir, ic = mapping["interleave_rows"], mapping["interleave_cols"]
    return array_tiles(machine, mapping["ws"], ir, ic, m, n, slots, mapping["tiles_k"] > 1)


@kernel
def _instructions_cycles(
    product: ProductRow, machine: MachineRow, mapping: TileMappingRow, last_m: int, last_n: int, last_k: int
) -> tuple[float, float]:
    """Array cycles of all tiles of one repetition, and how long they wait for left words.

    There are at most eight kinds, full or last in each dimension. Of the parts of a reduction all but the first, which
    is a full one, go on from partial sums.
    """
    cycles, waits = 0.0, 0.0
    ws, ir, ic = mapping["ws"], mapping["interleave_rows"], mapping["interleave_cols"]
    for kind in range(4):
        m, times_m = size_and_times(kind & 1, mapping["tiles_m"], mapping["tile_m"], last_m)
        k, times_k = size_and_times(kind & 2, mapping["tiles_k"], mapping["tile_k"], last_k)
        if times_m * times_k == 0:
            continue
        holds_first = not kind & 2
        below_waits = -1  # those of any number of columns
        for part in range(2):
            n, times_n = size_and_times(part, mapping["tiles_n"], mapping["tile_n"], last_n)
            if times_n == 0:
                continue
            shape = _tiles_of(product, machine, mapping, m, n, k)
            first = instruction_cycles(machine, ws, shape, 0)
            reloading = instruction_cycles(machine, ws, shape, 1)
            cycles += times_m * times_n * (holds_first * first + (times_k - holds_first) * reloading)
            across = tiles_across(machine, ws, ic, shape, n)
            if below_waits < 0:
                below_waits = waits_below(machine, product, ws, ir, shape, shape.tiles // across, m, k)
            waits += times_m * times_n * times_k * across * below_waits
    return cycles, waits


@kernel
def fill_computing(product: ProductRow, machine: MachineRow, mapping: TileMappingRow, computing: ComputingRow) -> None:
    """Fill in what the array of ``machine`` does of ``mapping``, whose tiles are set.

    Neither the machine's memory port nor the order of the loops plays a part in it.
    """
    last_m = product["m"] - (mapping["tiles_m"] - 1) * mapping["tile_m"]
    last_n = product["n"] - (mapping["tiles_n"] - 1) * mapping["tile_n"]
    last_k = product["k"] - (mapping["tiles_k"] - 1) * mapping["tile_k"]
    last = _tiles_of(product, machine, mapping, last_m, last_n, last_k)
    full = _tiles_of(product, machine, mapping, mapping["tile_m"], mapping["tile_n"], mapping["tile_k"])
    compute, waits = _instructions_cycles(product, machine, mapping, last_m, last_n, last_k)
    computing["compute_cycles"] = product["count"] * compute + lead_cycles(machine, mapping["ws"]) + last.finish
    computing["feed_cycles"] = product["count"] * waits
    computing["drain_cycles"] = mapping["stores"] * full.finish
