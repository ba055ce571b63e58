"""Operands to run a program on: drawn ones, and the weights of a program from where they come.

The same seed gives the same bytes of a tensor, whatever else the program has.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from heddle.arch.formats import FloatFormat
from heddle.dataflow.program.layer_products import KernelTaps, LayerMaps
from heddle.dataflow.program.tensors import MapTensor
from heddle.dataflow.step_items import Pass
from heddle.sim.functional.formats import Bits, from_float32

#: Elements of a map that are drawn at once.
_ELEMENTS_AT_ONCE = 1 << 24
#: Gradients are small beside activations; a power of two keeps their bits as random.
_GRADIENT_SCALE = np.float32(2**-6)


class Weights(Protocol):
    """Where a program's weights come from."""

    def kernel(self, maps: LayerMaps, pass_name: Pass) -> Bits:
        """Return a layer's weights [groups, kernel rows, kernel columns, reduced channels, columns] of FF or BP."""


@dataclass(frozen=True)
class DrawnWeights:
    """Weights at the scale of He et al. (2015), drawn by ``seed``: FF and BP of a layer have the same ones."""

    seed: int
    operand: FloatFormat

    def kernel(self, maps: LayerMaps, pass_name: Pass) -> Bits:
        """Return the weights, not pruned: a program keeps what it keeps of them. Shared weights are drawn once."""
        shape = maps.shape
        name = f"{maps.layer.weight_of or maps.layer.name}.weight"
        numbers = _normal(self.seed, name).standard_normal(
            (shape.groups, *shape.kernel, shape.in_channels, shape.out_channels), np.float32
        )
        scale = np.float32(np.sqrt(2 / (shape.taps * shape.in_channels)))
        forward = from_float32(numbers * scale, self.operand)
        return forward if pass_name == "ff" else forward.swapaxes(3, 4)


def product_weights(kernel: Bits, taps: KernelTaps) -> Bits:
    """Return the weights [taps, channels, columns] of a product, of a layer's ``kernel`` (``Weights.kernel``)."""
    return np.stack([kernel[taps.group][tap] for tap in taps.taps])


def drawn_map(tensor: MapTensor, seed: int, operand: FloatFormat, is_gradient: bool) -> Iterator[Bits]:
    """Yield the elements of a map in their order: small gradients of either sign, or activations after a ReLU."""
    rng = _normal(seed, tensor.name)
    elements = tensor.nbytes // tensor.element_bytes
    for start in range(0, elements, _ELEMENTS_AT_ONCE):
        numbers = rng.standard_normal(min(_ELEMENTS_AT_ONCE, elements - start), np.float32)
        yield from_float32(numbers * _GRADIENT_SCALE if is_gradient else np.maximum(numbers, 0), operand)


def _normal(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(name.encode())])
