"""The compiled loops of an exploration: search a structure's mappings once, then cost it under many rates.

They call the scheduler's and the estimate's own functions in the scheduler's own order, so that a point of an
exploration is the estimate of its design.
"""

from __future__ import annotations

from typing import NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from heddle.arch.jit import kernel
from heddle.arch.records import Rows, record_dtype
from heddle.dataflow.kernel_rows import MACHINE, PRODUCT, RATES, TILE_MAPPING, MachineRow, ProductRow, TileMappingRow
from heddle.dataflow.mapping_space import fastest, mapping_frontier
from heddle.dataflow.tile_mapping import is_better, mapping_cycles
from heddle.sim.closed_form import Cycles, memory_cycles, walk_step
from heddle.sim.energy import ENERGY, EnergyRow, product_energy, total_j
from heddle.sim.step_table import ITEM

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]
Joules = npt.NDArray[np.float64]


class ChoiceRow(TypedDict):
    """A product's fastest mapping in one dataflow under one rate: time, DRAM time and bytes, joules of all its uses."""

    cycles: float
    memory_cycles: float
    moved_bytes: float
    energy_j: float


CHOICE = record_dtype(ChoiceRow)


class Frontiers(NamedTuple):
    """Mappings that can be the fastest: ``rows`` of all products after one another, up to ``ends`` [products].

    ``energies_j`` [rows] are the joules of all uses of the product under each.
    """

    rows: Rows
    ends: Numbers
    energies_j: Joules


class Choices(NamedTuple):
    """CHOICE rows [choices, products] of each dataflow, and the row of them that each rate has.

    A dataflow that the machine lacks has infinite cycles everywhere.
    """

    os: Rows
    ws: Rows
    of_rate: Numbers


@kernel
def search_mappings(products: Rows, machine: MachineRow, scratch: Rows, mappings: Rows, ends: Numbers) -> int:
    """Fill ``mappings`` with the frontiers of all ``products``, one after another; return how many there are.

    Product p's are ``mappings[ends[p - 1]:ends[p]]``. ``scratch`` has room for one frontier, ``mappings`` for one
    of each product.
    """
    filled = 0
    for p in range(products.shape[0]):
        count = mapping_frontier(products[p], machine, scratch)
        for i in range(count):
            mappings[filled + i] = scratch[i]
        filled += count
        ends[p] = filled
    return filled


@kernel
def mapping_energies(
    products: Rows, uses: Numbers, machine: MachineRow, energy: EnergyRow, frontiers: Frontiers
) -> None:
    """Fill ``energies_j`` of ``frontiers``: joules that all uses of a product take under each of its mappings."""
    first = 0
    for p in range(products.shape[0]):
        for i in range(first, frontiers.ends[p]):
            spent = product_energy(products[p], machine, frontiers.rows[i], energy)
            frontiers.energies_j[i] = uses[p] * total_j(spent)
        first = frontiers.ends[p]


@kernel
def choose_mappings(products: Rows, frontiers: Frontiers, rates: Rows, choices: Rows) -> None:
    """Fill ``choices`` [rates, products] with the fastest mapping of each; infinite cycles where there is none."""
    first = 0
    for p in range(products.shape[0]):
        product: ProductRow = products[p]
        end = frontiers.ends[p]
        out_elements = float(product["count"] * product["m"] * product["n"])
        for r in range(rates.shape[0]):
            choice: ChoiceRow = choices[r, p]
            index = fastest(frontiers.rows[first:end], end - first, out_elements, product["group_m"], rates[r])
            if index < 0:
                choice["cycles"] = np.inf
                continue
            mapping: TileMappingRow = frontiers.rows[first + index]
            choice["cycles"] = mapping_cycles(mapping, out_elements, product["group_m"], rates[r])
            choice["memory_cycles"] = memory_cycles(mapping, rates[r])
            choice["moved_bytes"] = mapping["load_bytes"] + mapping["store_bytes"]
            choice["energy_j"] = frontiers.energies_j[first + index]
        first = end


@kernel
def step_costs(
    items: Rows, refs: Numbers, choices: Choices, rates: Rows, wanted: Mask, cycles: Cycles, energies_j: Joules
) -> None:
    """Fill ``cycles`` of the step and ``energies_j`` of its products for each rate that is ``wanted``.

    Where a product has no mapping in either dataflow, the step's cycles are infinite.
    """
    products = choices.os.shape[1]
    product_cycles, product_memory = np.empty(products), np.empty(products)
    item_cycles = np.empty(items.shape[0])
    for r in range(rates.shape[0]):
        if not wanted[r]:
            continue
        joules = 0.0
        mapped = True
        for p in range(products):
            choice: ChoiceRow = choices.os[choices.of_rate[r], p]
            other: ChoiceRow = choices.ws[choices.of_rate[r], p]
            if is_better(other["cycles"], other["moved_bytes"], choice["cycles"], choice["moved_bytes"]):
                choice = other
            mapped = mapped and choice["cycles"] < np.inf
            product_cycles[p], product_memory[p] = choice["cycles"], choice["memory_cycles"]
            joules += choice["energy_j"]
        if not mapped:
            cycles[r] = np.inf
            continue
        exposed = walk_step(items, refs, product_cycles, product_memory, rates[r], item_cycles)
        cycles[r] = exposed + item_cycles.sum()
        energies_j[r] = joules


def compile_kernels() -> None:
    """Compile every kernel here, or load it from the cache, by running it on nothing."""
    products, mappings, ends, joules = (np.zeros(0, kind) for kind in (PRODUCT, TILE_MAPPING, np.int64, np.float64))
    machine, energy = np.zeros(1, MACHINE)[0], np.zeros(1, ENERGY)[0]
    rates, choices, wanted = np.zeros(0, RATES), np.zeros((0, 0), CHOICE), np.zeros(0, np.bool_)
    items, refs = np.zeros(0, ITEM), np.zeros(0, np.int64)
    frontiers = Frontiers(mappings, ends, joules)
    search_mappings(products, machine, mappings, mappings, ends)
    mapping_energies(products, ends, machine, energy, frontiers)
    choose_mappings(products, frontiers, rates, choices)
    step_costs(items, refs, Choices(choices, choices, ends), rates, wanted, joules, joules)
