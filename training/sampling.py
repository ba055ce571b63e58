"""Pruning without bias: N of every M drawn with probability by magnitude, and rescaled so that the mean is exact.

An element is kept with probability p and then divided by p. Of all designs that keep N of M on average, the variance is
least for p proportional to |x|, cut at 1 (what is above is certain, and the rest share what is left): that is the
minimum-variance unbiased estimator of Chmiel et al. 2022 ("Minimum Variance Unbiased N:M Sparsity for the Neural
Gradients"). Systematic sampling keeps exactly N: the probabilities are laid end to end on a line of length N, and one
draw in [0, 1) marks every point that it and whole numbers lie on (Madow 1949).
"""

from __future__ import annotations

import torch
from torch import Tensor

from heddle.training.masks import KeepRatio, filled, grouped

_BEYOND_FP32 = 1e300


def keep_probabilities(magnitudes: Tensor, n: int) -> Tensor:
    """Return probabilities [..., M] proportional to ``magnitudes``, at most 1, that sum to ``n``.

    Where a group has fewer than ``n`` non-zeros those are certain, and the sum is their number.
    """
    certain = torch.zeros_like(magnitudes, dtype=torch.bool)
    probabilities = magnitudes
    for _ in range(n + 1):  # each round makes at least one more element certain, or ends
        room = n - certain.sum(-1, keepdim=True)
        rest = torch.where(certain, 0, magnitudes)
        total = rest.sum(-1, keepdim=True)
        share = torch.where(total > 0, rest * (room / torch.where(total > 0, total, 1)), 0)
        probabilities = torch.where(certain, 1, share)
        newly = (probabilities >= 1) & ~certain & (magnitudes > 0)
        if not bool(newly.any()):
            break
        certain = certain | newly
    return probabilities.clamp(max=1)


def sample_n(tensor: Tensor, sparsity: KeepRatio, axis: int, generator: torch.Generator) -> Tensor:
    """Return ``tensor`` with N of every M along ``axis`` drawn and rescaled; its expectation is ``tensor``.

    ``generator`` is a CPU generator, so that a draw is the same on every device. A partial last group of r elements
    keeps min(N, r).
    """
    groups = grouped(filled(tensor, sparsity.m, axis), sparsity.m, axis)
    # An infinity or a NaN is certain to be kept: whoever looks for an overflow must find it.
    magnitudes = groups.abs().to(torch.float64).nan_to_num(nan=_BEYOND_FP32, posinf=_BEYOND_FP32)
    chances = keep_probabilities(magnitudes, sparsity.n)
    draw = torch.rand(groups.shape[:-1], generator=generator, dtype=torch.float64).to(tensor.device).unsqueeze(-1)
    # Each interval begins where the one before ends, so that their marks can never be more than N together.
    marks = torch.ceil(chances.cumsum(-1).clamp(max=sparsity.n) - draw)
    kept = marks.diff(dim=-1, prepend=torch.ceil(-draw)) > 0
    values = torch.where(kept, groups / torch.where(chances > 0, chances, 1), 0).to(tensor.dtype)
    return values.flatten(-2).movedim(-1, axis).narrow(axis, 0, tensor.shape[axis])
