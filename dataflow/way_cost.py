"""What loads and stores of tiles take of the machine's way to memory beside their bytes: bursts asked for, and cuts.

A master has so many bursts outstanding, a gearbox makes a cut a clock of what comes, and a walk gives a pixel a clock.
Of short runs the first takes longer than the bytes, of narrow arrays the second, of short pixels the third.
"""

from __future__ import annotations

from typing import NamedTuple

from heddle.arch.formats import FP32
from heddle.arch.jit import kernel
from heddle.dataflow.cost import (
    bits_to_bytes,
    ceil_div,
    in_bursts,
    left_runs,
    left_tile_bytes,
    right_runs,
    right_stored_k,
    right_tile_bytes,
    tile_reach,
)
from heddle.dataflow.kernel_rows import MachineRow, ProductRow

_BYTE_BITS = 8
_WIDE_BITS = FP32.width


class Pixels(NamedTuple):
    """What a transfer walks: pixels of so many bytes, in so many runs of bytes side by side."""

    pixels: int
    pixel_bytes: int
    runs: int


class TileLoad(NamedTuple):
    """A tile's load: DRAM bytes in whole bursts of memory, bursts asked for, and cuts; 0 without a way to memory.

    ``cuts`` are its pixels where it has more of them: a walk gives one a clock.
    """

    nbytes: int
    bursts: int
    cuts: int


@kernel
def left_pixels(product: ProductRow, m: int, k: int) -> Pixels:
    """Return what a load of an [m x k] left tile walks."""
    left = product["left"]
    reach = tile_reach(left, m, k, product["group_m"])
    pixel_bytes = bits_to_bytes(reach.channels, left["bits"])
    return Pixels(reach.pixels, pixel_bytes, min(reach.pixels, left_runs(product, m, k)))


@kernel
def left_cut_elements(product: ProductRow, channels: int, group_m: int, lanes: int) -> int:
    """Return how many of a pixel's ``channels`` a gearbox cuts at once: whole groups, all about equal if it is dense.

    A port that is narrower than a group has no machine; here it cuts one at a time.
    """
    group = group_m
    if product["left"]["pixels_on_k"] or product["keep_n"] == product["group_m"]:
        group = ceil_div(channels, ceil_div(channels, group_m))
    return group * max(1, lanes)


class Rows(NamedTuple):
    """Rows of elements that a gearbox cuts: none goes beyond its row's end."""

    rows: int
    elements: int


@kernel
def left_rows(pixels: int, channels: int, cut: int, lanes: int) -> Rows:
    """Return the rows of activations: pixels whose groups are whole follow each other as one."""
    group = cut // max(1, lanes)
    return Rows(1, pixels * channels) if channels % group == 0 else Rows(pixels, channels)


@kernel
def right_rows(product: ProductRow, n: int, k: int) -> Rows:
    """Return the rows of a [k x n] right tile: slots of columns, or what lies pixel by pixel."""
    stored_k = right_stored_k(product, k)
    by_slots = product["right"]["tiled"] or product["right"]["pixels_on_k"]
    return Rows(stored_k, n) if by_slots else Rows(n, stored_k)


@kernel
def is_packed(product: ProductRow) -> bool:
    """True where the indices of the right operand lie behind its values."""
    return product["keep_n"] < product["group_m"] and not product["prune_on_load"]


@kernel
def _bursts(nbytes: int, runs: int, page_bytes: int) -> int:
    return runs * ceil_div(ceil_div(nbytes, runs), page_bytes)


@kernel
def left_load(product: ProductRow, machine: MachineRow, m: int, k: int) -> TileLoad:
    """Return the load of an [m x k] left tile."""
    left, burst_bytes = product["left"], machine["burst_bytes"]
    reach = tile_reach(left, m, k, product["group_m"])
    runs = left_runs(product, m, k)
    nbytes = in_bursts(left_tile_bytes(product, m, k), runs, burst_bytes)
    if not machine["page_bytes"]:
        return TileLoad(nbytes, 0, 0)
    cut = left_cut_elements(product, reach.channels, machine["group_m"], machine["lanes"])
    rows = left_rows(reach.pixels, reach.channels, cut, machine["lanes"])
    cuts = rows.rows * ceil_div(rows.elements, cut)
    walked = reach.pixels * bits_to_bytes(reach.channels, left["bits"])
    bursts = _bursts(walked, min(reach.pixels, runs), machine["page_bytes"])
    return TileLoad(nbytes, bursts, max(cuts, reach.pixels))


@kernel
def right_load(product: ProductRow, machine: MachineRow, n: int, k: int) -> TileLoad:
    """Return the load of a [k x n] right tile."""
    runs = right_runs(product, n, k)
    nbytes = in_bursts(right_tile_bytes(product, n, k), runs, machine["burst_bytes"])
    if not machine["page_bytes"]:
        return TileLoad(nbytes, 0, 0)
    rows = right_rows(product, n, k)
    value_bytes = rows.rows * rows.elements * machine["element_bits"] // _BYTE_BITS
    bursts = _bursts(value_bytes, min(rows.rows, runs), machine["page_bytes"])
    cuts = rows.rows * ceil_div(rows.elements, machine["value_part"])
    if is_packed(product):
        index_bytes = rows.rows * ceil_div(rows.elements * machine["index_bits"], _BYTE_BITS)
        bursts += _bursts(index_bytes, 1, machine["page_bytes"])
        cuts += rows.rows * ceil_div(rows.elements, machine["index_part"])
    return TileLoad(nbytes, bursts, cuts)


@kernel
def out_cuts(product: ProductRow, machine: MachineRow, m: int, n: int) -> int:
    """Return the cuts of a store of an [m x n] result tile; nothing where there is no way to memory."""
    if not machine["page_bytes"]:
        return 0
    rows, elements = (n, m) if product["out_channels_on_m"] else (m, n)
    part = machine["wide_part"] if product["out_bits"] == _WIDE_BITS else machine["narrow_part"]
    return rows * ceil_div(elements, part)
