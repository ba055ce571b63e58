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
    """Stored pixels under so many positions of the pixel axis: in the mean of tiles that divide an image."""
    image, halo = operand.image_positions, operand.halo
    if image and positions % image == 0:
        halo = 0
    elif image and image % positions == 0:
        # Of the tiles of an image all but the first have half of it before them, all but the last half behind.
        tiles = image // positions
        halo = 2 * (tiles - 1) * (halo / 2) / tiles
    return in_the_map(operand, positions * operand.pixel_step + halo)


def in_the_map(operand: Operand, touched: float) -> int:
    """Whole pixels, no more than there are."""
    return min(ceil(touched), operand.map_pixels or ceil(touched))


def half_bytes(operand: Operand, channels: int, positions: int) -> int:
    """Bytes of a half that there is room for: a tile's channels with the whole halo, wherever the tile stands."""
    return ceil(in_the_map(operand, positions * operand.pixel_step + operand.halo) * channels * operand.bits / 8)


def left_half_bytes(product: Product, tile_m: int, tile_k: int) -> int:
    """Bytes of half the activation buffer that left tiles take."""
    channels = reach_of_tile(product.left, tile_m, tile_k, product.group_m, product.m).channels
    return half_bytes(product.left, channels, tile_k if product.left.pixels_on_k else tile_m)


def right_half_bytes(product: Product, tile_n: int, tile_k: int) -> int:
    """Bytes of half the weight buffer that right tiles take."""
    stored, group = stored_k(product, tile_k), stored_k(product, product.group_m)
    channels = reach_of_tile(product.right, tile_n, stored, group, product.n).channels
    return half_bytes(product.right, channels, stored if product.right.pixels_on_k else tile_n)


@dataclass(frozen=True)
class Reach:
    """What a tile of an operand meets: stored pixels, channels of each, and taps."""

    pixels: int
    channels: int
    taps: int


def reach(operand: Operand, positions: int, spread: int, group: int, together: int) -> Reach:
    """What ``positions`` and ``spread`` channels times taps meet: whole channels with all taps.

    Below a channel group (``group`` stored elements) it is as many of its taps as ``spread`` has of ``together``.
    """
    channels = ceil(Fraction(spread, operand.taps))
    if spread >= group * operand.taps:
        return Reach(pixels(operand, positions), channels, operand.taps)
    channels = max(min(together, spread), channels)
    taps = ceil(Fraction(spread, channels))
    return Reach(pixels(operand, positions), channels, taps)


def reach_of_tile(operand: Operand, outer: int, k: int, group: int, outer_total: int) -> Reach:
    """What an [outer x k] tile meets: groups that stay together are on k, channels of a tap on the other axis."""
    if operand.pixels_on_k:
        return reach(operand, k, outer, 1, outer_total // operand.taps)
    return reach(operand, outer, k, group, group)


def elements(operand: Operand, outer: int, k: int, group: int, outer_total: int) -> int:
    """Stored elements under an [outer x k] tile: pixels times channels."""
    met = reach_of_tile(operand, outer, k, group, outer_total)
    return met.pixels * met.channels


def runs(operand: Operand, outer: int, k: int, group: int, whole: tuple[int, int]) -> int:
    """Contiguous runs of a tile of an operand of ``whole`` outer x k, stored.

    One where all channels are taken and all pixels follow each other; else one a stored pixel, or one for those that
    follow each other.
    """
    all_spread = whole[0] if operand.pixels_on_k else whole[1]
    if operand.tiled:
        return 1
    met = reach_of_tile(operand, outer, k, group, whole[0])
    if met.channels < Fraction(all_spread, operand.taps):
        return met.pixels
    return pixel_runs(met.pixels, operand.run_pixels)


def pixel_runs(pixels: int, run_pixels: int) -> int:
    """Runs of whole pixels, so many of which follow each other; 0: all."""
    return len(range(0, pixels, run_pixels)) if run_pixels else 1


def left_bytes(product: Product, tile_m: int, tile_k: int) -> int:
    """Bytes of a left tile."""
    return ceil(elements(product.left, tile_m, tile_k, product.group_m, product.m) * product.left.bits / 8)


def right_bytes(product: Product, tile_n: int, tile_k: int) -> int:
    """Bytes of a right tile."""
    group = stored_k(product, product.group_m)
    count = elements(product.right, tile_n, stored_k(product, tile_k), group, product.n)
    return ceil(count * product.right.bits / 8)


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
    if product.out_tiled:
        pieces = 1
    else:
        pieces = positions if channels < all_channels else pixel_runs(positions, product.out_run_pixels)
    return in_bursts(ceil(tile_m * tile_n * product.out_bits / 8), pieces, burst_bytes)
