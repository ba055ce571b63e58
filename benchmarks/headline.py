"""The seed system's headline: how much faster N:M training is than dense, and what eats the rest of the ideal.

For the five networks that SAT/BDWP was evaluated on: the speedup of a recipe over dense training on one design,
the ideal by multiply-adds alone, and the sparse step's time by cause. Then the mean speedup as batch, DRAM
channels and lanes change. ``--level engines`` runs every step on the engines, ``estimate`` in closed form.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass

from arch.boards import Board, load_board
from arch.design import Design
from arch.design_io import load_design, override
from dataflow.recipes import Recipe, recipe_named
from dataflow.training import StepOptions, training_step
from dataflow.zoo.registry import zoo_network
from sim.engines.simulate import simulate
from sim.estimate import estimate
from sim.result import Level, StepResult

NETWORKS = ("resnet9", "vit-small", "vgg19", "resnet18", "resnet50")
PUBLISHED_MEAN = 1.75
SIMULATORS = {"estimate": estimate, "engines": simulate}


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


def run_case(network: str, recipe: Recipe, design: Design, board: Board, batch: int, level: Level) -> Case:
    """Simulate ``network`` under ``recipe`` and under dense training."""
    results = [
        SIMULATORS[level](
            training_step(zoo_network(network), r, design.sparsity, StepOptions(batch)), design, board
        )
        for r in (recipe_named("dense"), recipe)
    ]
    return Case(network, *results)


def shares(result: StepResult) -> dict[str, float]:
    """Split a step's time into parts that sum to 1.

    ``macs``: what the multiply-adds would take on a full array. ``edges``: the rest of the array's own cycles
    (ragged tiles, fill, drain, dispatch). ``memory``: array passes waiting for DRAM or for their first and last
    tiles. ``vector``: normalisation and other streams. ``update``: updates that outlast everything else.
    """
    array = [p for p in result.passes if p.engine in ("os", "ws")]
    macs = result.macs / result.design.array.processing_elements
    compute = sum(p.compute_cycles for p in array)
    waiting = sum(p.cycles for p in array) - compute
    vector = sum(p.cycles for p in result.passes if p.engine == "vector")
    update = sum(p.cycles for p in result.passes if p.engine == "update")
    parts = {"macs": macs, "edges": compute - macs, "memory": waiting, "vector": vector, "update": update}
    return {name: cycles / result.cycles for name, cycles in parts.items()}


def mean_speedup(recipe: Recipe, design: Design, board: Board, batch: int, level: Level) -> float:
    """Return the arithmetic mean of the five networks' speedups."""
    cases = [run_case(name, recipe, design, board, batch, level) for name in NETWORKS]
    return sum(case.speedup for case in cases) / len(cases)


def print_table(cases: Sequence[Case], title: str) -> None:
    """Print one row a network, in Markdown."""
    print(f"\n### {title}\n")
    print("| network | dense | sparse | speedup | ideal by MACs | kept | MACs | edges | memory | vector | update |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for case in cases:
        parts = shares(case.sparse)
        row = [
            case.network,
            f"{case.dense.time_s:.3f} s",
            f"{case.sparse.time_s:.3f} s",
            f"{case.speedup:.3f}",
            f"{case.ideal:.3f}",
            f"{case.speedup / case.ideal:.1%}",
            *(f"{share:.1%}" for share in parts.values()),
        ]
        print("| " + " | ".join(row) + " |")
    mean = sum(case.speedup for case in cases) / len(cases)
    ideal = sum(case.ideal for case in cases) / len(cases)
    print(f"| **mean** | | | **{mean:.3f}** | {ideal:.3f} | | | | | | |")


def print_sensitivity(recipe: Recipe, design: Design, board: Board, batch: int, level: Level) -> None:
    """Print the mean speedup as one parameter at a time moves."""
    print(f"\n### {recipe.name}: mean speedup as one parameter moves (batch {batch} unless said)\n")
    print("| parameter | value: mean speedup |")
    print("|---|---|")
    batches = [(f"{value}", design, value) for value in (1, 8, 32, 128, 512)]
    sweeps = {
        "batch": batches,
        "DRAM channels": _overrides(design, "memory.channels", (1, 2, 4), batch),
        "vector lanes": _overrides(design, "lanes.vector", (16, 32, 64, 128, 256), batch),
        "WUVE lanes": _overrides(design, "lanes.wuve", (4, 32, 128), batch),
        "SORE lanes": _overrides(design, "lanes.sore", (1, 8, 32), batch),
        "AXI bits a channel": _overrides(design, "memory.axi_bits", (256, 512, 1024), batch),
    }
    for name, points in sweeps.items():
        means = [f"{label}: {mean_speedup(recipe, d, board, b, level):.3f}" for label, d, b in points]
        print(f"| {name} | {', '.join(means)} |")


def _overrides(design: Design, key: str, values: Sequence[int], batch: int) -> list[tuple[str, Design, int]]:
    return [(str(value), override(design, {key: value}), batch) for value in values]


def main() -> None:
    """Print the tables for BDWP and BDWP-WU."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--design", default="sat-vcu1525")
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--level", choices=tuple(SIMULATORS), default="engines")
    arguments = parser.parse_args()
    design, level = load_design(arguments.design), arguments.level
    board, means = load_board(design.board), {}
    for name in ("bdwp", "bdwp-wu"):
        recipe = recipe_named(name)
        cases = [run_case(network, recipe, design, board, arguments.batch, level) for network in NETWORKS]
        ratio = f"{design.sparsity.n}:{design.sparsity.m}"
        print_table(cases, f"{name} {ratio} on {design.name}, batch {arguments.batch}, level {level}")
        print_sensitivity(recipe, design, board, arguments.batch, "estimate")
        means[name] = sum(case.speedup for case in cases) / len(cases)
    print(json.dumps({"benchmark": "headline", "published_mean_bdwp": PUBLISHED_MEAN, "means": means}))


if __name__ == "__main__":
    main()
