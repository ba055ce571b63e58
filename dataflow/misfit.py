"""Why a product has no mapping on a machine: the smallest tile of the mapping space, and the buffers it exceeds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from heddle.arch.design import Design
from heddle.dataflow.cost import ACCUMULATOR_BYTES, cut_rows, left_half_bytes, right_half_bytes
from heddle.dataflow.kernel_rows import product_rows
from heddle.dataflow.step_items import Product

_BUFFERS = ("activation", "weight", "output")


@dataclass(frozen=True)
class SmallestTile:
    """A tile in elements, and the bytes that it takes of each buffer: activation, weight, output."""

    m: int
    k: int
    n: int
    buffer_bytes: tuple[int, int, int]


def misfit_reason(product: Product, design: Design) -> str:
    """Return, as one phrase, which halves of the design's buffers the product's smallest tile exceeds."""
    halves = tuple(getattr(design.buffers, f"{name}_bytes") // 2 for name in _BUFFERS)
    tile = smallest_tile(product, design)
    taken = ", ".join(f"{name} {nbytes}" for name, nbytes in zip(_BUFFERS, tile.buffer_bytes, strict=True))
    exceeded = " and ".join(
        f"half the {name} buffer ({half} bytes)"
        for name, nbytes, half in zip(_BUFFERS, tile.buffer_bytes, halves, strict=True)
        if nbytes > half
    )
    return (
        f"the smallest tile, {tile.m} x {tile.k} x {tile.n} of {product.m} x {product.k} x {product.n} (m x k x n), "
        f"takes {taken} bytes, which exceeds {exceeded}"
    )


def smallest_tile(product: Product, design: Design) -> SmallestTile:
    """Return the tile that comes closest to fitting, of the smallest ones of all dataflows and interleave splits.

    They differ only where OS has to interleave: a split over rows makes the tile taller, one over columns wider.
    """
    halves = tuple(getattr(design.buffers, f"{name}_bytes") // 2 for name in _BUFFERS)

    def excess(tile: SmallestTile) -> float:
        return max(nbytes / max(half, 1) for nbytes, half in zip(tile.buffer_bytes, halves, strict=True))

    return min(_smallest_tiles(product, design), key=excess)


def _smallest_tiles(product: Product, design: Design) -> Iterator[SmallestTile]:
    array = design.array
    row = product_rows([product])[0]
    k = min(product.k, product.group_m)
    splits = [(1, 1)] if "ws" in array.dataflows else list(array.interleave_pairs)
    for interleave_rows, interleave_cols in splits:
        extent = array.rows * interleave_rows
        m = int(cut_rows(row, min(product.m, extent), extent))
        n = min(product.n, array.cols * interleave_cols)
        left, right = int(left_half_bytes(row, m, k)), int(right_half_bytes(row, n, k))
        yield SmallestTile(m, k, n, (left, right, m * n * ACCUMULATOR_BYTES))
