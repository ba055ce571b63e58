"""Write the golden cycle counts that ``tests/sim/test_golden_cycles.py`` holds the simulator to.

Run it, with a reason in the commit, whenever a model changes on purpose:
``python -m benchmarks.golden_cycles``
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.arch.sparsity import parse_sparsity
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.training import StepOptions, training_step
from heddle.dataflow.zoo import zoo_network
from heddle.sim.engines.simulate import simulate
from heddle.sim.estimate import estimate

GOLDEN = Path(__file__).resolve().parent.parent / "tests" / "sim" / "golden_cycles.json"
BATCH = 16

#: Design, network, recipe and sparsity of each count.
RUNS = [
    ("tiny", "mlp", "dense", "2:4"),
    ("tiny", "mlp", "bdwp", "2:4"),
    ("small", "mlp", "bdwp-wu", "2:8"),
    ("small", "resnet9", "bdwp", "2:8"),
    ("sat-vcu1525", "resnet9", "dense", "2:8"),
    ("sat-vcu1525", "resnet18", "bdwp", "2:8"),
    ("sat-vcu1525", "mobilenetv2", "bdwp", "2:4"),
    ("sat-vcu1525", "vit-small", "bdwp-wu-x", "2:8"),
]


def measured(design_name: str, network: str, recipe: str, sparsity: str) -> dict[str, Any]:
    """Return what one run gives at both levels; cycles to a thousandth, everything else exact."""
    design = load_design(design_name)
    board = load_board(design.board)
    options = StepOptions(batch=BATCH)
    step = training_step(zoo_network(network), recipe_named(recipe), parse_sparsity(sparsity), options)
    closed, run = estimate(step, design, board), simulate(step, design, board)
    return {
        "design": design_name,
        "network": network,
        "recipe": recipe,
        "sparsity": sparsity,
        "batch": BATCH,
        "macs": run.macs,
        "dram_bytes": run.dram_bytes,
        "estimate_cycles": round(closed.cycles, 3),
        "engines_cycles": round(run.cycles, 3),
    }


def main() -> None:
    """Measure every run and write the file."""
    document = {"command": "python -m benchmarks.golden_cycles", "runs": [measured(*run) for run in RUNS]}
    GOLDEN.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
