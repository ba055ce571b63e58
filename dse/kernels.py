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
from heddle.dataflow.kernel_rows import MACHINE, PRODUCT, RATES, TILE_MAPPING, RatesRow, TileMappingRow
from heddle.dataflow.mapping_choice import BY_TIME, Figures, choose, comes_before, figures_of, limit_of, predict_cycles
from heddle.dataflow.mapping_energy import ENERGY, EnergyRow
from heddle.dataflow.mapping_frontier import MAX_MAPPINGS, held_by, take_frontier
from heddle.dataflow.mapping_space import Kept, Searched, kept_of, mapping_frontiers
from heddle.sim.closed_form import Cycles, memory_cycles, walk_step
from heddle.sim.step_table import ITEM

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]
Joules = npt.NDArray[np.float64]


class ChoiceRow(TypedDict):
    """A product's mapping under one rate: time, DRAM time and bytes, joules that do not flow with time.

    ``fastest_cycles`` are those of the fastest mapping that it was chosen among, ``place`` its own among all rows.
    """

    place: int
    cycles: float
    fastest_cycles: float
    memory_cycles: float
    moved_bytes: float
    energy_j: float


CHOICE = record_dtype(ChoiceRow)


class Frontiers(NamedTuple):
    """Mappings that can be the best: ``rows`` of all products after one another, up to ``ends`` [products]."""

    rows: Rows
    ends: Numbers


class Chosen(NamedTuple):
    """The mappings of one dataflow, and CHOICE rows [rates, products] of what is chosen of them."""

    frontiers: Frontiers
    choices: Rows


@kernel
def search_mappings(products: Rows, arrays: Rows, ports: Rows, energy: EnergyRow, kept: Kept, ends: Numbers) -> None:
    """Fill the pools of ``kept`` with the frontiers of all ``products``, one after another.

    Those of product p and a port are the rows of its pool from ``ends[port, p - 1]`` to ``ends[port, p]``. ``arrays``
    and ``ports`` are MACHINE rows as ``Searched`` has them; ``kept`` has room for all of them, and for all products.
    """
    kept.first[:] = 0
    for p in range(products.shape[0]):
        mapping_frontiers(Searched(products[p], arrays, ports, energy), kept)
        for port in range(ports.shape[0]):
            kept.first[port] += kept.counts[port]
            ends[port, p] = kept.first[port]


@kernel
def frontiers_of(pool: Rows, pool_ends: Numbers, array: int) -> Frontiers:
    """Return the frontiers of one array, of all products, out of a port's pool, where they end at ``pool_ends``."""
    products = pool_ends.shape[0]
    whole = pool_ends[products - 1] if products else 0
    rows, ends = np.empty(held_by(pool[:whole], array), TILE_MAPPING), np.zeros(products, np.int64)
    first, taken = 0, 0
    for p in range(products):
        taken += take_frontier(pool[first : pool_ends[p]], array, rows[taken:])
        first, ends[p] = pool_ends[p], taken
    return Frontiers(rows, ends)


@kernel
def _fill_choice(choice: ChoiceRow, rows: Rows, place: int, cycles: float, rates: RatesRow) -> None:
    mapping: TileMappingRow = rows[place]
    choice["place"], choice["cycles"] = place, cycles
    choice["memory_cycles"] = memory_cycles(mapping, rates)
    choice["moved_bytes"] = mapping["load_bytes"] + mapping["store_bytes"]
    choice["energy_j"] = mapping["energy_j"]


@kernel
def _span(frontiers: Frontiers, p: int) -> tuple[int, int]:
    """From where to where the mappings of product ``p`` stand."""
    return frontiers.ends[p - 1] if p > 0 else 0, frontiers.ends[p]


@kernel
def choose_mappings(products: Rows, frontiers: Frontiers, rates: Rows, choices: Rows) -> None:
    """Fill ``choices`` [rates, products] with the mapping of each; infinite cycles where there is none."""
    predicted = np.empty(MAX_MAPPINGS)
    for p in range(products.shape[0]):
        first, end = _span(frontiers, p)
        found = frontiers.rows[first:end]
        for r in range(rates.shape[0]):
            choice: ChoiceRow = choices[r, p]
            choice["cycles"] = choice["fastest_cycles"] = np.inf
            if end > first:
                least = predict_cycles(found, products[p], rates[r], BY_TIME, predicted)
                index = choose(found, predicted, BY_TIME, limit_of(BY_TIME, least))
                choice["fastest_cycles"] = least
                _fill_choice(choice, frontiers.rows, first + index, predicted[index], rates[r])


@kernel
def join_choices(products: Rows, os: Chosen, ws: Chosen, rates: Rows, joined: Rows) -> None:
    """Fill ``joined`` (CHOICE, [rates, products]) with the choices of a machine that has both dataflows.

    The faster one sets the limit of both, and a dataflow whose own choice is beyond it chooses anew.
    """
    predicted = np.empty(MAX_MAPPINGS)
    for r in range(rates.shape[0]):
        for p in range(products.shape[0]):
            choice: ChoiceRow = os.choices[r, p]
            other: ChoiceRow = ws.choices[r, p]
            limit = limit_of(BY_TIME, min(choice["fastest_cycles"], other["fastest_cycles"]))
            if choice["fastest_cycles"] > limit:
                joined[r, p] = other
                continue
            joined[r, p] = choice
            if other["fastest_cycles"] > limit or limit == np.inf:
                continue
            place, figures = _within(os, products, p, rates, r, limit, predicted)
            other_place, other_figures = _within(ws, products, p, rates, r, limit, predicted)
            if comes_before(BY_TIME, other_figures, figures):
                _fill_choice(joined[r, p], ws.frontiers.rows, other_place, other_figures.cycles, rates[r])
            else:
                _fill_choice(joined[r, p], os.frontiers.rows, place, figures.cycles, rates[r])


@kernel
def _within(
    chosen: Chosen, products: Rows, p: int, rates: Rows, r: int, limit: float, predicted: Cycles
) -> tuple[int, Figures]:
    """Place and figures of the mapping to choose of those that take at most ``limit`` cycles."""
    choice: ChoiceRow = chosen.choices[r, p]
    if choice["cycles"] <= limit:
        return choice["place"], Figures(choice["cycles"], choice["moved_bytes"], choice["energy_j"])
    first, end = _span(chosen.frontiers, p)
    found = chosen.frontiers.rows[first:end]
    predict_cycles(found, products[p], rates[r], BY_TIME, predicted)
    index = choose(found, predicted, BY_TIME, limit)
    return first + index, figures_of(found[index], predicted[index])


@kernel
def step_costs(
    items: Rows,
    refs: Numbers,
    uses: Numbers,
    choices: Rows,
    of_rate: Numbers,
    rates: Rows,
    wanted: Mask,
    cycles: Cycles,
    energies_j: Joules,
) -> None:
    """Fill ``cycles`` of the step and ``energies_j`` of its products for each rate that is ``wanted``.

    ``choices`` are CHOICE rows [choices, products], ``of_rate`` the row of them that each rate has, ``uses`` [products]
    how often each stands in the step. Where a product has no mapping, the step's cycles are infinite.
    """
    products = choices.shape[1]
    product_cycles, product_memory = np.empty(products), np.empty(products)
    item_cycles, order = np.empty(items.shape[0]), np.arange(items.shape[0])
    for r in range(rates.shape[0]):
        if not wanted[r]:
            continue
        joules = 0.0
        mapped = True
        for p in range(products):
            choice: ChoiceRow = choices[of_rate[r], p]
            mapped = mapped and choice["cycles"] < np.inf
            product_cycles[p], product_memory[p] = choice["cycles"], choice["memory_cycles"]
            joules += uses[p] * choice["energy_j"]
        if not mapped:
            cycles[r] = np.inf
            continue
        exposed = walk_step(items, order, refs, product_cycles, product_memory, rates[r], item_cycles)
        cycles[r] = exposed + item_cycles.sum()
        energies_j[r] = joules


def compile_kernels() -> None:
    """Compile every kernel here, or load it from the cache, by running it on nothing."""
    products, mappings, ends, joules = (np.zeros(0, kind) for kind in (PRODUCT, TILE_MAPPING, np.int64, np.float64))
    machines, energy = np.zeros(1, MACHINE), np.zeros(1, ENERGY)[0]
    rates, choices, wanted = np.zeros(0, RATES), np.zeros((0, 0), CHOICE), np.zeros(0, np.bool_)
    items, refs = np.zeros(0, ITEM), np.zeros(0, np.int64)
    frontiers = Frontiers(mappings, ends)
    chosen = Chosen(frontiers, choices)
    kept = kept_of(1, products=0)
    search_mappings(products, machines, machines, energy, kept, ends.reshape(1, 0))
    frontiers_of(kept.pools[0], ends, 0)
    choose_mappings(products, frontiers, rates, choices)
    join_choices(products, chosen, chosen, rates, choices)
    step_costs(items, refs, ends, choices, ends, rates, wanted, joules, joules)
