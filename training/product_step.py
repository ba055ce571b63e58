"""One step of a layer: what its backward pass needs beside tensors, and the two gradients made of it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from heddle.arch.design import SparsityConfig
from heddle.training.pass_products import OperandPruning, Products
from heddle.training.pruner import Pruner, View, Views


@dataclass(frozen=True)
class ProductStep:
    """What one forward pass leaves for its backward pass beside the tensors.

    ``bp_kept`` is the N:M of BP's weights; ``out_axis`` is where the output has its channels.
    """

    products: Products
    pruner: Pruner
    bp_kept: SparsityConfig | None
    out_axis: int

    def input_gradient(self, dy: Tensor, bp_weight: Tensor, x_shape: torch.Size) -> Tensor:
        """Return dX of ``x_shape``, by the weights of BP."""
        pruned, kept_dy = self.pruner.bp_gradient(self.products.operand(dy), self.out_axis)
        return self.products.input_gradient(pruned, bp_weight, x_shape, self.bp_kept, kept_dy)

    def weight_gradient(self, x: Tensor, dy: Tensor, weight: Tensor, mask: Tensor | None) -> Tensor:
        """Return dW as the recipe makes it; ``mask`` is FF's, None where nothing was pruned or no term asks for it."""
        gradient = self._pruned_gradient(x, dy, weight.shape).to(weight.dtype)
        if mask is not None:
            for term in self.pruner.settings.recipe.terms:
                gradient = term(gradient, weight, mask)
        return gradient

    def _pruned_gradient(self, x: Tensor, dy: Tensor, shape: torch.Size) -> Tensor:
        """One gradient; while a layer measures its operands, the dense one beside those of the candidates."""
        candidates = self.pruner.wu_pruning()
        if len(candidates) <= 1:
            return self._gradient(x, dy, shape, candidates[0] if candidates else None)
        dense = self._gradient(x, dy, shape, None)
        assert self.pruner.measured is not None  # only a layer that measures has two candidates
        self.pruner.measured.measure(dense, {each.operand: self._gradient(x, dy, shape, each) for each in candidates})
        return dense

    def _gradient(self, x: Tensor, dy: Tensor, shape: torch.Size, pruning: OperandPruning | None) -> Tensor:
        operand = self.products.operand
        return self.products.weight_gradient(operand(x), operand(dy), shape, pruning)


def packed(tensor: Tensor) -> Tensor:
    """Return ``tensor`` without gaps, in channels-last order where it is in that order already."""
    if tensor.dim() == 4 and tensor.is_contiguous(memory_format=torch.channels_last):
        return tensor
    if tensor.dim() == 5 and tensor.is_contiguous(memory_format=torch.channels_last_3d):
        return tensor
    return tensor.contiguous()


def cast(views: Views, dtype: torch.dtype) -> Views:
    """Return the weights of both passes in another type, that of autocast."""
    ff = View(views.ff.tensor.to(dtype), views.ff.kept)
    return Views(ff, View(views.bp.tensor.to(dtype), views.bp.kept), views.mask)
