"""The sizes that tiles of a result may have along each of its dimensions, in plain Python."""

from __future__ import annotations

from math import lcm

from heddle.dataflow.step_items import Product


def tile_sizes(extent: int, total: int) -> list[int]:
    """Powers of two times the array's extent below the dimension, and the dimension."""
    sizes = []
    while extent < total:
        sizes.append(extent)
        extent *= 2
    return [*sizes, total]


def row_sizes(product: Product, extent: int) -> list[int]:
    """Rows of tiles: taps x channels have whole channels, that fill ``extent`` rows of the array if there are as many.

    Smaller ones have whole taps; of less than a tap, equal parts of each.
    """
    taps, sizes = product.left.taps, tile_sizes(extent, product.m)
    if not product.left.pixels_on_k or taps == 1:
        return sizes
    channels = product.m // taps
    found = []
    for size in sizes:
        units = [whole for whole in (product.m, lcm(taps, extent), taps, channels) if whole <= size]
        parts = len(range(0, channels, size))
        found.append(size - size % units[0] if units else len(range(0, channels, parts)))
    return found
