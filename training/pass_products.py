"""The three products of a weighted layer, in PyTorch's floating point.

FF makes the output of the input and the weight, BP the input's gradient, WU the weight's. A layer calls each with the
operands already pruned; ``heddle.training.machine`` computes the same three as the accelerator does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from heddle.arch.design import SparsityConfig


@dataclass(frozen=True)
class OperandPruning:
    """The pruned operand of WU.

    ``prune`` takes [pixels, columns] and returns it with N of every M consecutive rows kept in each column, zeros
    elsewhere; a partial last group of r rows keeps min(N, r). X is pruned as the product reads it, spread over the taps
    of a convolution: [pixels, channels x taps].
    """

    operand: Literal["x", "dy"]
    sparsity: SparsityConfig
    prune: Callable[[Tensor], Tensor]


class Products(Protocol):
    """FF, BP and WU of a layer.

    Linear: x [..., in], dy [..., out], weight [out, in]. Convolution: x [batch, in, *map], dy [batch, out, *map],
    weight [out, in / groups, *kernel]. Pixels count as (batch, y, x).
    """

    def operand(self, tensor: Tensor) -> Tensor:
        """Return the tensor as the arithmetic reads it: rounded, where it is narrower than FP32."""

    def forward(self, x: Tensor, weight: Tensor, kept: SparsityConfig | None) -> Tensor:
        """Return the output, without bias; ``kept`` is the weight's N:M along input channels, None for dense."""

    def output_like(self, x: Tensor, weight: Tensor) -> Tensor:
        """Return a tensor of the output's shape, type and order in memory, for a compiler's graph."""

    def input_gradient(
        self,
        dy: Tensor,
        weight: Tensor,
        x_shape: torch.Size,
        kept: SparsityConfig | None,
        kept_dy: SparsityConfig | None,
    ) -> Tensor:
        """Return the input's gradient; one of ``weight`` and ``dy`` may be N:M along output channels."""

    def weight_gradient(
        self, x: Tensor, dy: Tensor, weight_shape: torch.Size, pruning: OperandPruning | None
    ) -> Tensor:
        """Return the weight's gradient, with an operand pruned along pixels where ``pruning`` says so."""


@dataclass(frozen=True)
class FloatLinear:
    """A linear layer in the tensors' own floating point. N:M operands are multiplied with their zeros."""

    def operand(self, tensor: Tensor) -> Tensor:
        """Return the tensor itself."""
        return tensor

    def forward(self, x: Tensor, weight: Tensor, kept: SparsityConfig | None) -> Tensor:
        """Return x . weight^T."""
        return functional.linear(x, weight)

    def output_like(self, x: Tensor, weight: Tensor) -> Tensor:
        """Return the output as ``forward`` makes it."""
        return functional.linear(x, weight)

    def input_gradient(
        self,
        dy: Tensor,
        weight: Tensor,
        x_shape: torch.Size,
        kept: SparsityConfig | None,
        kept_dy: SparsityConfig | None,
    ) -> Tensor:
        """Return dy . weight."""
        return (dy @ weight).reshape(x_shape)

    def weight_gradient(
        self, x: Tensor, dy: Tensor, weight_shape: torch.Size, pruning: OperandPruning | None
    ) -> Tensor:
        """Return dy^T . x, over all rows."""
        x_rows, dy_rows = x.reshape(-1, weight_shape[1]), dy.reshape(-1, weight_shape[0])
        if pruning is not None and pruning.operand == "x":
            x_rows = pruning.prune(x_rows)
        elif pruning is not None:
            dy_rows = pruning.prune(dy_rows)
        return dy_rows.T @ x_rows


@dataclass(frozen=True)
class FloatConvolution:
    """A convolution of any number of dimensions in the tensors' own floating point; padding is with zeros."""

    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int

    def operand(self, tensor: Tensor) -> Tensor:
        """Return the tensor itself."""
        return tensor

    def forward(self, x: Tensor, weight: Tensor, kept: SparsityConfig | None) -> Tensor:
        """Return the convolution of ``x`` by ``weight``."""
        return torch.convolution(
            x, weight, None, self.stride, self.padding, self.dilation, False, self._no_output_padding, self.groups
        )

    def output_like(self, x: Tensor, weight: Tensor) -> Tensor:
        """Return the output as ``forward`` makes it."""
        return self.forward(x, weight, None)

    def input_gradient(
        self,
        dy: Tensor,
        weight: Tensor,
        x_shape: torch.Size,
        kept: SparsityConfig | None,
        kept_dy: SparsityConfig | None,
    ) -> Tensor:
        """Return the transposed convolution of ``dy`` by ``weight``, channels last where ``dy`` is."""
        # The result's order in memory is that of either operand, and the stand-in for x has none.
        weight = weight.to(memory_format=_order(dy))
        return self._backward(dy, _stand_in(dy, x_shape), weight, (True, False, False))[0]

    def weight_gradient(
        self, x: Tensor, dy: Tensor, weight_shape: torch.Size, pruning: OperandPruning | None
    ) -> Tensor:
        """Return the correlation of ``x`` and ``dy``."""
        if pruning is not None and pruning.operand == "x":
            return self._from_patches(pruning.prune(self._patches(x, weight_shape)), dy, weight_shape)
        if pruning is not None:
            dy = pixels_apart(pruning.prune(pixel_rows(dy)), dy.shape)
        return self._backward(dy, x, _stand_in(x, weight_shape), (False, True, False))[1]

    @property
    def _no_output_padding(self) -> tuple[int, ...]:
        return (0,) * len(self.stride)

    def _backward(self, dy: Tensor, x: Tensor, weight: Tensor, wanted: Sequence[bool]) -> tuple[Tensor, ...]:
        gradients: tuple[Tensor, ...] = torch.ops.aten.convolution_backward(
            dy,
            x,
            weight,
            None,
            self.stride,
            self.padding,
            self.dilation,
            False,
            self._no_output_padding,
            self.groups,
            wanted,
        )
        return gradients

    def _patches(self, x: Tensor, weight_shape: torch.Size) -> Tensor:
        """``x`` as [output pixels, channels x taps]: the window of each output pixel."""
        kernel = weight_shape[2:]
        sides = [side for padding in reversed(self.padding) for side in (padding, padding)]
        maps = functional.pad(x, sides).contiguous()
        batch_stride, channel_stride, *steps = maps.stride()
        sizes = [
            (side - dilation * (taps - 1) - 1) // stride + 1
            for side, taps, stride, dilation in zip(maps.shape[2:], kernel, self.stride, self.dilation, strict=True)
        ]
        windows = maps.as_strided(
            (maps.shape[0], *sizes, maps.shape[1], *kernel),
            (
                batch_stride,
                *(step * stride for step, stride in zip(steps, self.stride, strict=True)),
                channel_stride,
                *(step * dilation for step, dilation in zip(steps, self.dilation, strict=True)),
            ),
        )
        return windows.reshape(maps.shape[0] * math.prod(sizes), maps.shape[1] * math.prod(kernel))

    def _from_patches(self, patches: Tensor, dy: Tensor, weight_shape: torch.Size) -> Tensor:
        """DW of each group: its output channels' gradients times its channels' patches."""
        by_group = zip(pixel_rows(dy).chunk(self.groups, 1), patches.chunk(self.groups, 1), strict=True)
        return torch.cat([dy_rows.T @ rows for dy_rows, rows in by_group]).reshape(weight_shape)


def pixel_rows(maps: Tensor) -> Tensor:
    """Return ``maps`` [batch, channels, *map] as [pixels, channels]."""
    return maps.movedim(1, -1).flatten(0, -2)


def pixels_apart(rows: Tensor, shape: torch.Size) -> Tensor:
    """Return what ``pixel_rows`` made of maps of ``shape`` as maps again."""
    batch, channels, *sides = shape
    return rows.reshape(batch, *sides, channels).movedim(-1, 1).contiguous()


def _order(maps: Tensor) -> torch.memory_format:
    """Channels last where ``maps`` are, or whatever order a tensor has."""
    if not maps.is_contiguous():
        for dimensions, order in ((4, torch.channels_last), (5, torch.channels_last_3d)):
            if maps.dim() == dimensions and maps.is_contiguous(memory_format=order):
                return order
    return torch.preserve_format


def _stand_in(like: Tensor, shape: torch.Size) -> Tensor:
    """A tensor of ``shape`` that takes no memory, for an operand of which only the shape is looked at."""
    return like.new_empty(1).expand(shape)
