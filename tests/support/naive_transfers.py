"""What a tile of a product touches in memory, and the DRAM bytes that it moves, counted in plain Python."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from heddle.dataflow.step_items import Operand, Product


def packed(product: Product, k: int) -> int:
    """Elements kept of k, group by group."""
    return sum(min(product.keep_n, k - start, product.group_m) for start in range(0, k, product.group_m))


def stored_k(product: Product, k: int) -> int:
    """Elements of the right operand stored for k: all of them where SORE prunes on the way in."""
    return k if product.prune_on_load else packed(product, k)


def pixels(operand: Operand, positions: int) -> int:
    """Stored pixels under so many positions of the pixel axis."""
    return ceil(positions * operand.pixel_step + operand.halo)


@dataclass(frozen=True)
class Reach:
    """What a tile of an operand meets: stored pixels, channels of each, and taps."""

    pixels: int
    channels: int
    taps: int


def reach(operand: Operand, positions: int, spread: int, group: int) -> Reach:
    """What ``positions`` and ``spread`` channels times taps meet: whole channels with all taps.

    Below a channel group (``group`` stored elements) it is as many of its taps as ``spread`` has.
    """
    channels = ceil(Fraction(spread, operand.taps))
    if spread >= group * operand.taps:
        return Reach(pixels(operand, positions), channels, operand.taps)
    channels = max(min(group, spread), channels)
    taps = ceil(Fraction(spread, channels))
    near = ceil(positions * operand.pixel_step + operand.halo * taps / operand.taps)
    return Reach(min(near, positions * taps), channels, taps)


def reach_of_tile(operand: Operand, outer: int, k: int, group: int) -> Reach:
    """What an [outer x k] tile meets: groups that stay together are on k."""
    return reach(operand, k, outer, 1) if operand.pixels_on_k else reach(operand, outer, k, group)


def elements(operand: Operand, outer: int, k: int, group: int) -> int:
    """Stored elements under an [outer x k] tile: pixels times channels, at most the tile spread out."""
    met = reach_of_tile(operand, outer, k, group)
    channels = ceil(Fraction(outer, operand.taps)) if operand.pixels_on_k else met.channels
    return min(met.pixels * channels, outer * k)


def runs(operand: Operand, outer: int, k: int, group: int, whole: tuple[int, int]) -> int:
    """Contiguous runs of a tile of an operand of ``whole`` outer x k, stored.

    One where all channels are taken, a window each where windows do not meet; else one a stored pixel.
    """
    spread, all_spread, positions = (outer, whole[0], k) if operand.pixels_on_k else (k, whole[1], outer)
    if operand.tiled or spread == all_spread:
        return 1
    met = reach_of_tile(operand, outer, k, group)
    if met.channels < Fraction(all_spread, operand.taps):
        return met.pixels
    return 1 if met.pixels < positions * met.taps else positions


def left_bytes(product: Product, tile_m: int, tile_k: int) -> int:
    """Bytes of a left tile."""
    return ceil(elements(product.left, tile_m, tile_k, product.group_m) * product.left.bits / 8)


def right_bytes(product: Product, tile_n: int, tile_k: int) -> int:
    """Bytes of a right tile."""
    group = stored_k(product, product.group_m)
    return ceil(elements(product.right, tile_n, stored_k(product, tile_k), group) * product.right.bits / 8)


def in_bursts(nbytes: int, runs: int, burst_bytes: int) -> int:
    """DRAM bytes of equal runs, each of whole bursts."""
    return sum(ceil(ceil(nbytes / runs) / burst_bytes) * burst_bytes for _ in range(runs))


def left_transfer(product: Product, burst_bytes: int, tile_m: int, tile_k: int) -> int:
    """DRAM bytes of a left tile."""
    pieces = runs(product.left, tile_m, tile_k, product.group_m, (product.m, product.k))
    return in_bursts(left_bytes(product, tile_m, tile_k), pieces, burst_bytes)


def right_transfer(product: Product, burst_bytes: int, tile_n: int, tile_k: int) -> int:
    """DRAM bytes of a right tile."""
    stored, all_k, group = (stored_k(product, k) for k in (tile_k, product.k, product.group_m))
    pieces = runs(product.right, tile_n, stored, group, (product.n, all_k))
    return in_bursts(right_bytes(product, tile_n, tile_k), pieces, burst_bytes)


def out_transfer(product: Product, burst_bytes: int, tile_m: int, tile_n: int) -> int:
    """DRAM bytes of a result tile."""
    channels, positions = (tile_m, tile_n) if product.out_channels_on_m else (tile_n, tile_m)
    all_channels = product.m if product.out_channels_on_m else product.n
    one_run = product.out_tiled or channels == all_channels
    return in_bursts(ceil(tile_m * tile_n * product.out_bits / 8), 1 if one_run else positions, burst_bytes)
