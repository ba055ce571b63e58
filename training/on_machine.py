"""A training run as the accelerator does it: its share of the dense multiply-adds, its time and its energy.

The network behind the model goes through the same products, scheduler and estimate as ``heddle simulate``. A recipe
that sets in over training is simulated as what it is at each step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.sparsity import parse_sparsity
from heddle.dataflow.network import ConvLayer, LinearLayer, Network
from heddle.dataflow.recipes import Recipe, recipe_named
from heddle.dataflow.step_items import TrainingStep
from heddle.dataflow.training import StepOptions, training_step
from heddle.sim.estimate import estimate
from heddle.training.data.samples import DataSet
from heddle.training.measured import MEASURED_STEPS
from heddle.training.models.registry import build_model
from heddle.training.network_of import network_of
from heddle.training.policy import Policy, layer_choices
from heddle.training.ratios import layer_sparsities
from heddle.training.recipe import MachineStep, TrainingRecipe
from heddle.training.recipe_file import resolve_recipe
from heddle.training.run import RunResult
from heddle.training.settings import TrainSettings

# A layer that chose its operand by measuring runs as the recipe that names this operand.
_RECIPE_OF_OPERAND = {"dy": "bdwp-wu", "x": "bdwp-wu-x"}


@dataclass(frozen=True)
class MachineRun:
    """A training of ``total_steps`` steps: the network as the recipe prunes it, and what runs in each step."""

    network: Network
    recipe: TrainingRecipe
    sparsity: str
    options: StepOptions
    total_steps: int

    def kinds(self, first: int, last: int) -> Mapping[MachineStep, int]:
        """Return what runs in the steps from ``first`` up to ``last`` (excluded), and how often.

        While layers measure their operands of WU it is dense; the measuring itself is not counted.
        """
        return Counter(self._kind(step) for step in range(first, last))

    def _kind(self, step: int) -> MachineStep:
        kind = self.recipe.on_machine(step / self.total_steps, parse_sparsity(self.sparsity))
        measures = self.recipe.wu is not None and self.recipe.wu.operand == "measured"
        return replace(kind, recipe=replace(kind.recipe, wu=None)) if measures and step < MEASURED_STEPS else kind

    def step(self, kind: MachineStep) -> TrainingStep:
        """Return the work of one step."""
        is_final = kind.sparsity == parse_sparsity(self.sparsity)
        options = replace(
            self.options,
            layer_recipes=self._layers(kind),
            layer_sparsities=self.options.layer_sparsities if is_final else {},
        )
        return training_step(self.network, kind.recipe, kind.sparsity, options)

    def _layers(self, kind: MachineStep) -> Mapping[str, Recipe]:
        """The layers' own recipes, all of whose WU is sparse; none while the step's is not."""
        return self.options.layer_recipes if kind.recipe.wu is not None else {}

    @cached_property
    def mac_fraction(self) -> float:
        """Multiply-adds of the whole training over those of dense training."""
        kinds = self.kinds(0, self.total_steps)
        work = [(self.step(kind), count) for kind, count in kinds.items()]
        return sum(step.macs * count for step, count in work) / sum(step.dense_macs * count for step, count in work)


def machine_run(
    settings: TrainSettings, data: DataSet, steps_per_epoch: int, results: Sequence[RunResult]
) -> MachineRun:
    """Return the run of ``settings`` as the machine sees it; ``results`` tell what layers chose by measuring.

    Where seeds chose differently, the first one's choice is taken.
    """
    torch.manual_seed(settings.seed)
    model = build_model(settings.model, data.shape, data.classes)
    recipe = resolve_recipe(settings.recipe)
    choices = layer_choices(model, recipe, settings.sparsity, Policy(dense=settings.dense))
    dense = {choice.name for choice in choices if choice.reason is not None}
    network = _with_dense_layers(network_of(model, data.shape, settings.model), dense)
    chosen = results[0].wu_operands if results else ()
    options = StepOptions(
        batch=min(settings.batch, len(data.train)),
        optimizer=settings.optimizer,
        layer_recipes={name: recipe_named(_RECIPE_OF_OPERAND[operand]) for name, operand in chosen},
        layer_sparsities=layer_sparsities(settings.ratios, model, choices),
    )
    return MachineRun(network, recipe, settings.sparsity, options, settings.epochs * steps_per_epoch)


def _with_dense_layers(network: Network, dense: set[str]) -> Network:
    layers = tuple(
        replace(layer, keep_dense=layer.name in dense) if isinstance(layer, ConvLayer | LinearLayer) else layer
        for layer in network.layers
    )
    return replace(network, layers=layers)


@dataclass(frozen=True)
class TrainingCost:
    """Simulated seconds and joules from the beginning of training up to the end of each epoch."""

    time_s: tuple[float, ...]
    energy_j: tuple[float, ...]


def training_cost(run: MachineRun, epochs: int, design: Design, board: Board) -> TrainingCost:
    """Return what ``run`` costs on ``design``, epoch by epoch, by the closed-form estimate."""
    per_epoch = run.total_steps // epochs
    by_epoch = [run.kinds(epoch * per_epoch, (epoch + 1) * per_epoch) for epoch in range(epochs)]
    run = replace(run, options=replace(run.options, operand=design.numbers.operand))
    results = {kind: estimate(run.step(kind), design, board) for kinds in by_epoch for kind in kinds}
    times, energies = [0.0], [0.0]
    for kinds in by_epoch:
        times.append(times[-1] + sum(results[kind].time_s * count for kind, count in kinds.items()))
        energies.append(energies[-1] + sum(results[kind].energy_j * count for kind, count in kinds.items()))
    return TrainingCost(tuple(times[1:]), tuple(energies[1:]))
