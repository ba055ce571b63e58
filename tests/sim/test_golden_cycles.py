"""The simulator does not drift: exact counts of a few runs, written by ``python -m benchmarks.golden_cycles``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from samples import step_of

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.dataflow.training import StepOptions
from heddle.dataflow.zoo import zoo_network
from heddle.sim.engines.simulate import simulate
from heddle.sim.estimate import estimate

GOLDEN = json.loads((Path(__file__).parent / "golden_cycles.json").read_text())


def name_of(run: dict[str, Any]) -> str:
    return "-".join(str(run[key]) for key in ("design", "network", "recipe", "sparsity"))


@pytest.mark.compiled
@pytest.mark.parametrize("golden", GOLDEN["runs"], ids=name_of)
def test_cycles_bytes_and_macs_are_the_golden_ones(golden: dict[str, Any]) -> None:
    design = load_design(golden["design"])
    board = load_board(design.board)
    options = StepOptions(batch=golden["batch"])
    step = step_of(zoo_network(golden["network"]), golden["recipe"], golden["sparsity"], options)
    closed, run = estimate(step, design, board), simulate(step, design, board)
    assert (run.macs, run.dram_bytes) == (golden["macs"], golden["dram_bytes"])
    assert round(closed.cycles, 3) == golden["estimate_cycles"]
    assert round(run.cycles, 3) == golden["engines_cycles"]
