"""What N:M costs in training time here: a step of ResNet-18 under each recipe over a dense step, in one run.

``python -m benchmarks.training_overhead [--recipes bdwp,...] [--rounds 5]`` takes the steps of all recipes in turn,
round by round, so that whatever else the machine does falls on all alike, and prints the median ratio to the dense
step of the same round. Two shapes: CIFAR's 32 x 32 at batch 128, and ImageNet's 224 x 224 at batch 8.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from dataclasses import dataclass

import torch
from torch import nn

from heddle.training import sparsify
from heddle.training.models import build_model

SHAPES = (((3, 32, 32), 10, 128), ((3, 224, 224), 1000, 8))
SPARSITY = "2:8"
STEPS = 1000


@dataclass(frozen=True)
class Trainee:
    """A model under one recipe, its optimiser and the one batch that it trains on."""

    recipe: str
    model: nn.Module
    optimizer: torch.optim.Optimizer
    images: torch.Tensor
    labels: torch.Tensor

    def step_seconds(self) -> float:
        """Take one training step; return its time."""
        begun = time.perf_counter()
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(nn.functional.cross_entropy(self.model(self.images), self.labels))
        self.optimizer.step()
        return time.perf_counter() - begun


def trainee(recipe: str, shape: tuple[int, int, int], classes: int, batch: int) -> Trainee:
    """Return ResNet-18 under ``recipe``, the same for every recipe at its start."""
    torch.manual_seed(0)
    model = build_model("resnet18", shape, classes)
    sparsify(model, recipe, SPARSITY, steps=STEPS)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    return Trainee(recipe, model, optimizer, torch.randn(batch, *shape), torch.randint(0, classes, (batch,)))


def main() -> int:
    """Print a table of ratios; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipes", default="sr-ste,bdwp,transposable,sdgp,bdwp-wu,bdwp-wu-x")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    recipes = ["dense", *options.recipes.split(",")]
    print("| images | batch | recipe | step | over dense |\n|---|---|---|---|---|")
    for shape, classes, batch in SHAPES:
        trainees = [trainee(recipe, shape, classes, batch) for recipe in recipes]
        for each in trainees:
            each.step_seconds()
        rounds = [[each.step_seconds() for each in trainees] for _ in range(options.rounds)]
        for index, each in enumerate(trainees):
            ratio = statistics.median(times[index] / times[0] for times in rounds)
            seconds = statistics.median(times[index] for times in rounds)
            side = f"{shape[1]} × {shape[2]}"
            print(f"| {side} | {batch} | {each.recipe} | {seconds:.2f} s | {ratio:.2f} × |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
