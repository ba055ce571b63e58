"""What is explored: the request, checked, and the identity by which a run directory knows it again."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from heddle.arch.boards import Board
from heddle.arch.design import SparsityConfig
from heddle.arch.errors import HeddleError, unknown
from heddle.arch.formats import FP16
from heddle.arch.jit import sources_digest
from heddle.arch.run_dir import sha256_of_text
from heddle.dataflow.choices import Optimizer
from heddle.dataflow.layer_sparsity import with_layer_sparsities
from heddle.dataflow.network import Network
from heddle.dataflow.recipes import Recipe
from heddle.dataflow.step_items import TrainingStep
from heddle.dataflow.training import StepOptions, training_step
from heddle.dse.measured_accuracy import Accuracies
from heddle.dse.objectives import ACCURACY, DEFAULT_OBJECTIVES, OBJECTIVES
from heddle.dse.space import Space


def objectives_with(accuracies: Accuracies | None) -> tuple[str, ...]:
    """Return the objectives there are, with ``accuracies`` given or not."""
    return OBJECTIVES if accuracies is None else (*OBJECTIVES, ACCURACY)


def default_objectives(accuracies: Accuracies | None) -> tuple[str, ...]:
    """Return the objectives of someone who names none, with ``accuracies`` given or not."""
    return DEFAULT_OBJECTIVES if accuracies is None else (*DEFAULT_OBJECTIVES, ACCURACY)


def check_objectives(names: Sequence[str], accuracies: Accuracies | None = None) -> tuple[str, ...]:
    """Return ``names``, or raise HeddleError for none, an unknown one (with the nearest), or one given twice.

    ``accuracy`` is one only where ``accuracies`` are given.
    """
    valid = objectives_with(accuracies)
    if not names:
        raise HeddleError(f"objectives: none is given (valid: {', '.join(valid)})")
    for position, name in enumerate(names):
        if name == ACCURACY and accuracies is None:
            raise HeddleError(f"objectives: {name!r} is measured, not simulated; it needs the measured accuracies")
        if name not in valid:
            raise unknown("objective", name, valid)
        if name in names[:position]:
            raise HeddleError(f"objectives: {name!r} is given twice")
    return tuple(names)


@dataclass(frozen=True)
class ExploreRequest:
    """One exploration: a training step of ``network`` under ``recipe``, on every design of ``space`` on ``board``.

    All ``objectives`` are minimised but ``accuracy``, which needs ``accuracies`` (measured, one for each sparsity of
    the space) and is maximised. ``layer_sparsity``: layers run at the N:M that the network's file gives them, all
    others at the design's. Raises HeddleError for a batch below 1, for objectives that are unknown, and for a
    sparsity without an accuracy where accuracies are given.
    """

    network: Network
    batch: int
    recipe: Recipe
    board: Board
    space: Space
    objectives: tuple[str, ...] = DEFAULT_OBJECTIVES
    optimizer: Optimizer = "sgd"
    pregenerate: bool = True
    accuracies: Accuracies | None = None
    layer_sparsity: bool = False

    def __post_init__(self) -> None:
        if self.batch < 1:
            raise HeddleError(f"batch: must be at least 1, got {self.batch}")
        check_objectives(self.objectives, self.accuracies)
        if self.accuracies is not None:
            self.accuracies.check_cover(self.space.sparsities)

    def step(self, sparsity: SparsityConfig, operand: str = FP16.name) -> TrainingStep:
        """Return the step of designs with ``sparsity`` and elements of ``operand``, as their numbers name it.

        Raises HeddleError for layers' own N:M that the network has not, or that do not lie in groups of that M.
        """
        network, own = self._own_sparsities(sparsity)
        options = StepOptions(self.batch, self.optimizer, self.pregenerate, operand=operand, layer_sparsities=own)
        return training_step(network, self.recipe, sparsity, options)

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks on the network, those on layers' own N:M for every sparsity of the space. Raises as ``step`` does."""
        told = (note for sparsity in self.space.sparsities for note in self._own_sparsities(sparsity)[0].notes)
        return tuple(dict.fromkeys(told))

    def _own_sparsities(self, hardware: SparsityConfig) -> tuple[Network, Mapping[str, SparsityConfig]]:
        return with_layer_sparsities(self.network, hardware) if self.layer_sparsity else (self.network, {})

    def identity(self) -> dict[str, str]:
        """Return what decides the value of every point, by name; long inputs as their SHA-256.

        Objectives and accuracies are not part of it: they choose among the points and change none. ``model`` stands
        for the tool's own sources, so that points of two versions are never mixed.
        """
        layers = [{"kind": type(layer).__name__, **dataclasses.asdict(layer)} for layer in self.network.layers]
        return {
            "network": _digest(layers),
            "batch": str(self.batch),
            "recipe": _digest(dataclasses.asdict(self.recipe)),
            "board": _digest(self.board.model_dump(mode="json")),
            "space": _digest(self.space.model_dump(mode="json")),
            "optimizer": self.optimizer,
            "pregenerate": str(self.pregenerate),
            "layer_ratios": _digest(self.network.ratios if self.layer_sparsity else ()),
            "model": sources_digest(),
        }


def accuracies_digest(accuracies: Accuracies) -> str:
    """Return the SHA-256 of the accuracies that a request was made with."""
    return _digest({f"{sparsity.n}:{sparsity.m}": value for sparsity, value in accuracies.percent.items()})


def identity_digest(identity: Mapping[str, str]) -> str:
    """Return one SHA-256 for a whole identity."""
    return _digest(dict(identity))


def _digest(value: object) -> str:
    return sha256_of_text(json.dumps(value, sort_keys=True))
