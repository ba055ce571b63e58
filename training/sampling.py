"""Pruning without bias: N of every M drawn with probability by magnitude, and rescaled so that the mean is exact.

An element is kept with probability p and then divided by p. Of all designs that keep N of M on average, the variance is
least for p proportional to |x|, cut at 1 (what is above is certain, and the rest share what is left): that is the
minimum-variance unbiased estimator of Chmiel et al. 2022 ("Minimum Variance Unbiased N:M Sparsity for the Neural
Gradients"). Systematic sampling keeps exactly N: the probabilities are laid end to end on a line of length N, and one
draw in [0, 1) marks every point that it and whole numbers lie on (Madow 1949).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from heddle.training.draws import uniforms
from heddle.training.masks import KeepRatio, filled, grouped
from heddle.training.sampling_kernel import BEYOND_FP32, draw_groups


def keep_probabilities(magnitudes: Tensor, n: int) -> Tensor:
    """Return probabilities [..., M] proportional to ``magnitudes``, at most 1, that sum to ``n``.

    Where a group has fewer than ``n`` non-zeros those are certain, and the sum is their number.
    """
    certain = torch.zeros_like(magnitudes, dtype=torch.bool)
    probabilities = magnitudes
    for _ in range(n + 1):  # each round makes at least one more element certain, or changes nothing
        room = n - certain.sum(-1, keepdim=True)
        rest = torch.where(certain, 0, magnitudes)
        total = rest.sum(-1, keepdim=True)
        share = torch.where(total > 0, rest * (room / torch.where(total > 0, total, 1)), 0)
        probabilities = torch.where(certain, 1, share)
        certain = certain | ((probabilities >= 1) & (magnitudes > 0))
    return probabilities.clamp(max=1)


def sample_n(tensor: Tensor, sparsity: KeepRatio, axis: int, generator: torch.Generator) -> Tensor:
    """Return ``tensor`` with N of every M along ``axis`` drawn and rescaled; its expectation is ``tensor``.

    ``generator`` is one of the CPU, and a draw is the same on every device. A partial last group of r elements keeps
    min(N, r).
    """
    whole = filled(tensor, sparsity.m, axis)
    drawn = (_drawn_by_kernel if tensor.device.type == "cpu" else drawn_by_operations)(whole, sparsity, axis, generator)
    return drawn.narrow(axis, 0, tensor.shape[axis])


def drawn_by_operations(whole: Tensor, sparsity: KeepRatio, axis: int, generator: torch.Generator) -> Tensor:
    """Return ``sample_n`` of whole groups by operations that every device has, without waiting for a result."""
    groups = grouped(whole, sparsity.m, axis)
    magnitudes = groups.abs().to(torch.float64).nan_to_num(nan=BEYOND_FP32, posinf=BEYOND_FP32)
    chances = keep_probabilities(magnitudes, sparsity.n)
    draw = _draws(whole, sparsity, axis, generator).movedim(axis, -1).unsqueeze(-1)
    # Each interval begins where the one before ends, so that their marks can never be more than N together.
    marks = torch.ceil(chances.cumsum(-1).clamp(max=sparsity.n) - draw)
    kept = marks.diff(dim=-1, prepend=torch.ceil(-draw)) > 0
    values = torch.where(kept, groups / torch.where(chances > 0, chances, 1), 0).to(whole.dtype)
    return values.flatten(-2).movedim(-1, axis)


def _drawn_by_kernel(whole: Tensor, sparsity: KeepRatio, axis: int, generator: torch.Generator) -> Tensor:
    values = whole.detach().contiguous()
    if values.dtype not in (torch.float32, torch.float64):
        values = values.to(torch.float64)
    drawn = torch.empty_like(values)
    inner = math.prod(whole.shape[axis % whole.dim() + 1 :])
    draws = _draws(whole, sparsity, axis, generator)
    draw_groups(values.view(-1).numpy(), draws.view(-1).numpy(), sparsity.n, sparsity.m, inner, drawn.view(-1).numpy())
    return drawn.to(whole.dtype)


def _draws(whole: Tensor, sparsity: KeepRatio, axis: int, generator: torch.Generator) -> Tensor:
    """A number for each group of ``whole``, in its shape with groups in the place of elements."""
    shape = list(whole.shape)
    shape[axis] //= sparsity.m
    return uniforms(torch.Size(shape), generator, whole.device)
