"""A mapping's tiles in program order: which tile a step works on, and which operands it brings anew."""

from __future__ import annotations

from typing import NamedTuple

from heddle.arch.jit import kernel
from heddle.dataflow.kernel_rows import ProductRow, TileMappingRow


class Tile(NamedTuple):
    """One step of a mapping: sizes of its tile, whether it is the first and the last part of its reduction."""

    m: int
    n: int
    k: int
    new_left: bool
    new_right: bool
    first_part: bool
    last_part: bool


@kernel
def tile_count(product: ProductRow, mapping: TileMappingRow) -> int:
    """Steps of a mapping: every tile of every one of the product's ``count`` repetitions."""
    return product["count"] * mapping["tiles_m"] * mapping["tiles_n"] * mapping["tiles_k"]


@kernel
def _extent(index: int, tiles: int, tile: int, total: int) -> int:
    return tile if index < tiles - 1 else total - (tiles - 1) * tile


@kernel
def tile_at(product: ProductRow, mapping: TileMappingRow, step: int) -> Tile:
    """Return the Tile of ``step``. k is innermost; ``order`` 0 has m outermost, 1 has n outermost.

    An operand is brought anew unless its tile is the one of the step before. Repetitions share nothing.
    """
    tiles_m, tiles_n, tiles_k = mapping["tiles_m"], mapping["tiles_n"], mapping["tiles_k"]
    within = step % (tiles_m * tiles_n * tiles_k)
    part = within % tiles_k
    outer_tile = within // tiles_k
    if mapping["order"] == 0:
        inner, inner_tiles = outer_tile % tiles_n, tiles_n
    else:
        inner, inner_tiles = outer_tile % tiles_m, tiles_m
    outer = outer_tile // inner_tiles
    outer_changes = within == 0 or tiles_k > 1 or inner == 0
    inner_changes = within == 0 or tiles_k > 1 or inner_tiles > 1
    if mapping["order"] == 0:
        index_m, index_n, new_left, new_right = outer, inner, outer_changes, inner_changes
    else:
        index_m, index_n, new_left, new_right = inner, outer, inner_changes, outer_changes
    return Tile(
        _extent(index_m, tiles_m, mapping["tile_m"], product["m"]),
        _extent(index_n, tiles_n, mapping["tile_n"], product["n"]),
        _extent(part, tiles_k, mapping["tile_k"], product["k"]),
        new_left,
        new_right,
        part == 0,
        part == tiles_k - 1,
    )
