"""What a training recipe is made of: which operand is pruned, along which axis, when anew, and what else it adds.

A recipe is data. Its parts answer one question each:

- ``selection``: which weights a mask keeps, along which axis, how often it is chosen anew
  (``heddle.training.selections``);
- ``frames`` and ``fade``: how pruning sets in over training (``heddle.training.ramps``);
- ``bp_gradient`` and ``wu``: pruning of the output's gradient, or of the layer's input, in BP and WU;
- ``terms``: what is added to, or taken from, the weight's gradient.

The machine's view of the same recipe, by which its time is simulated, is ``heddle.dataflow.recipes``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal, Protocol

from torch import Tensor

from heddle.arch.design import SparsityConfig
from heddle.arch.errors import HeddleError
from heddle.dataflow.recipes import DENSE, Recipe, recipe_named
from heddle.training.ramps import Fade, Frames
from heddle.training.selections import Selection

# Frames of groups that few channels do not make whole are dense to the machine, as all that are longer than M.
_ANY_CHANNELS = 1 << 12


class BackwardWeights(Enum):
    """Weights of BP that have no pruning of their own."""

    DENSE = "dense"
    AS_FORWARD = "the tensor that FF used"


class Choice(Enum):
    """How N of M elements of an activation or gradient are chosen."""

    MAGNITUDE = "the largest"
    RESCALED = "the largest, scaled so that each channel of each sample keeps its sum of magnitudes"
    UNBIASED = "drawn by magnitude, scaled so that the mean is exact"


@dataclass(frozen=True)
class WeightPruning:
    """How the weights of a pass are pruned.

    ``begins`` and ``until`` are the shares of training before and from which nothing is. ``refresh_share`` is the share
    after which what the selection holds is made anew, where that comes before its own ``refresh_steps``.
    ``after_forward`` prunes the weights that FF has pruned already, and not the dense ones.
    """

    selection: Selection
    begins: float = 0.0
    until: float = 1.0
    refresh_share: float | None = None
    frames: Frames | None = None
    fade: Fade | None = None
    after_forward: bool = False

    def __post_init__(self) -> None:
        if self.frames is not None and self.selection.refresh_steps is not None:
            raise HeddleError("a mask that is held would outlast its frame: frames need a selection made at every step")

    @property
    def changes_over_training(self) -> bool:
        """True when it depends on how much of the training is done."""
        return self.begins > 0 or self.until < 1 or self.frames is not None or self.fade is not None

    def is_on(self, progress: float) -> bool:
        """True while weights are pruned at ``progress`` (0 to 1); what lasts to the end stays on behind it."""
        return self.begins <= progress and (progress < self.until or self.until >= 1)

    def refresh_steps(self, steps: int | None) -> int | None:
        """Return the steps after which what is held is made anew, in a training of ``steps``; None for nothing held."""
        own = self.selection.refresh_steps
        if not own or self.refresh_share is None or steps is None:
            return own
        return max(1, min(own, round(self.refresh_share * steps)))

    def sparsity_at(self, progress: float, sparsity: SparsityConfig, channels: int) -> SparsityConfig | None:
        """Return the N:M that the machine can use at ``progress`` (0 to 1); None where the weights are dense to it."""
        if not self.is_on(progress) or (self.fade is not None and self.fade.share(progress) > 0):
            return None
        if self.frames is None:
            return sparsity
        frame = self.frames.at(progress, sparsity, channels)
        return SparsityConfig(n=frame.n, m=frame.m) if frame.m == sparsity.m else None


@dataclass(frozen=True)
class WeightGradientPruning:
    """The operand of WU that is pruned along WU's reduction (M consecutive pixels or samples), and how.

    ``measured`` leaves the operand to the layer: for its first steps both errors are measured, then it keeps to the
    smaller one. ``until`` is the share of training from which WU is dense.
    """

    operand: Literal["dy", "x", "measured"]
    choice: Choice = Choice.MAGNITUDE
    until: float = 1.0

    def is_on(self, progress: float) -> bool:
        """True while it is pruned at ``progress`` (0 to 1)."""
        return progress < self.until or self.until >= 1


class GradientTerm(Protocol):
    """What a recipe does to the weight's gradient, given the weight and the mask of FF."""

    def __call__(self, gradient: Tensor, weight: Tensor, mask: Tensor) -> Tensor:
        """Return the changed gradient, of the same shape."""


@dataclass(frozen=True)
class MachineStep:
    """What the hardware runs in a step: a recipe of ``heddle.dataflow.recipes`` at an N:M."""

    recipe: Recipe
    sparsity: SparsityConfig


@dataclass(frozen=True)
class TrainingRecipe:
    """How N:M training prunes. ``machine`` names the recipe of ``heddle.dataflow.recipes`` that the hardware runs.

    ``source`` names who proposed it. A part left at its default is dense.
    """

    name: str
    source: str
    machine: str
    ff: WeightPruning | None = None
    bp: WeightPruning | BackwardWeights = BackwardWeights.DENSE
    bp_gradient: Choice | None = None
    wu: WeightGradientPruning | None = None
    terms: tuple[GradientTerm, ...] = ()

    @property
    def weight_prunings(self) -> tuple[WeightPruning, ...]:
        """The prunings of weights that it has, FF's first."""
        return tuple(part for part in (self.ff, self.bp) if isinstance(part, WeightPruning))

    @property
    def changes_over_training(self) -> bool:
        """True when it needs to know how long the training is."""
        ends = self.wu is not None and self.wu.until < 1
        return ends or any(part.changes_over_training for part in self.weight_prunings)

    @property
    def draws(self) -> bool:
        """True when something of it is drawn at random at every step."""
        return Choice.UNBIASED in (self.bp_gradient, self.wu and self.wu.choice)

    @property
    def is_dense(self) -> bool:
        """True when it prunes nothing."""
        return not self.weight_prunings and self.bp_gradient is None and self.wu is None

    def on_machine(self, progress: float, sparsity: SparsityConfig) -> MachineStep:
        """Return what the hardware runs at ``progress`` (0 to 1): a pass is dense while its weights are dense to it."""
        ff, bp = (self._ratio(part, progress, sparsity) for part in (self.ff, self.bp))
        final = recipe_named(self.machine)
        wu = final.wu if self.wu is None or self.wu.is_on(progress) else None
        runs = replace(final, ff=final.ff if ff else None, bp=final.bp if bp else None, wu=wu)
        if (runs.ff, runs.bp, runs.wu) == (None, None, None):
            return MachineStep(DENSE, sparsity)
        of_weights = (ratio for ratio in (ff, bp) if ratio)
        return MachineStep(runs, max(of_weights, key=lambda ratio: ratio.n, default=sparsity))

    def _ratio(
        self, part: WeightPruning | BackwardWeights | None, progress: float, sparsity: SparsityConfig
    ) -> SparsityConfig | None:
        """The N:M of a pass's weights, None while they are dense to the machine; the final one without a rule."""
        followed = self.ff if part is BackwardWeights.AS_FORWARD else part
        if not isinstance(followed, WeightPruning):
            return sparsity
        return followed.sparsity_at(progress, sparsity, _ANY_CHANNELS)
