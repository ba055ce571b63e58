"""Energy of a step: what the array, the buffers, the links, the DRAM and the lanes do, times what each act costs.

Activity follows from the mapping, whatever level timed it, so estimate and engines differ only in the share
that flows with time (leakage, clock tree).
"""

from __future__ import annotations

from typing import NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.energy import check_multiply_energy, energy_coefficients
from heddle.arch.jit import kernel
from heddle.arch.records import Rows, record_dtype
from heddle.arch.resources import resources
from heddle.arch.timing import slots_of
from heddle.dataflow.cost import ACCUMULATOR_BYTES, ceil_div
from heddle.dataflow.kernel_rows import MachineRow, ProductRow, TileMappingRow
from heddle.sim.step_table import ItemRow, StepTable


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


def energy_row(design: Design, board: Board) -> Rows:
    """Return the design's ENERGY row (shape [1]): leakage, and the clock of all its flip-flops, as ``idle_w``.

    Raises HeddleError for operands whose multiplication has no known energy.
    """
    check_multiply_energy(design.numbers.operand_format)
    coefficients = energy_coefficients()
    row = np.zeros(1, ENERGY)
    for name in ENERGY.names or ():
        if name not in ("idle_w", "buffer_byte_j"):
            row[name] = getattr(coefficients, name)
    row["buffer_byte_j"] = coefficients.bram_byte_j
    row["idle_w"] = idle_watts(float(resources(design, board).ff), design.clock_hz)
    return row


def idle_watts(ff: float | np.ndarray, clock_hz: float | np.ndarray) -> float | np.ndarray:
    """Return the watts that flow whatever is computed: the leakage of the device, and its clock tree."""
    coefficients = energy_coefficients()
    return coefficients.device_static_w + coefficients.ff_cycle_j * ff * clock_hz


@kernel
def comparisons(elements: float, group_m: int) -> float:
    """Comparisons of magnitudes that prune ``elements``: each pair of a group once, (M - 1) / 2 an element."""
    return elements * (group_m - 1) / 2.0


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
        out = sum_bytes * m * n * (2.0 * ceil_div(slots, rows) - 1.0)
    else:
        held = k if mapping["interleave_rows"] == 1 else slots * product["group_m"]
        left = element_bytes * m * held * ceil_div(n, cols * mapping["interleave_cols"])
        right = slot_bytes * slots * n * ceil_div(m, rows * mapping["interleave_rows"])
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


@kernel
def item_energy_j(item: ItemRow, energy: EnergyRow) -> float:
    """Joules of a vector or update item, time's share left out."""
    moved = item["read_bytes"] + item["write_bytes"]
    return (
        moved * energy["dram_byte_j"]
        + item["lane_elements"] * energy["vector_element_j"]
        + item["weights"] * energy["wuve_weight_j"]
        + comparisons(item["sore_elements"], item["group_m"]) * energy["sore_compare_j"]
    )


@kernel
def product_energies(
    products: Rows, mappings: Rows, machine: MachineRow, energy: EnergyRow, joules: npt.NDArray[np.float64]
) -> None:
    """Fill ``joules`` [products, parts of ProductEnergy] with those of each product under its mapping."""
    for i in range(products.shape[0]):
        spent = product_energy(products[i], machine, mappings[i], energy)
        for part in range(len(spent)):
            joules[i, part] = spent[part]


@kernel
def item_energies(items: Rows, energy: EnergyRow, joules: npt.NDArray[np.float64]) -> None:
    """Fill ``joules`` [items] with those of each item's stream, which is 0 for array items."""
    for i in range(items.shape[0]):
        joules[i] = item_energy_j(items[i], energy)


def energies_of(
    table: StepTable, mappings: Rows, machine: MachineRow, energy: EnergyRow
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return joules by distinct product and part of ProductEnergy, and joules by item's stream."""
    products_j, items_j = np.zeros((len(table.distinct), len(ProductEnergy._fields))), np.zeros(len(table.items))
    product_energies(table.products, mappings, machine, energy, products_j)
    item_energies(table.items, energy, items_j)
    return products_j, items_j
