"""Energy of a step: that of its products' mappings, and what its streams move and work through the lanes.

Activity follows from the mapping, whatever level timed it, so estimate and engines differ only in the share
that flows with time (leakage, clock tree).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.energy import check_multiply_energy
from heddle.arch.jit import kernel
from heddle.arch.records import Rows
from heddle.dataflow.kernel_rows import MachineRow
from heddle.dataflow.mapping_energy import (
    EnergyRow,
    ProductEnergy,
    act_energies,
    comparisons,
    design_idle_watts,
    product_energy,
)
from heddle.sim.step_table import ItemRow, StepTable


def energy_row(design: Design, board: Board) -> Rows:
    """Return the design's ENERGY row (shape [1]): leakage, and the clock of all its flip-flops, as ``idle_w``.

    Raises HeddleError for operands whose multiplication has no known energy.
    """
    check_multiply_energy(design.numbers.operand_format)
    row = act_energies()
    row["idle_w"] = design_idle_watts(design, board)
    return row


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
    """Return joules by distinct product and part of ProductEnergy, and joules by the stream of each distinct item."""
    products_j, kinds_j = np.zeros((len(table.distinct), len(ProductEnergy._fields))), np.zeros(len(table.kinds))
    product_energies(table.products, mappings, machine, energy, products_j)
    item_energies(table.kinds, energy, kinds_j)
    return products_j, kinds_j
