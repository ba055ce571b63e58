"""Time of the engines level on ResNet-50's training step, batch 512, against the closed form on the same step.

Prints one JSON line: CPU seconds of ``simulate`` and ``estimate`` (scheduling included, kernels compiled, median of
five), which hardly depend on what else the machine does, their ratio, and instructions run a second.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from functools import partial

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.scheduler import schedule_step
from heddle.dataflow.training import StepOptions, training_step
from heddle.dataflow.zoo.registry import zoo_network
from heddle.sim.engines.simulate import run_engines, simulate
from heddle.sim.estimate import estimate
from heddle.sim.step_table import step_table

RUNS = 5


def median_cpu_s(call: Callable[[], object]) -> float:
    call()
    taken = []
    for _ in range(RUNS):
        begun = time.process_time()
        call()
        taken.append(time.process_time() - begun)
    return statistics.median(taken)


def main() -> None:
    design = load_design("sat-vcu1525")
    board = load_board(design.board)
    for name in ("dense", "bdwp"):
        step = training_step(zoo_network("resnet50"), recipe_named(name), design.sparsity, StepOptions(512))
        schedule = schedule_step(step, design, board)
        run = run_engines(schedule, step_table(schedule.step), design, board)
        engines_cpu_s = median_cpu_s(partial(simulate, step, design, board))
        estimate_cpu_s = median_cpu_s(partial(estimate, step, design, board))
        record = {
            "benchmark": "engines",
            "recipe": name,
            "engines_cpu_s": round(engines_cpu_s, 3),
            "estimate_cpu_s": round(estimate_cpu_s, 4),
            "engines_over_estimate": round(engines_cpu_s / estimate_cpu_s),
            "instructions_per_second": round(run.dropped_events / engines_cpu_s),
        }
        print(json.dumps(record))


if __name__ == "__main__":
    main()
