"""A layer's products by their definition, one multiply-add at a time, in the machine's order; nothing of it is shared.

Every output is a chain of FP32 multiply-adds over k, which stands for (tap, channel) or for the pixel. Of the sparse
operand each group of M along k contributes only the N elements that are kept of it. What lies outside a map is zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from torch import Tensor

Ratio = tuple[int, int]
Terms = list[tuple[np.float32, np.float32]]

_CANONICAL_NAN = np.uint32(0x7FC0_0000).view(np.float32)


def rounded(tensor: Tensor, operand: str) -> Tensor:
    """The tensor rounded to 16 bits, by PyTorch's own conversions, its NaNs canonical."""
    found = tensor.detach().to(torch.float16 if operand == "fp16" else torch.bfloat16).to(torch.float32)
    return torch.where(found.isnan(), torch.nan, found)


def kept(column: list[np.float32], ratio: Ratio | None) -> list[int]:
    """Which elements of a reduction are multiplied: all, or the N of every M that are largest, ties to the lower."""
    if ratio is None:
        return list(range(len(column)))
    n, m = ratio
    found = []
    for first in range(0, len(column), m):
        group = range(first, min(first + m, len(column)))
        found += sorted(sorted(group, key=lambda k: (-abs(column[k]), k))[:n])
    return found


def chain(terms: Terms, sparse: int | None, ratio: Ratio | None) -> np.float32:
    """The sum of the products of ``terms``, of which operand ``sparse`` is N:M."""
    total = np.float32(0)
    with np.errstate(all="ignore"):
        for k in kept([pair[sparse or 0] for pair in terms], ratio if sparse is not None else None):
            total = np.float32(total + np.float32(terms[k][0] * terms[k][1]))
    return _CANONICAL_NAN if np.isnan(total) else total


def matrix_product(left: Tensor, right: Tensor, sparse: int | None = None, ratio: Ratio | None = None) -> Tensor:
    """left [m, k] @ right [k, n]; ``sparse`` is 0 where the left operand is N:M along k, and 1 where the right one."""
    rows, columns = list(left.numpy()), list(right.numpy().T)
    sums = [[chain(list(zip(row, column, strict=True)), sparse, ratio) for column in columns] for row in rows]
    return torch.tensor(np.array(sums, np.float32).reshape(len(rows), len(columns)))


@dataclass(frozen=True)
class NaiveConvolution:
    """A convolution of operands that are 16-bit numbers already."""

    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]
    groups: int

    def forward(self, x: Tensor, weight: Tensor, out_size: tuple[int, int], ratio: Ratio | None) -> Tensor:
        """FF, FP32: k rises by tap row, tap column, channel."""
        y = np.zeros((len(x), len(weight), *out_size), np.float32)
        maps, kernel = x.numpy(), weight.numpy()
        channels = weight.shape[1]
        for b, o, out_y, out_x in np.ndindex(y.shape):
            first = o // (len(weight) // self.groups) * channels
            terms = [
                (
                    self._at(maps, b, first + c, self._met(out_y, tap_y, 0), self._met(out_x, tap_x, 1)),
                    kernel[o, c, tap_y, tap_x],
                )
                for tap_y, tap_x, c in product(range(kernel.shape[2]), range(kernel.shape[3]), range(channels))
            ]
            y[b, o, out_y, out_x] = chain(terms, 1, ratio)
        return torch.tensor(y)

    def input_gradient(
        self, dy: Tensor, weight: Tensor, x_shape: torch.Size, sparse: int | None, ratio: Ratio | None
    ) -> Tensor:
        """BP, FP32: taps fall by row and column, k rises by channel; ``sparse`` 0 is dY, 1 the weight."""
        dx = np.zeros(tuple(x_shape), np.float32)
        maps, kernel = dy.numpy(), weight.numpy()
        out_channels = len(weight) // self.groups
        for b, c, y, x in np.ndindex(dx.shape):
            group, within = divmod(c, weight.shape[1])
            terms = [
                (self._at(maps, b, o, out_y, out_x), kernel[o, within, tap_y, tap_x])
                for tap_y, out_y in self._meetings(y, kernel.shape[2], 0)
                for tap_x, out_x in self._meetings(x, kernel.shape[3], 1)
                for o in range(group * out_channels, (group + 1) * out_channels)
            ]
            dx[b, c, y, x] = chain(terms, sparse, ratio)
        return torch.tensor(dx)

    def weight_gradient(
        self, x: Tensor, dy: Tensor, weight_shape: torch.Size, sparse: int | None, ratio: Ratio | None
    ) -> Tensor:
        """WU, FP32: k is the output pixel, by sample, row and column; ``sparse`` 0 is X, 1 dY."""
        dw = np.zeros(tuple(weight_shape), np.float32)
        maps, gradients = x.numpy(), dy.numpy()
        for o, c, tap_y, tap_x in np.ndindex(dw.shape):
            channel = o // (weight_shape[0] // self.groups) * weight_shape[1] + c
            terms = [
                (
                    self._at(maps, b, channel, self._met(out_y, tap_y, 0), self._met(out_x, tap_x, 1)),
                    gradients[b, o, out_y, out_x],
                )
                for b, out_y, out_x in product(range(len(dy)), range(dy.shape[2]), range(dy.shape[3]))
            ]
            dw[o, c, tap_y, tap_x] = chain(terms, sparse, ratio)
        return torch.tensor(dw)

    def _met(self, out: int, tap: int, axis: int) -> int:
        """The input position that an output position meets through a tap."""
        return out * self.stride[axis] + tap * self.dilation[axis] - self.padding[axis]

    def _meetings(self, position: int, taps: int, axis: int) -> Iterable[tuple[int, int]]:
        """The taps through which an input position meets an output position, of a map without end, and that one."""
        for tap in reversed(range(taps)):
            distance = position + self.padding[axis] - tap * self.dilation[axis]
            if distance % self.stride[axis] == 0:
                yield tap, distance // self.stride[axis]

    @staticmethod
    def _at(maps: np.ndarray, b: int, c: int, y: int, x: int) -> np.float32:
        inside = 0 <= y < maps.shape[2] and 0 <= x < maps.shape[3]
        return maps[b, c, y, x] if inside else np.float32(0)
