"""The array's own cycles for one product, as the engines run it: what the RTL of the same design must take."""

from __future__ import annotations

import numpy as np

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.dataflow.cost import lead_cycles
from heddle.dataflow.kernel_rows import product_rows
from heddle.dataflow.scheduler import ProductSchedule
from heddle.sim.engines.array_pass import run_product
from heddle.sim.engines.pipe import begin_pass
from heddle.sim.engines.product_state import Job, engines_of, product_state
from heddle.sim.stalls import STALL_CAUSES


def array_cycles(schedule: ProductSchedule, design: Design, board: Board) -> int:
    """Run a scheduled product on the engines and return its array cycles, without waits for operands.

    From the clock that takes the first instruction to the clock that takes the last result, both included.
    """
    engines = engines_of(design, board)
    job = Job(product_rows([schedule.product])[0], schedule.row, np.zeros(len(STALL_CAUSES)), 0)
    state = product_state()
    begin_pass(state.pipe, state.halves, 0.0)
    run_product(engines, job, state)
    lead = lead_cycles(engines.machine, int(schedule.row["ws"]))
    return int(lead + state.pipe["busy_cycles"] + state.pipe["finish_cycles"])
