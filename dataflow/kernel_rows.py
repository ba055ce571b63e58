"""Products, machines and mappings as rows of structured arrays, the form that the compiled kernels read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.dram import access_latency_s, channel_bytes_per_s, request_latency_s
from heddle.arch.machine_timing import (
    OUTSTANDING_BURSTS,
    burst_window_cycles,
    computation_start_cycles,
    tile_load_cycles,
    tile_store_cycles,
)
from heddle.arch.port_parts import PortParts, least_bytes
from heddle.arch.records import Rows, record_dtype, rows_of
from heddle.dataflow.step_items import Operand, Product


class OperandRow(TypedDict):
    """How one operand of a product lies in memory: the fields of ``Operand``, and the ``channels`` of its pixels."""

    bits: float
    taps: int
    pixels_on_k: int
    pixel_step: float
    halo: float
    tiled: int
    row_taps: int
    run_pixels: int
    pitch: int
    map_pixels: int
    image_positions: int
    channels: int


class ProductRow(TypedDict):
    """A product: the fields of ``Product``."""

    m: int
    k: int
    n: int
    count: int
    keep_n: int
    group_m: int
    prune_on_load: int
    left: OperandRow
    right: OperandRow
    out_bits: float
    out_tiled: int
    out_channels_on_m: int
    out_run_pixels: int
    out_pitch: int


class MachineRow(TypedDict):
    """What a mapping's shape depends on: the array, the halves of the double buffers (bytes) and the memory port.

    ``dataflows`` is a bit set of OS_BIT and WS_BIT, ``axes`` one of COLS_BIT and ROWS_BIT. ``cuts``: how many
    boundaries between dies the array crosses. ``group_m``: operands of an activation group; ``group_ports``: groups
    that a read of the activation buffer gives, 0 where the array has every left word in time (a textbook's).
    ``burst_bytes``: what memory moves at least. ``page_bytes``: bytes of a burst of the machine at most, 0 where
    nothing lies between the buffers and memory; then what a gearbox cuts in a clock (``heddle.arch.port_parts``).
    Both are bytes of all channels, which are asked for the same bursts.
    """

    rows: int
    cols: int
    cuts: int
    interleave: int
    axes: int
    adder_stages: int
    multiplier_stages: int
    overlap_tiles: int
    chain: int
    dataflows: int
    activation_half_bytes: int
    weight_half_bytes: int
    output_half_bytes: int
    burst_bytes: int
    group_m: int
    group_ports: int
    page_bytes: int
    lanes: int
    element_bits: int
    index_bits: int
    value_part: int
    index_part: int
    narrow_part: int
    wide_part: int


class RatesRow(TypedDict):
    """What turns a mapping's work into cycles, and the lanes beside the array.

    ``load_cycles``, ``store_cycles``: what a tile's loads and the start of its computation, and its store, take beside
    memory's latency and bytes. ``burst_cycles``: of a burst that waits until another of those outstanding has ended.
    """

    cycles_per_byte: float
    turnaround_cycles: float
    latency_cycles: float
    load_cycles: float
    store_cycles: float
    burst_cycles: float
    vector_lanes: int
    wuve_lanes: int
    sore_lanes: int


class TileMappingRow(TypedDict):
    """One way to run a product, and its work. ``order`` 0: m outermost, 1: n outermost; k is always innermost.

    ``compute_cycles`` is the array's busy time with lead-in and tail, ``feed_cycles`` what it waits beyond that for its
    left words. Bytes are whole DRAM bursts; ``edge_bytes`` are those of the first tile's loads and the last store,
    which nothing overlaps, ``edge_cuts`` and ``edge_bursts`` their cuts and the loads' bursts. ``left_bursts``,
    ``left_cuts``, …, ``store_cuts`` are those of all loads of an operand and all stores (``heddle.dataflow.way_cost``).
    ``loads`` counts the steps that bring an operand, ``drain_cycles`` the tails of all result tiles. ``energy_j``
    leaves out what flows with time.
    """

    ws: int
    interleave_rows: int
    interleave_cols: int
    order: int
    tile_m: int
    tile_n: int
    tile_k: int
    tiles_m: int
    tiles_n: int
    tiles_k: int
    compute_cycles: float
    feed_cycles: float
    load_bytes: float
    store_bytes: float
    edge_bytes: float
    edge_cuts: float
    edge_bursts: float
    left_bursts: float
    left_cuts: float
    right_bursts: float
    right_cuts: float
    store_cuts: float
    loads: float
    stores: float
    drain_cycles: float
    sore_elements: float
    energy_j: float


PRODUCT = record_dtype(ProductRow)
MACHINE = record_dtype(MachineRow)
RATES = record_dtype(RatesRow)
TILE_MAPPING = record_dtype(TileMappingRow)

OS_BIT, WS_BIT = 1, 2
COLS_BIT, ROWS_BIT = 1, 2
_UNLIMITED_BYTES = 1 << 60
_MEMORY_RATES = ("cycles_per_byte", "turnaround_cycles", "latency_cycles", "store_cycles", "burst_cycles")
_DATAFLOW_BITS = {"os": OS_BIT, "ws": WS_BIT}
_AXES_BITS = {"cols": COLS_BIT, "rows": ROWS_BIT, "both": COLS_BIT | ROWS_BIT}


def product_rows(products: Sequence[Product]) -> Rows:
    """Return products as PRODUCT rows."""
    return rows_of(PRODUCT, [_product_row(product) for product in products])


def _product_row(product: Product) -> ProductRow:
    return {
        "m": product.m,
        "k": product.k,
        "n": product.n,
        "count": product.count,
        "keep_n": product.keep_n,
        "group_m": product.group_m,
        "prune_on_load": product.prune_on_load,
        "left": _operand_row(product.left, product.m if product.left.pixels_on_k else product.k),
        "right": _operand_row(product.right, product.n if product.right.pixels_on_k else product.k),
        "out_bits": product.out_bits,
        "out_tiled": product.out_tiled,
        "out_channels_on_m": product.out_channels_on_m,
        "out_run_pixels": product.out_run_pixels,
        "out_pitch": product.out_pitch,
    }


def _operand_row(operand: Operand, spread: int) -> OperandRow:
    return {
        "bits": operand.bits,
        "taps": operand.taps,
        "pixels_on_k": operand.pixels_on_k,
        "pixel_step": operand.pixel_step,
        "halo": operand.halo,
        "tiled": operand.tiled,
        "row_taps": operand.row_taps,
        "run_pixels": operand.run_pixels,
        "pitch": operand.pitch,
        "map_pixels": operand.map_pixels,
        "image_positions": operand.image_positions,
        "channels": -(-spread // operand.taps),
    }


def dataflow_bits(dataflows: Sequence[str]) -> int:
    """Return a set of dataflows as MACHINE's bit set."""
    return sum(_DATAFLOW_BITS[name] for name in dataflows)


def axes_bits(axes: str) -> int:
    """Return the interleave axes as MACHINE's bit set."""
    return _AXES_BITS[axes]


def machine_row(design: Design, board: Board) -> Rows:
    """Return the design on ``board`` as one MACHINE row (shape [1])."""
    array, buffers, parts = design.array, design.buffers, PortParts.of(design)
    row: MachineRow = {
        "rows": array.rows,
        "cols": array.cols,
        "cuts": len(array.slr_cuts),
        "interleave": array.interleave,
        "axes": axes_bits(array.interleave_axes),
        "adder_stages": array.adder_stages,
        "multiplier_stages": array.multiplier_stages,
        "overlap_tiles": array.overlap_tiles,
        "chain": array.drain == "chain",
        "dataflows": dataflow_bits(array.dataflows),
        "activation_half_bytes": _half_bytes(buffers.activation_bytes, design),
        "weight_half_bytes": _half_bytes(buffers.weight_bytes, design),
        "output_half_bytes": _half_bytes(buffers.output_bytes, design),
        "burst_bytes": least_bytes(design, board.memory.timing),
        "group_m": design.sparsity.m,
        "group_ports": buffers.group_ports if array.drain == "chain" else 0,
        "page_bytes": parts.page_bytes if array.drain == "chain" and not design.memory.unlimited else 0,
        "lanes": parts.lanes,
        "element_bits": parts.element_bits,
        "index_bits": parts.index_bits,
        "value_part": parts.value_part,
        "index_part": parts.index_part,
        "narrow_part": parts.narrow_part,
        "wide_part": parts.wide_part,
    }
    return rows_of(MACHINE, [row])


def _half_bytes(buffer_bytes: int, design: Design) -> int:
    return _UNLIMITED_BYTES if design.memory.unlimited else buffer_bytes // 2


@dataclass(frozen=True)
class RateColumns:
    """What RATES rows are made of, one entry a row: clocks in hertz, memory channels and lanes."""

    clock_hz: npt.NDArray[np.float64]
    channels: npt.NDArray[np.int64]
    vector_lanes: npt.NDArray[np.int64]
    wuve_lanes: npt.NDArray[np.int64]
    sore_lanes: npt.NDArray[np.int64]

    @classmethod
    def of(cls, design: Design) -> RateColumns:
        """Return the one row of ``design``."""
        lanes = design.lanes
        counts = (design.memory.channels, lanes.vector, lanes.wuve, lanes.sore)
        return cls(np.array([design.clock_hz]), *(np.array([count], np.int64) for count in counts))


def rates_rows(columns: RateColumns, axi_bits: int, board: Board) -> Rows:
    """Return the memory and lane rates of many designs on ``board`` as a RATES array, a row for each entry."""
    rows = np.zeros(len(columns.clock_hz), RATES)
    timing, clock_hz = board.memory.timing, columns.clock_hz
    channel_rates = np.array([channel_bytes_per_s(timing, axi_bits, float(clock)) for clock in clock_hz])
    rows["cycles_per_byte"] = clock_hz / (columns.channels * channel_rates)
    rows["turnaround_cycles"] = (timing.read_to_write_s + timing.write_to_read_idle_s) * clock_hz
    rows["latency_cycles"] = access_latency_s(timing) * clock_hz
    word_bytes = [int(channels) * axi_bits // 8 for channels in columns.channels]
    rows["load_cycles"] = [tile_load_cycles(each) for each in word_bytes]
    rows["store_cycles"] = [tile_store_cycles(each) for each in word_bytes]
    window_cycles = burst_window_cycles() + request_latency_s(timing) * clock_hz
    rows["burst_cycles"] = window_cycles / OUTSTANDING_BURSTS
    for name in ("vector_lanes", "wuve_lanes", "sore_lanes"):
        rows[name] = getattr(columns, name)
    return rows


def rates_row(design: Design, board: Board) -> Rows:
    """Return the design's memory and lane rates on ``board`` as one RATES row (shape [1])."""
    rows = rates_rows(RateColumns.of(design), design.memory.axi_bits, board)
    if design.memory.unlimited:
        for name in _MEMORY_RATES:
            rows[name] = 0.0
        rows["load_cycles"] = computation_start_cycles()
    if design.array.drain != "chain":
        rows["load_cycles"] = rows["store_cycles"] = 0.0
    return rows
