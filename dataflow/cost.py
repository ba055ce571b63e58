"""The closed-form cost of one mapping of one product: array cycles, DRAM bytes, and the time they take together.

A product is cut into tiles of tile_m x tile_n x tile_k that fit the double buffers; k is innermost, so that
partial sums stay on chip. Each tile is one compute instruction. Its array cycles come from ``heddle.arch.timing``.
The engines of ``sim`` execute the very same tiles with the very same functions; what this module adds is the
assumption that loads, computation and stores overlap perfectly but for the first load and the last store.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from heddle.arch.formats import FP32
from heddle.arch.jit import kernel
from heddle.arch.timing import (
    DISPATCH_CYCLES,
    os_drain_cycles,
    os_issue_cycles,
    os_lead_cycles,
    os_settle_cycles,
    os_tail_cycles,
    slots_of,
    ws_interval_cycles,
    ws_load_cycles,
    ws_tail_cycles,
)
from heddle.dataflow.kernel_rows import MachineRow, OperandRow, ProductRow

ACCUMULATOR_BYTES = FP32.width_bytes


@kernel
def ceil_div(a: int, b: int) -> int:
    """Integer quotient, rounded up."""
    return (a + b - 1) // b


@kernel
def stored_pixels(operand: OperandRow, positions: int) -> int:
    """Stored pixels that consecutive ``positions`` of the product's pixel axis touch: as many as tiles do in the mean.

    Tiles of whole images have no halo, and of tiles that are parts of one the first lacks it before, the last behind.
    """
    halo, image = operand["halo"], operand["image_positions"]
    if image and positions % image == 0:
        halo = 0.0
    elif image and image % positions == 0:
        halo -= halo * positions / image
    return _in_map(operand, positions, halo)


@kernel
def _in_map(operand: OperandRow, positions: int, halo: float) -> int:
    pixels = math.ceil(positions * operand["pixel_step"] + halo)
    return min(pixels, operand["map_pixels"]) if operand["map_pixels"] else pixels


@kernel
def most_pixels(operand: OperandRow, positions: int) -> int:
    """Stored pixels for which a half has room: those with the whole halo, so that fewer positions never need more."""
    return _in_map(operand, positions, operand["halo"])


class TileReach(NamedTuple):
    """What a tile of an operand touches in memory: stored pixels, channels of each, and taps that it meets."""

    pixels: int
    channels: int
    taps: int


@kernel
def tile_reach(operand: OperandRow, outer: int, k: int, group: int) -> TileReach:
    """Return the TileReach of an [outer x k] tile: whole channels with all taps, or a part of the taps.

    ``group``: elements stored for each group of k, which stay together where the taps are cut; where pixels are on k,
    all channels of a tap do. Brought are all pixels from the first to the last that whole windows touch, whatever taps
    of them a tile meets. A part that ends in another channel group than it begins in counts as if it stood in one.
    """
    taps = operand["taps"]
    positions, spread, together = (k, outer, 1) if operand["pixels_on_k"] else (outer, k, group)
    pixels = stored_pixels(operand, positions)
    if spread >= taps * together:
        return TileReach(pixels, ceil_div(spread, taps), taps)
    if operand["pixels_on_k"]:
        together = operand["channels"]
    channels = max(ceil_div(spread, taps), min(spread, together))
    return TileReach(pixels, channels, ceil_div(spread, channels))


@kernel
def whole_taps(taps: int, channels: int, rows: int, extent: int) -> int:
    """Return the most rows of taps x channels, up to ``rows``, that a tile has without a part of a tap or of a pixel.

    Whole channels with all their taps, so many that they fill array tiles of ``extent`` rows if there are; of fewer
    rows than taps, whole taps; of fewer than channels, an equal part of each tap. So tiles of as many rows are those of
    ``heddle.dataflow.program.spreads``.
    """
    if rows >= taps * channels:
        return taps * channels
    if rows >= taps:
        filling = extent // math.gcd(extent, taps)
        fit = rows // taps
        return taps * (fit // filling * filling if fit >= filling else fit)
    if rows >= channels:
        return rows // channels * channels
    return ceil_div(channels, ceil_div(channels, rows))


@kernel
def cut_rows(product: ProductRow, tile_m: int, extent: int) -> int:
    """The rows of tiles of up to ``tile_m``, array tiles of ``extent``: as many, but where rows are taps x channels."""
    left = product["left"]
    return whole_taps(left["taps"], left["channels"], tile_m, extent) if left["pixels_on_k"] else tile_m


@kernel
def tile_elements(operand: OperandRow, outer: int, k: int, group: int) -> int:
    """Stored elements that an [outer x k] tile of an operand touches."""
    reach = tile_reach(operand, outer, k, group)
    return reach.pixels * reach.channels


@kernel
def bits_to_bytes(elements: int, bits: float) -> int:
    """Bytes of ``elements`` of ``bits`` each, whole bytes."""
    return math.ceil(elements * bits / 8.0)


@kernel
def _half_bytes(operand: OperandRow, outer: int, k: int, group: int) -> int:
    channels = tile_reach(operand, outer, k, group).channels
    return bits_to_bytes(most_pixels(operand, k if operand["pixels_on_k"] else outer) * channels, operand["bits"])


@kernel
def left_half_bytes(product: ProductRow, outer: int, k: int) -> int:
    """Bytes that [outer x k] tiles of the left operand take of half the activation buffer at most."""
    return _half_bytes(product["left"], outer, k, product["group_m"])


@kernel
def right_half_bytes(product: ProductRow, outer: int, k: int) -> int:
    """Bytes that [k x outer] tiles of the right operand take of half the weight buffer at most."""
    return _half_bytes(product["right"], outer, right_stored_k(product, k), right_stored_group(product))


@kernel
def in_bursts(nbytes: int, runs: int, burst_bytes: int) -> int:
    """DRAM bytes moved for ``nbytes`` in ``runs`` equal contiguous runs: whole bursts each."""
    return runs * ceil_div(ceil_div(nbytes, runs), burst_bytes) * burst_bytes


@kernel
def left_tile_bytes(product: ProductRow, outer: int, k: int) -> int:
    """Bytes of an [outer x k] tile of the left operand."""
    left = product["left"]
    return bits_to_bytes(tile_elements(left, outer, k, product["group_m"]), left["bits"])


@kernel
def right_stored_k(product: ProductRow, k: int) -> int:
    """Elements of the right operand that are stored for k: the kept ones, or all where SORE prunes them on load."""
    return k if product["prune_on_load"] else slots_of(k, product["keep_n"], product["group_m"])


@kernel
def right_stored_group(product: ProductRow) -> int:
    """Elements of the right operand that are stored for one whole group."""
    return product["group_m"] if product["prune_on_load"] else product["keep_n"]


@kernel
def right_tile_bytes(product: ProductRow, outer: int, k: int) -> int:
    """Bytes of a [k x outer] tile of the right operand: packed, or dense to be pruned."""
    right = product["right"]
    elements = tile_elements(right, outer, right_stored_k(product, k), right_stored_group(product))
    return bits_to_bytes(elements, right["bits"])


@kernel
def operand_runs(operand: OperandRow, outer: int, outer_total: int, k: int, k_total: int, group: int) -> int:
    """Contiguous runs of an operand tile in DRAM: one if it takes all channels, else one a stored pixel.

    Where not all pixels follow each other in memory, those that do are one.
    """
    if operand["tiled"]:
        return 1
    total = outer_total if operand["pixels_on_k"] else k_total
    reach = tile_reach(operand, outer, k, group)
    if reach.channels * operand["taps"] < total:
        return reach.pixels
    return pixel_runs(reach.pixels, operand["run_pixels"])


@kernel
def pixel_runs(pixels: int, run_pixels: int) -> int:
    """Contiguous runs of whole pixels, of which ``run_pixels`` follow each other; 0: all of them do."""
    return ceil_div(pixels, run_pixels) if run_pixels else 1


@kernel
def left_runs(product: ProductRow, outer: int, k: int) -> int:
    """Contiguous runs of a tile of the left operand."""
    return operand_runs(product["left"], outer, product["m"], k, product["k"], product["group_m"])


@kernel
def right_runs(product: ProductRow, outer: int, k: int) -> int:
    """Contiguous runs of a tile of the right operand; packed, only the kept ones are there."""
    right = product["right"]
    if right["tiled"]:
        return 1
    stored_k, all_k = right_stored_k(product, k), right_stored_k(product, product["k"])
    return operand_runs(right, outer, product["n"], stored_k, all_k, right_stored_group(product))


@kernel
def left_pixel_bytes(product: ProductRow) -> int:
    """Distance in DRAM between two runs of the left operand: all channels of a pixel, or of several."""
    left = product["left"]
    channels = product["m"] if left["pixels_on_k"] else product["k"]
    return left["pitch"] * bits_to_bytes(ceil_div(channels, left["taps"]), left["bits"])


@kernel
def right_pixel_bytes(product: ProductRow) -> int:
    """Distance in DRAM between two runs of the right operand: all channels of a pixel, or of several."""
    right = product["right"]
    channels = product["n"] if right["pixels_on_k"] else product["k"]
    return right["pitch"] * bits_to_bytes(ceil_div(channels, right["taps"]), right["bits"])


@kernel
def out_pixel_bytes(product: ProductRow) -> int:
    """Distance in DRAM between two runs of the result: all channels of a pixel, or of several."""
    channels = product["m"] if product["out_channels_on_m"] else product["n"]
    return product["out_pitch"] * bits_to_bytes(channels, product["out_bits"])


@kernel
def out_runs(product: ProductRow, m: int, n: int) -> int:
    """Contiguous runs of an [m x n] tile of the result."""
    if product["out_tiled"]:
        return 1
    pixels, channels, total = (n, m, product["m"]) if product["out_channels_on_m"] else (m, n, product["n"])
    return pixels if channels < total else pixel_runs(pixels, product["out_run_pixels"])


@kernel
def left_load_bytes(product: ProductRow, burst_bytes: int, outer: int, k: int) -> int:
    """DRAM bytes of one load of a left tile."""
    return in_bursts(left_tile_bytes(product, outer, k), left_runs(product, outer, k), burst_bytes)


@kernel
def right_load_bytes(product: ProductRow, burst_bytes: int, outer: int, k: int) -> int:
    """DRAM bytes of one load of a right tile."""
    return in_bursts(right_tile_bytes(product, outer, k), right_runs(product, outer, k), burst_bytes)


@kernel
def out_store_bytes(product: ProductRow, burst_bytes: int, m: int, n: int) -> int:
    """DRAM bytes of one store of a result tile."""
    return in_bursts(bits_to_bytes(m * n, product["out_bits"]), out_runs(product, m, n), burst_bytes)


class ArrayTiles(NamedTuple):
    """How the array goes through one instruction's tile of a product, in cycles.

    ``tiles`` array tiles, a new one each ``interval``; its operands enter in ``issue``. The first ``fresh`` of them
    start new sums; in WS, where a tile has no more slots than the array has rows, each later one goes on from the
    sums of the tile ``fresh`` before it. From the end of the last interval to the last result: ``finish``.
    """

    tiles: int
    fresh: int
    issue: int
    interval: int
    finish: int


@kernel
def array_tiles(
    machine: MachineRow, ws: int, ir: int, ic: int, m: int, n: int, slots: int, accumulates: int
) -> ArrayTiles:
    """Return the ArrayTiles of one [m x slots x n] tile; ``accumulates``: it is a part of a longer reduction."""
    rows, cols, cuts = machine["rows"], machine["cols"], machine["cuts"]
    stages, multiplier, chain = machine["adder_stages"], machine["multiplier_stages"], machine["chain"]
    if ws:
        folds, fresh = ceil_div(slots, rows), ceil_div(n, cols)
        tiles, issue = folds * fresh, m
        tail = ws_tail_cycles(rows, cols, cuts, stages, multiplier, chain)
        tiles_apart = fresh if folds > 1 or accumulates else 0
        interval = ws_interval_cycles(m, rows, cols, cuts, stages, multiplier, chain, tiles_apart)
    else:
        interleave = machine["interleave"]
        tiles = fresh = ceil_div(m, rows * ir) * ceil_div(n, cols * ic)
        issue = os_issue_cycles(slots, interleave, stages)
        tail = os_tail_cycles(rows, cols, cuts, interleave, stages, multiplier, chain)
        interval = max(issue, os_drain_cycles(rows, interleave, chain))
    if not machine["overlap_tiles"]:
        interval = issue + tail
        if ws:
            interval += ws_load_cycles(rows, chain)
        return ArrayTiles(tiles, fresh, issue, interval, 0)
    return ArrayTiles(tiles, fresh, issue, interval, issue + tail - interval)


@kernel
def settle_cycles(machine: MachineRow, ws: int, tiles: int) -> int:
    """Cycles before an instruction of ``tiles`` that goes on from partial sums takes the first of them.

    In WS, and where a tile waits for the last one's results anyway, nothing.
    """
    if ws or not machine["overlap_tiles"]:
        return 0
    rows, cols, cuts, interleave = machine["rows"], machine["cols"], machine["cuts"], machine["interleave"]
    stages, multiplier = machine["adder_stages"], machine["multiplier_stages"]
    return os_settle_cycles(tiles, rows, cols, cuts, interleave, stages, multiplier, machine["chain"])


@kernel
def reload_cycles(machine: MachineRow, ws: int, tiles: int) -> int:
    """Cycles by which an instruction's first tile starts later because it goes on from partial sums."""
    if ws:
        return 0
    lead = machine["chain"] * os_lead_cycles(machine["rows"], machine["interleave"])
    return settle_cycles(machine, ws, tiles) + lead


@kernel
def instruction_cycles(machine: MachineRow, ws: int, shape: ArrayTiles, reloads: int) -> int:
    """Cycles from one instruction of the array to the next, dispatch included.

    ``reloads``: it goes on from the partial sums of the instruction before it.
    """
    prologue = reload_cycles(machine, ws, shape.tiles) if reloads else 0
    return DISPATCH_CYCLES + prologue + shape.tiles * shape.interval


@kernel
def lead_cycles(machine: MachineRow, ws: int) -> int:
    """Cycles before a pass's first instruction can issue: textbook WS shifts its first weights in."""
    return ws_load_cycles(machine["rows"], machine["chain"]) if ws and machine["overlap_tiles"] else 0
