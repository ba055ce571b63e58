"""What a step does, counted: multiply-adds, bytes, hops. Energy is each count times its coefficient.

A count is the energy that the step would take if one act of its kind cost 1 J and all others nothing. So the counts are
those that the energy is made of, and cannot say anything else.
"""

from __future__ import annotations

import numpy as np

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.records import Rows
from heddle.arch.resources import resources
from heddle.dataflow.kernel_rows import MachineRow, machine_row
from heddle.dataflow.mapping_energy import ENERGY
from heddle.sim.energy import energies_of
from heddle.sim.step_table import StepTable

#: Names of the counts, and the entry of ENERGY that prices each.
COUNTED = {
    "macs": "mac_j",
    "buffer_bytes": "buffer_byte_j",
    "link_byte_hops": "link_byte_hop_j",
    "dram_bytes": "dram_byte_j",
    "sore_comparisons": "sore_compare_j",
    "wuve_weights": "wuve_weight_j",
    "vector_elements": "vector_element_j",
}
#: Flip-flops times cycles: what the clock tree drives, whatever is computed.
FF_CYCLES = "ff_cycles"


def step_activity(
    table: StepTable, mappings: Rows, design: Design, board: Board, total_cycles: float
) -> dict[str, float]:
    """Return the counts of a step by name, those of COUNTED and FF_CYCLES, for TILE_MAPPING rows by product."""
    machine = machine_row(design, board)[0]
    counts = {name: _count(table, mappings, machine, act) for name, act in COUNTED.items()}
    counts[FF_CYCLES] = float(resources(design, board).ff) * total_cycles
    return counts


def _count(table: StepTable, mappings: Rows, machine: MachineRow, act: str) -> float:
    price = np.zeros(1, ENERGY)
    price[act] = 1.0
    products_j, kinds_j = energies_of(table, mappings, machine, price[0])
    return float(table.uses @ products_j.sum(axis=1) + kinds_j[table.order].sum())
