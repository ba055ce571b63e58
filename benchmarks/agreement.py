"""How far the closed-form estimate is from the engines: every network of the zoo, three recipes, three machines.

``python -m benchmarks.agreement [--batch 16] [--designs sat-vcu1525,small,tiny]`` prints a Markdown table
of both levels' cycles and exits with 1 if any pair differs by more than 5 %. Small arrays have many instructions: the
whole sweep takes minutes at batch 16, so take larger batches on ``sat-vcu1525`` alone.
"""

from __future__ import annotations

import argparse
import sys
from typing import NamedTuple

from heddle.arch.boards import load_board
from heddle.arch.design import Design
from heddle.arch.design_io import load_design
from heddle.arch.sparsity import parse_sparsity
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.scheduler import schedule_step
from heddle.dataflow.training import StepOptions, training_step
from heddle.dataflow.zoo import zoo_names, zoo_network
from heddle.sim.engines.simulate import simulate_schedule
from heddle.sim.estimate import estimate_schedule

ALLOWED = 0.05
RECIPES = (("dense", "2:8"), ("bdwp", "2:4"), ("bdwp", "2:8"))


class Pair(NamedTuple):
    """Cycles of one step at both levels."""

    design: str
    network: str
    recipe: str
    estimate_cycles: float
    engines_cycles: float
    same_bytes: bool

    @property
    def error(self) -> float:
        """The estimate's error relative to the engines."""
        return self.estimate_cycles / self.engines_cycles - 1

    @property
    def row(self) -> str:
        """The pair's line of the table."""
        return (
            f"| {self.design} | {self.network} | {self.recipe} | {self.estimate_cycles:,.0f} "
            f"| {self.engines_cycles:,.0f} | {100 * self.error:.2f} % | {'same' if self.same_bytes else 'DIFFER'} |"
        )


def compare(design: Design, network: str, recipe: str, sparsity: str, batch: int) -> Pair:
    """Run one step at both levels on the same schedule."""
    board = load_board(design.board)
    options = StepOptions(batch=batch)
    step = training_step(zoo_network(network), recipe_named(recipe), parse_sparsity(sparsity), options)
    schedule = schedule_step(step, design, board)
    closed, run = estimate_schedule(schedule, design, board), simulate_schedule(schedule, design, board)
    shown = recipe if recipe == "dense" else f"{recipe} {sparsity}"
    return Pair(design.name, network, shown, closed.cycles, run.cycles, closed.dram_bytes == run.dram_bytes)


def main() -> int:
    """Print the table and the worst pair; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=16, help="samples a step")
    parser.add_argument("--designs", default="sat-vcu1525,small,tiny", help="presets, separated by commas")
    options = parser.parse_args()
    pairs = []
    print("| design | network | recipe | estimate | engines | error | bytes |\n|---|---|---|---|---|---|---|")
    for design in map(load_design, options.designs.split(",")):
        for network in zoo_names():
            for recipe, sparsity in RECIPES:
                pair = compare(design, network, recipe, sparsity, options.batch)
                pairs.append(pair)
                print(pair.row, flush=True)
    worst = max(pairs, key=lambda pair: abs(pair.error))
    print(f"\nworst of {len(pairs)} at batch {options.batch}: {100 * worst.error:.2f} % ", end="")
    print(f"({worst.design}, {worst.network}, {worst.recipe})")
    return int(abs(worst.error) > ALLOWED or not all(pair.same_bytes for pair in pairs))


if __name__ == "__main__":
    sys.exit(main())
