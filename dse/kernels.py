"""The compiled loops of an exploration: search a structure's mappings once, then cost it under many rates.

They call the scheduler's and the estimate's own functions in the scheduler's own order, so that a point of an
exploration is the estimate of its design.
"""

from __future__ import annotations

import numpy as np

from heddle.arch.jit import kernel
from heddle.dataflow.kernel_rows import MACHINE, PRODUCT, RATES, TILE_MAPPING
from heddle.dataflow.mapping import fastest, is_better, mapping_cycles, mapping_frontier
from heddle.sim.closed_form import memory_cycles, walk_step
from heddle.sim.energy import ENERGY, product_energy, total_j
from heddle.sim.step_table import ITEM

#: A product's fastest mapping in one dataflow under one rate: time, DRAM time and bytes, joules of all its uses.
CHOICE = np.dtype([(name, np.float64) for name in ("cycles", "memory_cycles", "moved_bytes", "energy_j")])


@kernel
def search_mappings(products, machine, scratch, mappings, ends) -> int:  # type: ignore[no-untyped-def]
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
def mapping_energies(products, uses, machine, energy, mappings, ends, energies_j) -> None:  # type: ignore[no-untyped-def]
    """Fill ``energies_j`` with the joules that all uses of a product take under each of its mappings."""
    first = 0
    for p in range(products.shape[0]):
        for i in range(first, ends[p]):
            energies_j[i] = uses[p] * total_j(product_energy(products[p], machine, mappings[i], energy))
        first = ends[p]


@kernel
def choose_mappings(products, mappings, energies_j, ends, rates, choices) -> None:  # type: ignore[no-untyped-def]
    """Fill ``choices`` [rates, products] with the fastest mapping of each; infinite cycles where there is none."""
    first = 0
    for p in range(products.shape[0]):
        product, end = products[p], ends[p]
        out_elements = float(product["count"] * product["m"] * product["n"])
        for r in range(rates.shape[0]):
            choice = choices[r, p]
            index = fastest(mappings[first:end], end - first, out_elements, product["group_m"], rates[r])
            if index < 0:
                choice["cycles"] = np.inf
                continue
            mapping = mappings[first + index]
            choice["cycles"] = mapping_cycles(mapping, out_elements, product["group_m"], rates[r])
            choice["memory_cycles"] = memory_cycles(mapping, rates[r])
            choice["moved_bytes"] = mapping["load_bytes"] + mapping["store_bytes"]
            choice["energy_j"] = energies_j[first + index]
        first = end


@kernel
def step_costs(  # type: ignore[no-untyped-def]
    items, refs, os_choices, ws_choices, choice_of, rates, wanted, cycles, energies_j
) -> None:
    """Fill ``cycles`` of the step and ``energies_j`` of its products for each rate that is ``wanted``.

    ``choice_of`` is the row of the choices that each rate has. A dataflow that the machine lacks has infinite
    cycles everywhere; where both do, the product cannot be mapped and the step's cycles are infinite.
    """
    products = os_choices.shape[1]
    product_cycles, product_memory = np.empty(products), np.empty(products)
    item_cycles = np.empty(items.shape[0])
    for r in range(rates.shape[0]):
        if not wanted[r]:
            continue
        joules = 0.0
        mapped = True
        for p in range(products):
            choice, other = os_choices[choice_of[r], p], ws_choices[choice_of[r], p]
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
    items, refs, choice_of = np.zeros(0, ITEM), np.zeros(0, np.int64), np.zeros(0, np.int64)
    search_mappings(products, machine, mappings, mappings, ends)
    mapping_energies(products, ends, machine, energy, mappings, ends, joules)
    choose_mappings(products, mappings, joules, ends, rates, choices)
    step_costs(items, refs, choices, choices, choice_of, rates, wanted, joules, joules)
