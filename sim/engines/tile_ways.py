"""What the loads and the store of a tile take of the machine's way to memory: their pixels, bursts and cuts."""

from __future__ import annotations

from typing import NamedTuple

from heddle.arch.formats import FP32
from heddle.arch.jit import kernel
from heddle.dataflow.cost import bits_to_bytes, ceil_div, out_runs, right_runs, tile_reach
from heddle.dataflow.kernel_rows import ProductRow
from heddle.dataflow.way_cost import Pixels, is_packed, left_cut_elements, left_pixels, left_rows, right_rows
from heddle.sim.engines.dram_rows import DramRow
from heddle.sim.engines.tiles import TileSize
from heddle.sim.engines.transfer_costs import (
    Bursts,
    Port,
    WayRow,
    bursts_of,
    cuts_of,
    fill_load,
    fill_store,
    groups_gear_cycles,
    taking,
    words_gear_cycles,
)
from heddle.sim.machine.shape import MachineShape

_BYTE_BITS = 8
_WIDE_BITS = FP32.width


class FirstBits(NamedTuple):
    """Bits of the positions of a tile's first pixels, which the walks multiply by: of the left operand, the right one.

    Those of the product's last pixel, as a kind of tile does not say which of them it is; none of a product's only one.
    """

    left: int
    right: int


@kernel
def first_bits_of(product: ProductRow, tiles_m: int, tiles_k: int) -> FirstBits:
    """Return the FirstBits of tiles of ``product``, which is cut into so many along m and k."""
    left = product["k"] if product["left"]["pixels_on_k"] else product["m"]
    cut = tiles_k if product["left"]["pixels_on_k"] else tiles_m
    right = product["k"] if product["right"]["pixels_on_k"] and tiles_k > 1 else 1
    return FirstBits(_bit_length(left - 1 if cut > 1 else 0), _bit_length(right - 1))


@kernel
def _bit_length(number: int) -> int:
    bits = 0
    while number >> bits:
        bits += 1
    return bits


@kernel
def port_of(timing: DramRow, shape: MachineShape) -> Port:
    """Return the machine's port: its memory's answers, and the cycles that a word of it takes."""
    beat = timing["burst_cycles"] * shape.word_bytes / timing["burst_bytes"]
    return Port(timing["read_latency_cycles"], timing["write_latency_cycles"], beat)


@kernel
def fill_left_way(
    way: WayRow, port: Port, shape: MachineShape, product: ProductRow, size: TileSize, first_bits: int
) -> None:
    """Fill in the load of a left tile: activations, whose groups are cut some at a time."""
    moved = left_pixels(product, size.m, size.k)
    reach = tile_reach(product["left"], size.m, size.k, product["group_m"])
    cut = left_cut_elements(product, reach.channels, shape.group_m, shape.lanes)
    rows = left_rows(moved.pixels, reach.channels, cut, shape.lanes)
    row_bytes = rows.elements * shape.element_bits // _BYTE_BITS
    cuts = cuts_of(rows.rows, ceil_div(rows.elements, cut), row_bytes, shape.word_bytes)
    bursts = bursts_of(moved, shape)
    take_cycles = taking(bursts.beats, cuts)
    fill_load(way, moved, bursts, take_cycles, cuts, groups_gear_cycles(), first_bits, port, shape)


@kernel
def fill_right_way(
    way: WayRow, port: Port, shape: MachineShape, product: ProductRow, size: TileSize, first_bits: int
) -> None:
    """Fill in the load of a right tile: values, and behind them their indices where they are packed."""
    rows = right_rows(product, size.n, size.k)
    elements = rows.elements
    value_bytes = elements * shape.element_bits // _BYTE_BITS
    runs = min(rows.rows, right_runs(product, size.n, size.k))
    moved = Pixels(rows.rows, value_bytes, runs)
    bursts = bursts_of(moved, shape)
    cuts = cuts_of(moved.pixels, ceil_div(elements, shape.value_part), value_bytes, shape.word_bytes)
    take_cycles, gear_cycles = taking(bursts.beats, cuts), words_gear_cycles(shape.cols, shape.value_part)
    if is_packed(product):
        index_bytes = ceil_div(elements * shape.index_bits, _BYTE_BITS)
        of_indices = bursts_of(Pixels(moved.pixels, index_bytes, 1), shape)
        bursts = Bursts(bursts.bursts + of_indices.bursts, bursts.beats + of_indices.beats, bursts.pixels_each)
        cuts = cuts_of(moved.pixels, ceil_div(elements, shape.index_part), index_bytes, shape.word_bytes)
        take_cycles += 1 + taking(of_indices.beats, cuts)
        gear_cycles = words_gear_cycles(shape.cols, shape.index_part)
    fill_load(way, moved, bursts, take_cycles, cuts, gear_cycles, first_bits, port, shape)


@kernel
def fill_out_way(
    way: WayRow, port: Port, shape: MachineShape, product: ProductRow, size: TileSize, first_bits: int
) -> None:
    """Fill in the store of a result tile."""
    rows, elements = (size.n, size.m) if product["out_channels_on_m"] else (size.m, size.n)
    part = shape.wide_part if product["out_bits"] == _WIDE_BITS else shape.narrow_part
    row_bytes = bits_to_bytes(elements, product["out_bits"])
    moved = Pixels(rows, row_bytes, out_runs(product, size.m, size.n))
    cuts = cuts_of(moved.pixels, ceil_div(elements, part), row_bytes, shape.word_bytes)
    fill_store(way, moved, bursts_of(moved, shape), cuts, first_bits, port, shape)
