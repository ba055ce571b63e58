"""A scheduled product as the array's commands in program order, and the share of the product that each works on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product as pairs

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.isa import ArrayCommand
from heddle.arch.timing import slots_of
from heddle.dataflow.kernel_rows import machine_row
from heddle.dataflow.program.commands import TileExtents, tile_command
from heddle.dataflow.scheduler import ProductSchedule


@dataclass(frozen=True)
class Part:
    """A command and its share of the product.

    ``rows`` of m, ``cols`` of n, ``k`` of the reduction with the ``slots`` that it has there. ``is_last``: it ends the
    reduction, and its results are the product's.
    """

    command: ArrayCommand
    rows: slice
    cols: slice
    k: slice
    slots: slice
    is_last: bool


def product_parts(schedule: ProductSchedule, design: Design, board: Board) -> Iterator[Part]:
    """Yield the parts of one repetition of a product, its tiles as the mapping's loops take them, k innermost."""
    mapping, product, machine = schedule.mapping, schedule.product, machine_row(design, board)[0]
    group_slots = design.sparsity.m if product.is_dense else product.keep_n
    for rows, cols in _outer_tiles(schedule):
        for number, k in enumerate(_tiles(product.k, mapping.tile_k)):
            first = slots_of(k.start, product.keep_n, product.group_m)
            slots = slice(first, first + slots_of(_length(k), product.keep_n, product.group_m))
            size = TileExtents(_length(rows), _length(cols), _length(slots), group_slots)
            command = tile_command(mapping, machine, size, mapping.tiles_k > 1, reloads=number > 0)
            yield Part(command, rows, cols, k, slots, is_last=k.stop == product.k)


def _outer_tiles(schedule: ProductSchedule) -> Iterator[tuple[slice, slice]]:
    """Rows and columns of the tiles of m and n, in the mapping's loop order."""
    mapping, product = schedule.mapping, schedule.product
    rows, cols = _tiles(product.m, mapping.tile_m), _tiles(product.n, mapping.tile_n)
    if mapping.loop_order == "mnk":
        yield from pairs(rows, cols)
    else:
        yield from ((row, col) for col, row in pairs(cols, rows))


def _tiles(total: int, tile: int) -> list[slice]:
    return [slice(start, min(total, start + tile)) for start in range(0, total, tile)]


def _length(extent: slice) -> int:
    return int(extent.stop - extent.start)
