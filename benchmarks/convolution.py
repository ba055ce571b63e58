"""A 3 x 3 convolution's training data, its three products as matrices, and the same results without any matrices.

Tensors are channels-last: x [batch, height, width, Cin], y and its gradient [batch, height, width, Cout], weights
[3, 3, Cin, Cout]; stride 1, zero padding. Operands are FP16; the direct convolutions are float64 and serve as the
independent check that the products were set up rightly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from heddle.arch import nm
from heddle.dataflow.convolution import Geometry
from heddle.dataflow.network import ConvLayer
from heddle.sim.functional.convolution import kernel_matrix, phase_kernel, phase_windows, windows

Half = npt.NDArray[np.float16]
Double = npt.NDArray[np.float64]

KERNEL = 3
GEOMETRY = Geometry((KERNEL, KERNEL), padding=(1, 1))
#: Standard deviation of the output's gradient. FP16's normal numbers begin at 2^-14, so a fifth of it is subnormal.
GRADIENT_SCALE = 2.0**-12


@dataclass(frozen=True)
class LayerData:
    """What a training step knows of the layer: ``x`` after a ReLU, dense ``weights``, ``gradient`` of the output."""

    x: Half
    weights: Half
    gradient: Half


def draw_layer(layer: ConvLayer, batch: int, seed: int) -> LayerData:
    """Return data at a trained net's scale: x = max(N(0, 1), 0), weights N(0, 2 / fan-in) (He et al. 2015)."""
    rng = np.random.default_rng(seed)
    pixels = (batch, layer.in_height, layer.in_width)
    fan_in = KERNEL * KERNEL * layer.in_channels
    weights = rng.standard_normal((KERNEL, KERNEL, layer.in_channels, layer.out_channels)) * np.sqrt(2 / fan_in)
    return LayerData(
        np.maximum(rng.standard_normal((*pixels, layer.in_channels)), 0).astype(np.float16),
        weights.astype(np.float16),
        (rng.standard_normal((*pixels, layer.out_channels)) * GRADIENT_SCALE).astype(np.float16),
    )


@dataclass(frozen=True)
class Gemm:
    """A product as the array gets it: ``left`` [m, k], dense ``right`` [k, n], of which N:M is kept along k."""

    left: Half
    right: Half


def forward_gemm(data: LayerData) -> Gemm:
    """FF: a window of x for each output pixel, times the weights."""
    return Gemm(windows(data.x, GEOMETRY), kernel_matrix(data.weights))


def backward_gemm(data: LayerData) -> Gemm:
    """BP: a window of the gradient for each input pixel, times the weights; at stride 1 there is one phase."""
    (phase,) = GEOMETRY.phases((data.x.shape[1], data.x.shape[2]))
    return Gemm(phase_windows(data.gradient, phase), phase_kernel(data.weights, phase))


def weight_gradient_gemm(data: LayerData) -> Gemm:
    """WU: the windows of x, turned round, times the gradient."""
    turned = np.ascontiguousarray(windows(data.x, GEOMETRY).T)
    return Gemm(turned, data.gradient.reshape(-1, data.gradient.shape[-1]))


def pruned(weights: Half, n: int, m: int, channels: int) -> Half:
    """Return ``weights`` with N of every M kept along axis ``channels``, zeros elsewhere."""
    return np.where(nm.mask(weights, n, m, axis=channels), weights, np.float16(0))


def forward(x: npt.ArrayLike, weights: npt.ArrayLike) -> Double:
    """Return the convolution of ``x`` by its definition, a tap at a time, as rows of [pixels, Cout]."""
    maps, kernel = np.asarray(x, np.float64), np.asarray(weights, np.float64)
    total = sum(seen @ kernel[row, col] for row, col, seen in _seen_by_taps(maps))
    return np.asarray(total).reshape(-1, kernel.shape[-1])


def input_gradient(gradient: npt.ArrayLike, weights: npt.ArrayLike) -> Double:
    """Return what each output pixel's gradient adds to the inputs that it was made from: [pixels, Cin]."""
    maps, kernel = np.asarray(gradient, np.float64), np.asarray(weights, np.float64)
    batch, height, width, _ = maps.shape
    spread = np.zeros((batch, height + KERNEL - 1, width + KERNEL - 1, kernel.shape[2]))
    for row in range(KERNEL):
        for col in range(KERNEL):
            spread[:, row : row + height, col : col + width] += maps @ kernel[row, col].T
    return spread[:, 1:-1, 1:-1].reshape(-1, kernel.shape[2])


def weight_gradient(x: npt.ArrayLike, gradient: npt.ArrayLike) -> Double:
    """Return the weights' gradient, a tap at a time, as [tap x Cin + input channel, Cout]."""
    maps, outer = np.asarray(x, np.float64), np.asarray(gradient, np.float64)
    taps = [np.einsum("bhwi,bhwo->io", seen, outer, optimize=True) for _, _, seen in _seen_by_taps(maps)]
    return np.concatenate(taps)


def _seen_by_taps(maps: Double) -> Iterator[tuple[int, int, Double]]:
    """For each tap its place in the kernel, and what it sees from every output pixel."""
    _, height, width, _ = maps.shape
    padded = _padded(maps)
    for row in range(KERNEL):
        for col in range(KERNEL):
            yield row, col, padded[:, row : row + height, col : col + width]


def _padded(maps: Double) -> Double:
    return np.pad(maps, ((0, 0), (1, 1), (1, 1), (0, 0)))
