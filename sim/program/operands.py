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
    """Yield the elements of a map in their order: small gradients of either sign, or activations after a ReLU.

    A map that is another one's numbers transposed is drawn as that one, and each image turned.
    """
    if tensor.transposed_of:
        yield from _transposed_map(tensor, seed, operand, is_gradient)
        return
    rng = _normal(seed, tensor.name)
    elements = tensor.nbytes // tensor.element_bytes
    for start in range(0, elements, _ELEMENTS_AT_ONCE):
        yield _drawn(rng, min(_ELEMENTS_AT_ONCE, elements - start), operand, is_gradient)


def _transposed_map(tensor: MapTensor, seed: int, operand: FloatFormat, is_gradient: bool) -> Iterator[Bits]:
    """The elements of a map that another one's are, some images at a time: at least one."""
    rng, of_image = _normal(seed, tensor.transposed_of), tensor.width * tensor.channels
    at_once = max(1, _ELEMENTS_AT_ONCE // of_image)
    for start in range(0, tensor.images, at_once):
        images = min(at_once, tensor.images - start)
        drawn = _drawn(rng, images * of_image, operand, is_gradient)
        yield drawn.reshape(images, tensor.channels, tensor.width).swapaxes(1, 2).reshape(-1)


def _drawn(rng: np.random.Generator, elements: int, operand: FloatFormat, is_gradient: bool) -> Bits:
    numbers = rng.standard_normal(elements, np.float32)
    return from_float32(numbers * _GRADIENT_SCALE if is_gradient else np.maximum(numbers, 0), operand)


def _normal(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(name.encode())])
