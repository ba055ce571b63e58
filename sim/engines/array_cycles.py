"""The array's own cycles for one product, as the engines run it: what the RTL of the same design must take."""

from __future__ import annotations

import numpy as np

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.dataflow.cost import lead_cycles
from heddle.dataflow.kernel_rows import machine_row, product_rows, rates_row
from heddle.dataflow.scheduler import ProductSchedule
from heddle.sim.engines.array_pass import PIPE, Engines, Job, run_product
from heddle.sim.engines.dram import dram_of
from heddle.sim.engines.events import event_log
from heddle.sim.engines.streams import background
from heddle.sim.stalls import STALL_CAUSES


def array_cycles(schedule: ProductSchedule, design: Design, board: Board) -> int:
    """Run a scheduled product on the engines and return its array cycles, without waits for operands.

    From the clock that takes the first instruction to the clock that takes the last result, both included.
    """
    machine = machine_row(design, board)[0]
    engines = Engines(machine, rates_row(design, board)[0], dram_of(design, board), background(0), event_log(0))
    job = Job(product_rows([schedule.product])[0], schedule.row, np.zeros(len(STALL_CAUSES)), 0)
    pipe = np.zeros(1, PIPE)[0]
    run_product(engines, job, pipe, 0.0)
    lead = lead_cycles(machine, int(schedule.row["ws"]))
    return int(lead + pipe["busy_cycles"] + pipe["finish_cycles"])
