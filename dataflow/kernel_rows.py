"""Products, machines and mappings as rows of structured arrays, the form that the compiled kernels read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.dram import access_latency_s, channel_bytes_per_s
from heddle.dataflow.step_items import Operand, Product

_OPERAND_FIELDS = (
    ("bits", np.float64),
    ("taps", np.int64),
    ("pixels_on_k", np.int64),
    ("pixel_step", np.float64),
    ("halo", np.float64),
    ("tiled", np.int64),
)

#: One row a product. Left and right operand carry the fields of ``Operand``, prefixed.
PRODUCT = np.dtype(
    [(name, np.int64) for name in ("m", "k", "n", "count", "keep_n", "group_m", "prune_on_load")]
    + [(f"left_{name}", kind) for name, kind in _OPERAND_FIELDS]
    + [(f"right_{name}", kind) for name, kind in _OPERAND_FIELDS]
    + [("out_bits", np.float64), ("out_tiled", np.int64), ("out_channels_on_m", np.int64)]
)

#: What a mapping's shape depends on: the array, the halves of the double buffers (bytes) and the DRAM's burst.
#: ``dataflows`` is a bit set of OS_BIT and WS_BIT, ``axes`` one of COLS_BIT and ROWS_BIT.
MACHINE = np.dtype(
    [
        (name, np.int64)
        for name in (
            "rows",
            "cols",
            "interleave",
            "axes",
            "adder_stages",
            "multiplier_stages",
            "overlap_tiles",
            "chain",
            "dataflows",
            "activation_half_bytes",
            "weight_half_bytes",
            "output_half_bytes",
            "burst_bytes",
        )
    ]
)

#: What turns a mapping's work into cycles, and the lanes beside the array.
RATES = np.dtype(
    [
        ("cycles_per_byte", np.float64),
        ("turnaround_cycles", np.float64),
        ("latency_cycles", np.float64),
        ("vector_lanes", np.int64),
        ("wuve_lanes", np.int64),
        ("sore_lanes", np.int64),
    ]
)

#: One way to run a product, and its work. ``order`` 0: m outermost, 1: n outermost; k is always innermost.
#: ``compute_cycles`` is the array's busy time with lead-in and tail; bytes are whole DRAM bursts;
#: ``edge_bytes`` are those of the first tile's loads and the last store, which nothing overlaps. ``loads`` counts
#: the steps that bring an operand, ``drain_cycles`` the tails of all result tiles.
TILE_MAPPING = np.dtype(
    [
        (name, np.int64)
        for name in (
            "ws",
            "interleave_rows",
            "interleave_cols",
            "order",
            "tile_m",
            "tile_n",
            "tile_k",
            "tiles_m",
            "tiles_n",
            "tiles_k",
        )
    ]
    + [
        (name, np.float64)
        for name in (
            "compute_cycles",
            "load_bytes",
            "store_bytes",
            "edge_bytes",
            "loads",
            "stores",
            "drain_cycles",
            "sore_elements",
        )
    ]
)

OS_BIT, WS_BIT = 1, 2
COLS_BIT, ROWS_BIT = 1, 2
_UNLIMITED_BYTES = 1 << 60
_MEMORY_RATES = ("cycles_per_byte", "turnaround_cycles", "latency_cycles")
_DATAFLOW_BITS = {"os": OS_BIT, "ws": WS_BIT}
_AXES_BITS = {"cols": COLS_BIT, "rows": ROWS_BIT, "both": COLS_BIT | ROWS_BIT}


def product_rows(products: Sequence[Product]) -> np.ndarray:
    """Return products as a PRODUCT array."""
    return np.array([_product_values(product) for product in products], PRODUCT)


def _product_values(p: Product) -> tuple[float, ...]:
    """A product's values in the order of PRODUCT."""
    sizes = (p.m, p.k, p.n, p.count, p.keep_n, p.group_m, p.prune_on_load)
    out = (p.out_bits, p.out_tiled, p.out_channels_on_m)
    return (*sizes, *_operand_values(p.left), *_operand_values(p.right), *out)


def _operand_values(o: Operand) -> tuple[float, ...]:
    return (o.bits, o.taps, o.pixels_on_k, o.pixel_step, o.halo, o.tiled)


def dataflow_bits(dataflows: Sequence[str]) -> int:
    """Return a set of dataflows as MACHINE's bit set."""
    return sum(_DATAFLOW_BITS[name] for name in dataflows)


def axes_bits(axes: str) -> int:
    """Return the interleave axes as MACHINE's bit set."""
    return _AXES_BITS[axes]


def machine_row(design: Design, board: Board) -> np.ndarray:
    """Return the design on ``board`` as one MACHINE row (shape [1])."""
    array, buffers = design.array, design.buffers
    unlimited = design.memory.unlimited
    rows = np.zeros(1, MACHINE)
    row = rows[0]
    for name in ("rows", "cols", "interleave", "adder_stages", "multiplier_stages", "overlap_tiles"):
        row[name] = getattr(array, name)
    row["axes"] = axes_bits(array.interleave_axes)
    row["chain"] = array.drain == "chain"
    row["dataflows"] = dataflow_bits(array.dataflows)
    row["burst_bytes"] = board.memory.timing.burst_bytes
    for kind in ("activation", "weight", "output"):
        half_bytes = getattr(buffers, f"{kind}_bytes") // 2
        row[f"{kind}_half_bytes"] = _UNLIMITED_BYTES if unlimited else half_bytes
    return rows


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


def rates_rows(columns: RateColumns, axi_bits: int, board: Board) -> np.ndarray:
    """Return the memory and lane rates of many designs on ``board`` as a RATES array, a row for each entry."""
    rows = np.zeros(len(columns.clock_hz), RATES)
    timing, clock_hz = board.memory.timing, columns.clock_hz
    channel_rates = np.array([channel_bytes_per_s(timing, axi_bits, float(clock)) for clock in clock_hz])
    rows["cycles_per_byte"] = clock_hz / (columns.channels * channel_rates)
    rows["turnaround_cycles"] = (timing.read_to_write_s + timing.write_to_read_idle_s) * clock_hz
    rows["latency_cycles"] = access_latency_s(timing) * clock_hz
    for name in ("vector_lanes", "wuve_lanes", "sore_lanes"):
        rows[name] = getattr(columns, name)
    return rows


def rates_row(design: Design, board: Board) -> np.ndarray:
    """Return the design's memory and lane rates on ``board`` as one RATES row (shape [1])."""
    rows = rates_rows(RateColumns.of(design), design.memory.axi_bits, board)
    if design.memory.unlimited:
        for name in _MEMORY_RATES:
            rows[name] = 0.0
    return rows
