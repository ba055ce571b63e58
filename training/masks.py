"""Top-N-of-M masks of tensors: the definition of ``heddle.arch.nm``, on any device and for any M.

On the CPU the masks are ``heddle.arch.nm.mask``'s own. On other devices, and for groups longer than the machine knows
(a recipe that narrows its groups as it trains), the same order of elements is made in PyTorch.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from heddle.arch import nm
from heddle.arch.design import GROUP_SIZES
from heddle.arch.errors import HeddleError

#: The bits of an FP32 number below its sign: read as an integer they order magnitudes, a NaN above infinity.
MAGNITUDE_MASK = 0x7FFF_FFFF
_WIDEST_COMPARED = 32


class KeepRatio(Protocol):
    """N of every M: a ``SparsityConfig``, or a ``Frame`` of a recipe that narrows its groups."""

    @property
    def n(self) -> int:
        """Elements kept of a group."""

    @property
    def m(self) -> int:
        """Elements of a group."""


def top_n_mask(tensor: Tensor, sparsity: KeepRatio, axis: int) -> Tensor:
    """Return which elements of ``tensor`` are the N of every M along ``axis`` with the largest magnitude.

    Ties go to the lower index. Magnitudes are compared as FP32. Raises HeddleError where M does not divide the axis.
    """
    if tensor.shape[axis] % sparsity.m:
        shape = tuple(tensor.shape)
        raise HeddleError(
            f"axis {axis} of shape {shape} has {shape[axis]} elements, which M = {sparsity.m} does not divide"
        )
    values = tensor.detach().to(torch.float32)
    if values.device.type == "cpu" and sparsity.m in GROUP_SIZES:
        return torch.from_numpy(nm.mask(values.numpy(), sparsity.n, sparsity.m, axis))
    return ranked_mask(values, sparsity, axis)


def ranked_mask(values: Tensor, sparsity: KeepRatio, axis: int) -> Tensor:
    """Return ``top_n_mask`` of FP32 ``values`` by operations that every device has."""
    groups = grouped(values, sparsity.m, axis)
    magnitude = groups.contiguous().view(torch.int32) & MAGNITUDE_MASK
    mask = _ranks(magnitude) < sparsity.n if sparsity.m <= _WIDEST_COMPARED else _sorted(magnitude, sparsity)
    return mask.flatten(-2).movedim(-1, axis)


def _ranks(magnitude: Tensor) -> Tensor:
    """How many of its group [..., M] stand before each element: the larger ones, and equal ones of a lower index.

    M comparisons of whole tensors: sorting many short groups is what a GPU is slow at.
    """
    ranks = torch.zeros(magnitude.shape, dtype=torch.uint8, device=magnitude.device)
    for place in range(magnitude.shape[-1]):
        rival = magnitude[..., place : place + 1]
        ranks[..., :place] += rival > magnitude[..., :place]
        ranks[..., place + 1 :] += rival >= magnitude[..., place + 1 :]
    return ranks


def _sorted(magnitude: Tensor, sparsity: KeepRatio) -> Tensor:
    """The mask of groups that are too long to compare all pairs."""
    preference = torch.arange(sparsity.m - 1, -1, -1, device=magnitude.device)
    kept = (magnitude.to(torch.int64) * sparsity.m + preference).topk(sparsity.n, dim=-1).indices
    return torch.zeros(magnitude.shape, dtype=torch.bool, device=magnitude.device).scatter_(-1, kept, True)


def top_n(tensor: Tensor, sparsity: KeepRatio, axis: int) -> Tensor:
    """Return ``tensor`` with zeros where ``top_n_mask`` does not keep it; a partial last group of r keeps min(N, r)."""
    whole = filled(tensor, sparsity.m, axis)
    mask = top_n_mask(whole, sparsity, axis).narrow(axis, 0, tensor.shape[axis])
    return masked(tensor, mask)


def filled(tensor: Tensor, m: int, axis: int) -> Tensor:
    """Return ``tensor`` with zeros behind it, up to whole groups of ``m`` along ``axis``: they lose every tie."""
    missing = -tensor.shape[axis] % m
    if not missing:
        return tensor
    shape = list(tensor.shape)
    shape[axis] = missing
    return torch.cat((tensor, tensor.new_zeros(shape)), dim=axis)


def grouped(tensor: Tensor, m: int, axis: int) -> Tensor:
    """Return ``tensor`` as [..., groups, M], its ``axis`` moved last; M divides it."""
    last = tensor.movedim(axis, -1)
    return last.reshape(*last.shape[:-1], -1, m)


def masked(tensor: Tensor, mask: Tensor) -> Tensor:
    """Return ``tensor`` with +0 where ``mask`` is False, whatever stood there (an infinity, too)."""
    return torch.where(mask, tensor, torch.zeros((), dtype=tensor.dtype, device=tensor.device))


def in_order_of(tensor: Tensor, like: Tensor) -> Tensor:
    """Return ``tensor`` with its elements in memory as those of ``like``, which has its shape: channels last, too."""
    if tensor.stride() == torch.empty_like(like, device="meta").stride():
        return tensor
    return torch.empty_like(like, dtype=tensor.dtype).copy_(tensor)
