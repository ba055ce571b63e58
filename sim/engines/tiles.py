"""A mapping's tiles in program order: which tile an engine is at, and which operands it brings anew."""

from __future__ import annotations

from typing import NamedTuple, TypedDict

from heddle.arch.jit import kernel
from heddle.arch.records import record_dtype
from heddle.dataflow.kernel_rows import ProductRow, TileMappingRow

#: Bits of a tile's kind: it is the last along m, n or k, and may be smaller there than the others.
LAST_M, LAST_N, LAST_K = 4, 2, 1
KINDS = LAST_M | LAST_N | LAST_K
TILE_KINDS = KINDS + 1


class Grid(NamedTuple):
    """A mapping's tiles: parts of a reduction (innermost), then the inner and the outer loop, over m and n."""

    parts: int
    inner: int
    outer: int
    m_is_outer: bool


class CursorRow(TypedDict):
    """Where an engine is in the tiles: steps that it is through with, and the place of the next one in the loops."""

    step: int
    part: int
    inner: int
    outer: int


CURSOR = record_dtype(CursorRow)


class Tile(NamedTuple):
    """One step of a mapping: its kind, which operands it brings, whether it begins and ends its reduction."""

    kind: int
    new_left: bool
    new_right: bool
    first_part: bool
    last_part: bool


@kernel
def grid_of(mapping: TileMappingRow) -> Grid:
    """Return the tiles of ``mapping``. ``order`` 0 has m outermost, 1 has n outermost."""
    if mapping["order"] == 0:
        return Grid(mapping["tiles_k"], mapping["tiles_n"], mapping["tiles_m"], True)
    return Grid(mapping["tiles_k"], mapping["tiles_m"], mapping["tiles_n"], False)


@kernel
def results_of(grid: Grid) -> Grid:
    """Return the tiles of the result: those of ``grid`` with their reductions whole."""
    return Grid(1, grid.inner, grid.outer, grid.m_is_outer)


@kernel
def tile_count(product: ProductRow, grid: Grid) -> int:
    """Steps of a mapping: every tile of every one of the product's ``count`` repetitions."""
    return product["count"] * grid.parts * grid.inner * grid.outer


@kernel
def rewind(cursor: CursorRow) -> None:
    """Set ``cursor`` to the first step."""
    cursor["step"], cursor["part"], cursor["inner"], cursor["outer"] = 0, 0, 0, 0


@kernel
def advance(cursor: CursorRow, grid: Grid) -> None:
    """Go on to the next step; after the last tile, to the first one of the next repetition."""
    cursor["step"] += 1
    cursor["part"] += 1
    if cursor["part"] < grid.parts:
        return
    cursor["part"] = 0
    cursor["inner"] += 1
    if cursor["inner"] < grid.inner:
        return
    cursor["inner"] = 0
    cursor["outer"] += 1
    if cursor["outer"] == grid.outer:
        cursor["outer"] = 0


@kernel
def tile_at(cursor: CursorRow, grid: Grid) -> Tile:
    """Return the Tile that ``cursor`` is at.

    An operand is brought anew unless its tile is the one of the step before. Repetitions share nothing.
    """
    part, inner, outer = cursor["part"], cursor["inner"], cursor["outer"]
    begins = part == 0 and inner == 0 and outer == 0
    outer_changes = begins or grid.parts > 1 or inner == 0
    inner_changes = begins or grid.parts > 1 or grid.inner > 1
    last_part, last_inner, last_outer = part == grid.parts - 1, inner == grid.inner - 1, outer == grid.outer - 1
    if grid.m_is_outer:
        kind = last_outer * LAST_M + last_inner * LAST_N + last_part * LAST_K
        return Tile(kind, outer_changes, inner_changes, part == 0, last_part)
    kind = last_inner * LAST_M + last_outer * LAST_N + last_part * LAST_K
    return Tile(kind, inner_changes, outer_changes, part == 0, last_part)


class TileSize(NamedTuple):
    """Rows, columns and reduction length of a tile."""

    m: int
    n: int
    k: int


@kernel
def exists(mapping: TileMappingRow, kind: int) -> bool:
    """True when some tile of ``mapping`` is of ``kind``."""
    return (
        (kind & LAST_M > 0 or mapping["tiles_m"] > 1)
        and (kind & LAST_N > 0 or mapping["tiles_n"] > 1)
        and (kind & LAST_K > 0 or mapping["tiles_k"] > 1)
    )


@kernel
def size_of(product: ProductRow, mapping: TileMappingRow, kind: int) -> TileSize:
    """Return the size of the tiles of ``kind``."""
    return TileSize(
        _extent(kind & LAST_M > 0, mapping["tiles_m"], mapping["tile_m"], product["m"]),
        _extent(kind & LAST_N > 0, mapping["tiles_n"], mapping["tile_n"], product["n"]),
        _extent(kind & LAST_K > 0, mapping["tiles_k"], mapping["tile_k"], product["k"]),
    )


@kernel
def _extent(is_last: bool, tiles: int, tile: int, total: int) -> int:
    return total - (tiles - 1) * tile if is_last else tile
