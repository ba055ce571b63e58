"""Energy of one mapping of one product: what the array, the buffers, the links and the DRAM do, times what each costs.

It follows from the mapping alone, whatever level times it; the share that flows with time (leakage, clock tree) is
``idle_w``, for those who know the time.
"""

from __future__ import annotations

from typing import NamedTuple, TypedDict

import numpy as np

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.energy import energy_coefficients
from heddle.arch.jit import kernel
from heddle.arch.records import Rows, record_dtype
from heddle.arch.resources import resources
from heddle.arch.timing import slots_of
from heddle.dataflow.cost import ACCUMULATOR_BYTES, ceil_div
from heddle.dataflow.kernel_rows import MachineRow, ProductRow, TileMappingRow


class EnergyRow(TypedDict):
    """Joules of each act on one design, and watts that flow regardless."""

    mac_j: float
    buffer_byte_j: float
    link_byte_hop_j: float
    dram_byte_j: float
    sore_compare_j: float
    wuve_weight_j: float
    vector_element_j: float
    idle_w: float


ENERGY = record_dtype(EnergyRow)


class ProductEnergy(NamedTuple):
    """Joules of one product by where they go, time's share left out."""

    array_j: float
    buffers_j: float
    links_j: float
    dram_j: float
    sore_j: float


@kernel
def total_j(spent: ProductEnergy) -> float:
    """Joules of all parts together."""
    return spent.array_j + spent.buffers_j + spent.links_j + spent.dram_j + spent.sore_j


def act_energies() -> Rows:
    """Return an ENERGY row (shape [1]) of the acts, which cost the same on every design; ``idle_w`` is 0."""
    coefficients = energy_coefficients()
    row = np.zeros(1, ENERGY)
    for name in ENERGY.names or ():
        if name not in ("idle_w", "buffer_byte_j"):
            row[name] = getattr(coefficients, name)
    row["buffer_byte_j"] = coefficients.bram_byte_j
    return row


def design_idle_watts(design: Design, board: Board) -> float:
    """Return the watts that flow on ``design`` whatever is computed."""
    return float(idle_watts(float(resources(design, board).ff), design.clock_hz))


def idle_watts(ff: float | np.ndarray, clock_hz: float | np.ndarray) -> float | np.ndarray:
    """Return the watts that flow whatever is computed: the leakage of the device, and its clock tree."""
    coefficients = energy_coefficients()
    return coefficients.device_static_w + coefficients.ff_cycle_j * ff * clock_hz


@kernel
def comparisons(elements: float, group_m: int) -> float:
    """Comparisons of magnitudes that prune ``elements``: each pair of a group once, (M - 1) / 2 an element."""
    return elements * (group_m - 1) / 2.0


@kernel
def _folds(product: ProductRow, rows: int, mapping: TileMappingRow) -> int:
    """Folds of as many slots as the array has rows, over all parts of the reduction."""
    whole = slots_of(mapping["tile_k"], product["keep_n"], product["group_m"])
    rest = product["k"] - (mapping["tiles_k"] - 1) * mapping["tile_k"]
    last = slots_of(rest, product["keep_n"], product["group_m"])
    return (mapping["tiles_k"] - 1) * ceil_div(whole, rows) + ceil_div(last, rows)


@kernel
def _tiles_down(product: ProductRow, extent: int, mapping: TileMappingRow) -> int:
    """Array tiles of ``extent`` rows below each other, over all tiles of the product."""
    last = product["m"] - (mapping["tiles_m"] - 1) * mapping["tile_m"]
    return (mapping["tiles_m"] - 1) * ceil_div(mapping["tile_m"], extent) + ceil_div(last, extent)


@kernel
def product_energy(
    product: ProductRow, machine: MachineRow, mapping: TileMappingRow, energy: EnergyRow
) -> ProductEnergy:
    """Return a product's ProductEnergy under a mapping.

    OS: an activation group is read once for each array tile and held (interleave over columns), or again for
    each slot (over rows); weights are read once for each array tile. WS: weights once for each m tile,
    activations once for each column fold, partial sums in and out for each row fold. What enters at an edge
    travels over the whole array.
    """
    m, k, n = product["m"], product["k"], product["n"]
    slots = slots_of(k, product["keep_n"], product["group_m"])
    element_bytes, slot_bytes = product["left"]["bits"] / 8.0, product["right"]["bits"] / 8.0
    sum_bytes = float(ACCUMULATOR_BYTES)
    rows, cols = machine["rows"], machine["cols"]
    if mapping["ws"]:
        left = element_bytes * m * k * ceil_div(n, cols)
        right = slot_bytes * slots * n * mapping["tiles_m"]
        out = sum_bytes * m * n * (2.0 * _folds(product, rows, mapping) - 1.0)
    else:
        held = k if mapping["interleave_rows"] == 1 else slots * product["group_m"]
        left = element_bytes * m * held * ceil_div(n, cols * mapping["interleave_cols"])
        right = slot_bytes * slots * n * _tiles_down(product, rows * mapping["interleave_rows"], mapping)
        out = sum_bytes * m * n * (2.0 * mapping["tiles_k"] - 1.0)
    count = float(product["count"])
    moved = mapping["load_bytes"] + mapping["store_bytes"]
    return ProductEnergy(
        count * m * slots * n * energy["mac_j"],
        (count * (left + right + out) + moved) * energy["buffer_byte_j"],
        count * (left * cols + right * rows) * energy["link_byte_hop_j"],
        moved * energy["dram_byte_j"],
        comparisons(mapping["sore_elements"], product["group_m"]) * energy["sore_compare_j"],
    )
