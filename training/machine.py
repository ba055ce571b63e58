"""A layer's products as the machine computes them, bit for bit, for training with its arithmetic in the loop.

Operands are rounded to the machine's 16-bit format and accumulate in FP32, slot by slot, as ``heddle.sim.functional``
says; the pruned operand is packed and stands right. Y and dX leave rounded to 16 bits, as memory stores them, dW as
FP32. Which operand stands where is told in ``heddle.dataflow.lowering``, how a convolution becomes matrices in
``heddle.sim.functional.convolution``. Tensors in and out hold FP32 numbers. A depthwise convolution, which the machine
gives to its vector lanes, is computed here as any other: a product for each channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from heddle.arch.design import SparsityConfig
from heddle.arch.errors import HeddleError
from heddle.dataflow.convolution import Geometry
from heddle.sim.functional.convolution import kernel_matrix, phase_kernel, phase_windows, place_phase, windows
from heddle.sim.functional.formats import Bits, Float32
from heddle.training.machine_array import MachineArray
from heddle.training.pass_products import FloatConvolution, FloatLinear, OperandPruning


@dataclass(frozen=True)
class MachineLinear:
    """The products of a linear layer: x [..., in], dy [..., out], weight [out, in].

    ``operand_format`` is fp16 or bf16; HeddleError for any other name.
    """

    operand_format: str

    def __post_init__(self) -> None:
        MachineArray(self.operand_format)

    def operand(self, tensor: Tensor) -> Tensor:
        """Return ``tensor`` as the arithmetic reads it: rounded to 16 bits."""
        return self._array.rounded(tensor)

    def forward(self, x: Tensor, weight: Tensor, kept: SparsityConfig | None) -> Tensor:
        """Return x W^T [..., out]; ``kept`` is the weight's N:M along its input features."""
        y = self._array.multiply(self._rows(x), self._array.bits(weight).T, kept)
        return self._array.stored(y, x.device).reshape(*x.shape[:-1], len(weight))

    def output_like(self, x: Tensor, weight: Tensor) -> Tensor:
        """Return an FP32 tensor of the output's shape."""
        return FloatLinear().forward(x.float(), weight.float(), None)

    def input_gradient(
        self,
        dy: Tensor,
        weight: Tensor,
        x_shape: torch.Size,
        kept: SparsityConfig | None,
        kept_dy: SparsityConfig | None,
    ) -> Tensor:
        """Return dY W of ``x_shape``; ``kept`` is the weight's N:M, ``kept_dy`` dY's, along the output features."""
        dx = _input_gradient(self._array, self._rows(dy), self._array.bits(weight), kept, kept_dy)
        return self._array.stored(dx, dy.device).reshape(x_shape)

    def weight_gradient(
        self, x: Tensor, dy: Tensor, weight_shape: torch.Size, pruning: OperandPruning | None
    ) -> Tensor:
        """Return dY^T X of ``weight_shape``, FP32; ``pruning`` is that of X or of dY, as 16-bit numbers."""
        x_rows, dy_rows = self._rows(x), self._rows(dy)
        if pruning is not None and pruning.operand == "x":
            x_rows = self._array.pruned(x_rows, pruning, x.device)
        elif pruning is not None:
            dy_rows = self._array.pruned(dy_rows, pruning, dy.device)
        dw = _weight_gradient(self._array, x_rows, dy_rows, pruning)
        return _fp32_tensor(dw.T, x.device).reshape(weight_shape)

    @property
    def _array(self) -> MachineArray:
        return MachineArray(self.operand_format)

    def _rows(self, tensor: Tensor) -> Bits:
        return self._array.bits(tensor.reshape(-1, tensor.shape[-1]))


@dataclass(frozen=True)
class MachineConv2d:
    """The products of a convolution: x [B, Cin, H, W], dy [B, Cout, Ho, Wo], weight [Cout, Cin / groups, kh, kw].

    ``stride``, ``padding`` (with zeros, on each side) and ``dilation`` are (rows, columns); ``operand_format`` as in
    ``MachineLinear``. Each group of channels is a product of its own. Where a kernel of several taps meets N:M weights
    or gradients, M must divide the channels of a group, or a group of M would span two taps: HeddleError otherwise.
    """

    operand_format: str
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]
    groups: int

    def __post_init__(self) -> None:
        MachineArray(self.operand_format)

    def operand(self, tensor: Tensor) -> Tensor:
        """Return ``tensor`` as the arithmetic reads it: rounded to 16 bits."""
        return self._array.rounded(tensor)

    def forward(self, x: Tensor, weight: Tensor, kept: SparsityConfig | None) -> Tensor:
        """Return the convolution [B, Cout, Ho, Wo]; ``kept`` is the weight's N:M along its input channels."""
        _check_channels("input", weight.shape[1], weight.shape, kept)
        geometry, maps = self._geometry(weight.shape), self._maps(x)
        seen = self._by_group(windows(maps, geometry), x.shape[1])
        kernels = self._kernels(weight)
        parts = [self._array.multiply(*pair, kept) for pair in zip(seen, map(kernel_matrix, kernels), strict=True)]
        y = np.concatenate(parts, axis=1).reshape(len(x), *geometry.out_size(maps.shape[1:3]), len(weight))
        return self._array.stored(_channels_first(y), x.device)

    def output_like(self, x: Tensor, weight: Tensor) -> Tensor:
        """Return an FP32 tensor of the output's shape."""
        plain = FloatConvolution(self.stride, self.padding, self.dilation, self.groups)
        return plain.forward(x.float(), weight.float(), None).contiguous()

    def input_gradient(
        self,
        dy: Tensor,
        weight: Tensor,
        x_shape: torch.Size,
        kept: SparsityConfig | None,
        kept_dy: SparsityConfig | None,
    ) -> Tensor:
        """Return dX of ``x_shape``; ``kept`` is the weight's N:M, ``kept_dy`` dY's, along the output channels."""
        _check_channels("output", len(weight) // self.groups, weight.shape, kept or kept_dy)
        batch, channels, height, width = x_shape
        maps, kernels = self._maps(dy), self._kernels(weight)
        dx = np.zeros((batch, height, width, channels), np.float32)
        for phase in self._geometry(weight.shape).phases((height, width)):
            met = self._by_group(phase_windows(maps, phase), len(weight))
            parts = [
                _input_gradient(self._array, rows, phase_kernel(kernel, phase), kept, kept_dy)
                for rows, kernel in zip(met, kernels, strict=True)
            ]
            place_phase(np.concatenate(parts, axis=1), phase, dx)
        return self._array.stored(_channels_first(dx), dy.device)

    def weight_gradient(
        self, x: Tensor, dy: Tensor, weight_shape: torch.Size, pruning: OperandPruning | None
    ) -> Tensor:
        """Return dW of ``weight_shape``, FP32; ``pruning`` is that of X's windows or of dY, as 16-bit numbers."""
        out_channels, in_channels, *kernel = weight_shape
        seen = windows(self._maps(x), self._geometry(weight_shape))
        dy_rows = self._maps(dy).reshape(-1, out_channels)
        if pruning is not None and pruning.operand == "x":
            seen = self._pruned_windows(seen, x.shape[1], pruning, x.device)
        elif pruning is not None:
            dy_rows = self._array.pruned(dy_rows, pruning, dy.device)
        by_group = zip(self._by_group(seen, x.shape[1]), np.split(dy_rows, self.groups, axis=1), strict=True)
        parts = [_weight_gradient(self._array, rows, gradients, pruning) for rows, gradients in by_group]
        dw = np.concatenate(parts, axis=1).reshape(*kernel, in_channels, out_channels)
        return _fp32_tensor(dw.transpose(3, 2, 0, 1), x.device)

    @property
    def _array(self) -> MachineArray:
        return MachineArray(self.operand_format)

    def _geometry(self, weight_shape: torch.Size) -> Geometry:
        return Geometry((weight_shape[2], weight_shape[3]), self.stride, self.padding, self.dilation)

    def _maps(self, tensor: Tensor) -> Bits:
        """Patterns [batch, rows, columns, channels] of a tensor [batch, channels, rows, columns]."""
        return self._array.bits(tensor).transpose(0, 2, 3, 1)

    def _kernels(self, weight: Tensor) -> list[Bits]:
        """Each group's weights, [rows, columns, Cin / groups, Cout / groups]."""
        return np.split(self._array.bits(weight).transpose(2, 3, 1, 0), self.groups, axis=3)

    def _by_group(self, matrix: Bits, channels: int) -> list[Bits]:
        """The columns of each group of a ``matrix`` [pixels, taps x channels]."""
        taps = matrix.reshape(len(matrix), -1, channels)
        return [part.reshape(len(matrix), -1) for part in np.split(taps, self.groups, axis=2)]

    def _pruned_windows(self, seen: Bits, channels: int, pruning: OperandPruning, device: torch.device) -> Bits:
        """``seen`` [pixels, taps x channels] pruned; ``pruning`` takes its columns as channels x taps."""
        pixels, columns = seen.shape
        channels_first = seen.reshape(pixels, -1, channels).transpose(0, 2, 1).reshape(pixels, columns)
        pruned = self._array.pruned(channels_first, pruning, device)
        return pruned.reshape(pixels, channels, -1).transpose(0, 2, 1).reshape(pixels, columns)


class _Matmul(torch.autograd.Function):
    """Dense products of two activations, forward and both gradients: ``heddle.dataflow.lowering.matmul_products``."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, operand_format: str) -> Tensor:
        """Return a @ b and keep both for the gradients."""
        ctx.save_for_backward(a, b)
        ctx.array = MachineArray(operand_format)
        return _batched_product(ctx.array, a, b)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        """Return dY B^T and A^T dY, those that are needed."""
        a, b = ctx.saved_tensors
        da = _batched_product(ctx.array, dy, b.mT) if ctx.needs_input_grad[0] else None
        db = _batched_product(ctx.array, a.mT, dy) if ctx.needs_input_grad[1] else None
        return da, db, None


def machine_matmul(a: Tensor, b: Tensor, operand_format: str) -> Tensor:
    """Return ``a`` [..., m, k] @ ``b`` [..., k, n], rounded to 16 bits, as are the gradients of both.

    The leading dimensions are the same: one product each. Raises HeddleError for other shapes or an unknown format.
    """
    if a.dim() < 2 or b.dim() < 2 or a.shape[:-2] != b.shape[:-2] or a.shape[-1] != b.shape[-2]:
        raise HeddleError(f"shapes {tuple(a.shape)} and {tuple(b.shape)} do not fit [..., m, k] and [..., k, n]")
    product: Tensor = _Matmul.apply(a, b, operand_format)  # type: ignore[no-untyped-call]
    return product


def _batched_product(array: MachineArray, a: Tensor, b: Tensor) -> Tensor:
    left, right = (array.bits(tensor.reshape(-1, *tensor.shape[-2:])) for tensor in (a, b))
    y = array.stored(array.multiply_each(left, right), a.device)
    return y.reshape(*a.shape[:-1], b.shape[-1])


def _input_gradient(
    array: MachineArray, dy: Bits, kernel: Bits, kept: SparsityConfig | None, kept_dy: SparsityConfig | None
) -> Float32:
    """``dy`` [pixels, k] @ ``kernel`` [k, Cin]; turned round where ``dy`` is the packed operand."""
    if kept_dy is None:
        return array.multiply(dy, kernel, kept)
    return array.multiply(kernel.T, dy.T, kept_dy).T


def _weight_gradient(array: MachineArray, x: Bits, dy: Bits, pruning: OperandPruning | None) -> Float32:
    """The transpose of ``x`` [pixels, k], times ``dy`` [pixels, Cout]; turned round where ``x`` is the packed one."""
    if pruning is not None and pruning.operand == "x":
        return array.multiply(dy.T, x, pruning.sparsity).T
    return array.multiply(x.T, dy, pruning.sparsity if pruning is not None else None)


def _check_channels(side: str, channels: int, weight_shape: torch.Size, kept: SparsityConfig | None) -> None:
    if kept is not None and channels % kept.m and weight_shape[2:] != (1, 1):
        raise HeddleError(
            f"{side} channels: groups of M = {kept.m} along {channels} of them would span two taps of the kernel; "
            "leave the convolution dense"
        )


def _channels_first(maps: Float32) -> Float32:
    return np.ascontiguousarray(maps.transpose(0, 3, 1, 2))


def _fp32_tensor(values: Float32, device: torch.device) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values)).to(device)
