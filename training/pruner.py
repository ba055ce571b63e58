"""From a layer's weights to the weights of its passes, and to the pruned operands of its gradients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from heddle.arch.design import SparsityConfig
from heddle.training.clock import Clock, HeldTensor, step_generator
from heddle.training.masks import in_order_of, masked, top_n
from heddle.training.measured import MeasuredOperand
from heddle.training.pass_products import OperandPruning
from heddle.training.recipe import BackwardWeights, Choice, TrainingRecipe, WeightPruning
from heddle.training.sampling import sample_n
from heddle.training.selections import DIMENSION, NEVER, Axis

_FOR_FF, _FOR_BP, _FOR_BP_GRADIENT, _FOR_DY, _FOR_X = range(5)


@dataclass(frozen=True)
class View:
    """A layer's weights as one pass uses them; ``kept`` is their N:M along its reduction, None for dense ones."""

    tensor: Tensor
    kept: SparsityConfig | None


@dataclass(frozen=True)
class Views:
    """The weights of FF and of BP, and the mask by which FF pruned (None where it did not)."""

    ff: View
    bp: View
    mask: Tensor | None


@dataclass(frozen=True)
class LayerSettings:
    """What a layer is pruned by. ``steps`` is the length of the training, None when the recipe does not ask for it.

    ``index`` tells layers apart in what they draw.
    """

    recipe: TrainingRecipe
    sparsity: SparsityConfig
    steps: int | None
    seed: int
    index: int


class Pruner(nn.Module):
    """The recipe at work in one layer. It has a state only where the recipe needs one."""

    def __init__(self, settings: LayerSettings, weight: Tensor) -> None:
        super().__init__()
        self.settings = settings
        recipe = settings.recipe
        self.ff_held = self._holder(recipe.ff, weight, _FOR_FF)
        self.bp_held = self._holder(recipe.bp, weight, _FOR_BP)
        self.measured = MeasuredOperand() if recipe.wu is not None and recipe.wu.operand == "measured" else None
        self.clock = Clock() if self._needs_clock else None
        self._drawn_step = 0
        self._draws: Counter[int] = Counter()

    @property
    def _needs_clock(self) -> bool:
        recipe = self.settings.recipe
        stateful = (self.ff_held, self.bp_held, self.measured)
        return recipe.changes_over_training or recipe.draws or any(part is not None for part in stateful)

    def _holder(
        self, pruning: WeightPruning | BackwardWeights | None, weight: Tensor, purpose: int
    ) -> HeldTensor | None:
        if not isinstance(pruning, WeightPruning) or pruning.selection.refresh_steps is None:
            return None
        first = pruning.selection.hold(weight.detach(), self.settings.sparsity, self._generator(0, purpose))
        assert first is not None  # refresh_steps says that it holds something
        every = pruning.refresh_steps(self.settings.steps)
        return HeldTensor(pruning.selection, first, every or NEVER)

    def note_update(self, weight: Tensor) -> None:
        """Count an update of ``weight`` that was made since the last forward pass."""
        if self.clock is not None:
            self.clock.advance(weight)

    def take_as_seen(self) -> None:
        """Count no update for the weight that the layer has now."""
        if self.clock is not None:
            self.clock.take_as_seen()

    @property
    def progress(self) -> float:
        """Share of the training that is done; 0 where the recipe does not ask for it."""
        if self.clock is None or self.settings.steps is None:
            return 0.0
        return min(1.0, self.clock.step / self.settings.steps)

    def views(self, weight: Tensor, *, renew: bool, with_bp: bool = True) -> Views:
        """Return the weights of both passes, made of ``weight`` [out, in, *taps].

        ``renew`` lets what is held be made anew where it is due: in training, and not where one only looks.
        """
        recipe = self.settings.recipe
        weight = weight.detach()
        ff, mask = self._pruned(recipe.ff, weight, self.ff_held, _FOR_FF, "in", renew)
        if not with_bp or recipe.bp is BackwardWeights.DENSE:
            return Views(ff, View(weight, None), mask)
        if isinstance(recipe.bp, WeightPruning):
            source = ff.tensor if recipe.bp.after_forward else weight
            bp, _ = self._pruned(recipe.bp, source, self.bp_held, _FOR_BP, "out", renew)
            return Views(ff, bp, mask)
        both_ways = recipe.ff is not None and recipe.ff.selection.is_along("out")
        return Views(ff, View(ff.tensor, ff.kept if both_ways else None), mask)

    def _pruned(
        self,
        pruning: WeightPruning | None,
        source: Tensor,
        holder: HeldTensor | None,
        purpose: int,
        axis: Axis,
        renew: bool,
    ) -> tuple[View, Tensor | None]:
        """One pass's weights: ``source`` as ``pruning`` leaves it, and the mask."""
        progress = self.progress
        if pruning is None or not pruning.is_on(progress):
            return View(source, None), None
        selection, sparsity = pruning.selection, self.settings.sparsity
        channels = source.shape[DIMENSION[axis]]
        ratio = sparsity if pruning.frames is None else pruning.frames.at(progress, sparsity, channels)
        held = None
        if holder is not None:
            step = self.clock.step if self.clock is not None else 0
            if renew:
                holder.renew(step, source, ratio, self._generator(step, purpose))
            held = holder.look(source, ratio, self._generator(step, purpose))
        mask = in_order_of(selection.mask(source, ratio, held), source)
        kept = pruning.sparsity_at(progress, sparsity, channels) if selection.is_along(axis) else None
        faded = pruning.fade.share(progress) if pruning.fade is not None else 0.0
        pruned = torch.where(mask, source, source * faded) if faded else masked(source, mask)
        return View(pruned, kept), mask

    def bp_gradient(self, dy: Tensor, axis: int) -> tuple[Tensor, SparsityConfig | None]:
        """Return ``dy`` as BP reads it, pruned along ``axis``, its output channels; and its N:M."""
        choice, sparsity = self.settings.recipe.bp_gradient, self.settings.sparsity
        if choice is None:
            return dy, None
        return self._chosen(choice, _FOR_BP_GRADIENT, axis)(dy), sparsity

    def wu_pruning(self) -> tuple[OperandPruning, ...]:
        """Return how WU's operand is pruned: nothing, one pruning, or both candidates while they are measured."""
        wu = self.settings.recipe.wu
        if wu is None or not wu.is_on(self.progress):
            return ()
        dy = OperandPruning("dy", self.settings.sparsity, self._chosen(wu.choice, _FOR_DY, 0))
        x = OperandPruning("x", self.settings.sparsity, self._chosen(wu.choice, _FOR_X, 0))
        if self.measured is not None and self.measured.chosen is None:
            return dy, x
        operand = self.measured.chosen if self.measured is not None else wu.operand
        return (dy,) if operand == "dy" else (x,)

    def _chosen(self, choice: Choice, purpose: int, axis: int) -> Callable[[Tensor], Tensor]:
        sparsity = self.settings.sparsity
        if choice is Choice.UNBIASED:
            return partial(sample_n, sparsity=sparsity, axis=axis, generator=self._fresh_generator(purpose))
        if choice is Choice.RESCALED:
            return partial(_rescaled_top_n, sparsity=sparsity, axis=axis)
        return partial(top_n, sparsity=sparsity, axis=axis)

    def _fresh_generator(self, purpose: int) -> torch.Generator:
        """A generator of its own for every backward pass of a step: accumulated gradients are drawn apart."""
        step = self.clock.step if self.clock is not None else 0
        if step != self._drawn_step:
            self._drawn_step, self._draws = step, Counter()
        settings, draw = self.settings, self._draws[purpose]
        self._draws[purpose] += 1
        return step_generator(settings.seed, settings.index, step, purpose, draw)

    def _generator(self, step: int, purpose: int) -> torch.Generator:
        return step_generator(self.settings.seed, self.settings.index, step, purpose)


def _rescaled_top_n(tensor: Tensor, sparsity: SparsityConfig, axis: int) -> Tensor:
    """Each channel of each sample is scaled by its sum of magnitudes over that of what is kept of it (SDGP's code)."""
    kept = top_n(tensor, sparsity, axis)
    dimensions = range(axis % tensor.dim() + 1, tensor.dim())
    if not dimensions:  # of a linear layer: one number a channel, so what is kept is all that there is
        return kept
    wide = torch.promote_types(tensor.dtype, torch.float32)  # a sum of many FP16 gradients is beyond FP16
    total, whole = (each.abs().sum(tuple(dimensions), keepdim=True, dtype=wide) for each in (kept, tensor))
    factor = torch.where(total > 0, whole / torch.where(total > 0, total, 1), 1)
    return (kept * factor).to(tensor.dtype)
