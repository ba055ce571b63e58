"""The seed system's headline: how much faster N:M training is than dense, and what eats the rest of the ideal.

For the five networks that SAT/BDWP was evaluated on: the speedup of a recipe over dense training on one design,
the ideal by multiply-adds alone, and the sparse step's time by cause. Then the mean speedup as batch, DRAM
channels and lanes change, in closed form.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from heddle.arch.boards import Board, load_board
from heddle.arch.design import Design
from heddle.arch.design_io import load_design, override
from heddle.dataflow.recipes import DENSE, Recipe, recipe_named
from heddle.dataflow.training import StepOptions, training_step
from heddle.dataflow.zoo.registry import zoo_network
from heddle.sim.engines.simulate import simulate
from heddle.sim.estimate import estimate
from heddle.sim.result import StepResult
from heddle.sim.stalls import STALL_CAUSES

NETWORKS = ("resnet9", "vit-small", "vgg19", "resnet18", "resnet50")
PUBLISHED_MEAN = 1.75
BATCHES = (1, 8, 64, 512)


@dataclass(frozen=True)
class Case:
    """One network under one recipe beside the same under dense training."""

    network: str
    dense: StepResult
    sparse: StepResult

    @property
    def speedup(self) -> float:
        """Dense time over sparse time."""
        return self.dense.cycles / self.sparse.cycles

    @property
    def ideal(self) -> float:
        """Dense multiply-adds over executed ones."""
        return self.dense.macs / self.sparse.macs


def run_case(
    network: str,
    recipe: Recipe,
    design: Design,
    board: Board,
    batch: int,
    level: Callable[..., StepResult],
    pregenerate: bool = True,
) -> Case:
    """Simulate ``network`` under ``recipe`` and under dense training."""
    options, layers = StepOptions(batch, pregenerate=pregenerate), zoo_network(network)
    dense, sparse = (level(training_step(layers, r, design.sparsity, options), design, board) for r in (DENSE, recipe))
    return Case(network, dense, sparse)


def shares(result: StepResult) -> dict[str, float]:
    """Split an engines result's time into parts that sum to 1.

    ``MACs``: what the multiply-adds would take on a full array. ``edges``: the rest of the array's busy cycles (ragged
    tiles, dispatch). ``fill, drain``: each pass's first loads and lead-in, its tail and last store. ``DRAM``: the
    array waiting for operands or for room to store. ``left words``: the array waiting for the left feeder. ``vector``:
    normalisation and other streams. ``update``: updates that outlast everything else.
    """
    array = [p for p in result.passes if p.engine in ("os", "ws")]
    macs = result.macs / result.design.array.processing_elements
    compute = sum(p.compute_cycles for p in array)
    stalls = {cause: sum(p.stall_cycles[cause] for p in array) for cause in STALL_CAUSES}
    parts = {
        "MACs": macs,
        "edges": compute - macs,
        "fill, drain": stalls["fill"] + stalls["drain"],
        "DRAM": stalls["load_left"] + stalls["load_right"] + stalls["store"],
        "left words": stalls["feed"],
        "vector": sum(p.cycles for p in result.passes if p.engine == "vector"),
        "update": sum(p.cycles for p in result.passes if p.engine == "update"),
    }
    return {name: cycles / result.cycles for name, cycles in parts.items()}


def mean_speedup(recipe: Recipe, design: Design, board: Board, batch: int, pregenerate: bool = True) -> float:
    """Return the arithmetic mean of the five networks' speedups, in closed form."""
    cases = [run_case(name, recipe, design, board, batch, estimate, pregenerate) for name in NETWORKS]
    return sum(case.speedup for case in cases) / len(cases)


def print_table(cases: Sequence[Case], title: str) -> None:
    """Print one row a network, in Markdown."""
    print(f"\n### {title}\n")
    columns = ("network", "dense", "sparse", "speedup", "ideal by MACs", "kept", *shares(cases[0].sparse))
    print("| " + " | ".join(columns) + " |")
    print("|---" * len(columns) + "|")
    for case in cases:
        parts = shares(case.sparse)
        row = [
            case.network,
            f"{case.dense.time_s:.3f} s",
            f"{case.sparse.time_s:.3f} s",
            f"{case.speedup:.3f}",
            f"{case.ideal:.3f}",
            f"{case.speedup / case.ideal:.1%}",
            *(f"{share:.2%}" for share in parts.values()),
        ]
        print("| " + " | ".join(row) + " |")
    mean = sum(case.speedup for case in cases) / len(cases)
    ideal = sum(case.ideal for case in cases) / len(cases)
    print(f"| **mean** | | | **{mean:.3f}** | {ideal:.3f} |" + " |" * (len(columns) - 5))


def print_sensitivity(recipe: Recipe, design: Design, board: Board) -> None:
    """Print the mean speedup as one parameter at a time moves, in closed form, at a large and at a small batch."""
    sweeps: dict[str, tuple[str, Sequence[int]]] = {
        "DRAM channels": ("memory.channels", (1, 2, 4)),
        "AXI bits a channel": ("memory.axi_bits", (256, 512, 1024)),
        "vector lanes": ("lanes.vector", (16, 32, 64, 128, 256)),
        "WUVE lanes": ("lanes.wuve", (4, 16, 32, 128)),
        "SORE lanes": ("lanes.sore", (1, 8, 32)),
        "interleave": ("array.interleave", (4, 8, 16)),
    }
    print(f"\n### {recipe.name}: mean speedup as one parameter moves\n")
    print("| parameter | " + " | ".join(f"batch {batch}" for batch in BATCHES) + " |")
    print("|---" * (1 + len(BATCHES)) + "|")
    for label, pregenerate in (("as it is", True), ("no pre-generation", False)):
        means = [f"{mean_speedup(recipe, design, board, batch, pregenerate):.3f}" for batch in BATCHES]
        print(f"| {label} | {' | '.join(means)} |")
    for label, (key, values) in sweeps.items():
        for value in values:
            changed = override(design, {key: value})
            means = [f"{mean_speedup(recipe, changed, board, batch):.3f}" for batch in BATCHES]
            print(f"| {label} {value} | {' | '.join(means)} |")


def main() -> None:
    """Print the tables for BDWP and BDWP-WU."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--design", default="sat-vcu1525")
    parser.add_argument("--batch", type=int, default=512)
    arguments = parser.parse_args()
    design = load_design(arguments.design)
    board, means = load_board(design.board), {}
    for name in ("bdwp", "bdwp-wu"):
        recipe = recipe_named(name)
        cases = [run_case(network, recipe, design, board, arguments.batch, simulate) for network in NETWORKS]
        ratio = f"{design.sparsity.n}:{design.sparsity.m}"
        print_table(cases, f"{name} {ratio} on {design.name}, batch {arguments.batch}, engines")
        print_sensitivity(recipe, design, board)
        means[name] = sum(case.speedup for case in cases) / len(cases)
    print(json.dumps({"benchmark": "headline", "published_mean_bdwp": PUBLISHED_MEAN, "means": means}))


if __name__ == "__main__":
    main()
