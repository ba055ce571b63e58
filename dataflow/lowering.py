"""The matrix products of a weighted layer: FF, BP and WU, dense or N:M, as the array computes them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from math import gcd
from typing import NamedTuple

from heddle.arch.formats import FP16, FP32, FloatFormat
from heddle.arch.nm import index_bits
from heddle.dataflow.network import LinearLayer, MatmulLayer, WeightedLayer
from heddle.dataflow.recipes import SparseOperand
from heddle.dataflow.step_items import Operand, Pass, Product


class PixelRuns(NamedTuple):
    """How pixels lie in memory: ``pixels`` of them follow each other, all where it is 0; ``pitch`` from run to run."""

    pixels: int = 0
    pitch: int = 1


@dataclass(frozen=True)
class LayerShape:
    """A convolution or linear layer of one group, the batch included: a linear layer is a 1 x 1 convolution.

    ``dilation``: pixels from one tap to the next, along rows and columns. The pixels come in ``steps`` equal parts,
    each of which waits for the one before. ``groups_of_pixel``: groups whose channels a stored pixel has;
    ``image_positions``: output pixels of an image.
    """

    out_pixels: int
    in_pixels: int
    in_width: int
    out_width: int
    in_channels: int
    out_channels: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    groups: int
    operand: FloatFormat = FP16
    steps: int = 1
    dilation: tuple[int, int] = (1, 1)
    groups_of_pixel: int = 1
    image_positions: int = 0

    @classmethod
    def of(cls, layer: WeightedLayer, batch: int, operand: FloatFormat = FP16) -> LayerShape:
        """Return the shape of ``layer`` at ``batch`` samples of ``operand`` elements."""
        if isinstance(layer, LinearLayer):
            rows = layer.rows * batch
            return cls(rows, rows, 1, 1, layer.in_features, layer.out_features, (1, 1), (1, 1), 1, operand, layer.steps)
        return cls(
            out_pixels=batch * layer.out_height * layer.out_width,
            in_pixels=batch * layer.in_height * layer.in_width,
            in_width=layer.in_width,
            out_width=layer.out_width,
            in_channels=layer.in_channels // layer.groups,
            out_channels=layer.out_channels // layer.groups,
            kernel=(layer.kernel_height, layer.kernel_width),
            stride=(layer.stride_height, layer.stride_width),
            groups=layer.groups,
            operand=operand,
            dilation=layer.dilation,
            groups_of_pixel=layer.groups,
            image_positions=layer.out_height * layer.out_width,
        )

    @property
    def one_step(self) -> LayerShape:
        """The shape of one step, its repetitions counted with the groups."""
        pixels = self.out_pixels // self.steps, self.in_pixels // self.steps
        groups = self.groups * self.steps
        return replace(self, out_pixels=pixels[0], in_pixels=pixels[1], groups=groups, steps=1)

    @property
    def taps(self) -> int:
        """Kernel positions."""
        return self.kernel[0] * self.kernel[1]

    @property
    def whole_pixels(self) -> PixelRuns:
        """How the pixels of a map lie for one group: each by itself where a pixel has channels of others too."""
        return PixelRuns(1, self.groups_of_pixel) if self.groups_of_pixel > 1 else PixelRuns()

    def picked_pixels(self, rows: int, cols: int) -> PixelRuns:
        """How each ``cols``-th pixel of each ``rows``-th row of X, or of its gradient, lies for one group."""
        if cols > 1:
            return PixelRuns(1, cols * self.groups_of_pixel)
        if rows > 1 and self.groups_of_pixel == 1:
            return PixelRuns(self.in_width, rows * self.in_width)
        return self.whole_pixels

    def input_patch(self, pixels_on_k: bool) -> Operand:
        """X spread over the taps: pixels of the output map, each touching its window of the input.

        What neighbouring tiles share are the rows in which windows overlap; of a kernel of one row, the columns. Along
        an axis of one tap only the pixels that are met are read.
        """
        met = [stride if taps == 1 else 1 for taps, stride in zip(self.kernel, self.stride, strict=True)]
        run_pixels, pitch = self.picked_pixels(*met)
        of_map = self.in_pixels / self.out_pixels
        step = of_map / (met[0] * met[1]) if self.taps > 1 else min(1.0, of_map)
        reach = [(taps - 1) * apart + 1 for taps, apart in zip(self.kernel, self.dilation, strict=True)]
        if self.kernel[0] == 1:
            halo = float(max(0, reach[1] - self.stride[1]))
        else:
            halo = float(max(0, reach[0] - self.stride[0]) * self.in_width)
        return Operand(
            bits=self.operand.width,
            taps=self.taps,
            pixels_on_k=pixels_on_k,
            pixel_step=step,
            halo=halo,
            row_taps=_row_taps(self.kernel[1], self.dilation[1]),
            run_pixels=run_pixels,
            pitch=pitch,
            map_pixels=self.in_pixels if self.taps > 1 and met == [1, 1] else 0,
            image_positions=self.image_positions if self.taps > 1 else 0,
        )


@dataclass(frozen=True)
class Pruning:
    """How a pass keeps its sparse operand: ``keep_n`` of every ``group_m``, 1 of 1 being dense.

    ``on_load`` means that the operand lies dense in memory and SORE prunes it at every load.
    """

    keep_n: int = 1
    group_m: int = 1
    on_load: bool = False
    operand: FloatFormat = FP16

    @property
    def bits(self) -> float:
        """Stored bits of one element in memory: those of the value and, packed, ceil(log2 M) of index."""
        return self.operand.width + (0 if self.on_load else index_bits(self.group_m))


NOT_PRUNED = Pruning()


def forward_products(shape: LayerShape, weights: Pruning) -> tuple[Product, ...]:
    """Return FF: Y[B P x Cout] = X[B P x k Cin] . W, one after another where the layer has steps."""
    shape = shape.one_step
    run_pixels, pitch = shape.whole_pixels
    product = Product(
        m=shape.out_pixels,
        k=shape.taps * shape.in_channels,
        n=shape.out_channels,
        left=shape.input_patch(pixels_on_k=False),
        right=Operand(bits=weights.bits, tiled=True),
        out_bits=shape.operand.width,
        out_run_pixels=run_pixels,
        out_pitch=pitch,
        count=shape.groups,
        keep_n=weights.keep_n,
        group_m=weights.group_m,
        prune_on_load=weights.on_load,
    )
    return (product,)


def backward_products(shape: LayerShape, operand: SparseOperand | None, pruning: Pruning) -> tuple[Product, ...]:
    """Return BP: dX[B Pin x Cin] = dY . W^T, one product for each phase of the stride.

    A strided convolution's input pixels fall into phases by their residue; each phase meets its own taps, so
    no product is spent on the zeros between strided outputs. Phases without a tap have a zero gradient, which nobody
    stores: memory has these zeros from the start. The others store all their pixels, of which a window without
    padding leaves more than there are outputs. Steps run one after another, as in FF.
    """
    shape = shape.one_step
    phases = Counter(
        (rows, cols)
        for rows in _taps_by_residue(shape.kernel[0], shape.stride[0], shape.dilation[0])
        for cols in _taps_by_residue(shape.kernel[1], shape.stride[1], shape.dilation[1])
    )
    phase_product = _gradients_on_the_right if operand == "dy" else _weights_on_the_right
    phase_pixels = shape.in_pixels / (shape.stride[0] * shape.stride[1])
    out_bits = shape.operand.width * max(1.0, phase_pixels / shape.out_pixels)
    out = shape.picked_pixels(*shape.stride)
    return tuple(
        replace(phase_product(shape, taps, times, pruning, out_bits), out_run_pixels=out.pixels, out_pitch=out.pitch)
        for taps, times in phases.items()
    )


def weight_gradient_products(shape: LayerShape, operand: SparseOperand | None, pruning: Pruning) -> tuple[Product, ...]:
    """Return WU: dW[k Cin x Cout] = X^T . dY, reduced over batch x pixels of all steps, stored as FP32.

    With X pruned the product is turned round, so that X is on the right. Over a window of several taps the
    groups of M pixels shift with the tap, so X cannot lie packed in memory: SORE then prunes it on load.
    """
    rows, cols = shape.taps * shape.in_channels, shape.out_channels
    run_pixels, pitch = shape.whole_pixels
    left = shape.input_patch(pixels_on_k=True)
    right = Operand(bits=shape.operand.width, pixels_on_k=True, run_pixels=run_pixels, pitch=pitch)
    if operand == "x":
        rows, cols, left, right = cols, rows, right, left
        pruning = replace(pruning, on_load=shape.taps > 1)
    product = Product(
        m=rows,
        k=shape.out_pixels,
        n=cols,
        left=left,
        right=replace(right, bits=pruning.bits),
        count=shape.groups,
        keep_n=pruning.keep_n,
        group_m=pruning.group_m,
        prune_on_load=pruning.on_load,
        out_bits=FP32.width,
        out_tiled=True,
        transposed=operand == "x",
    )
    return (product,)


def matmul_products(
    layer: MatmulLayer, pass_name: Pass, batch: int, operand: FloatFormat = FP16
) -> tuple[Product, ...]:
    """Return a pass of C = A . B: C (ff), dA = dC . B^T (bp) or dB = A^T . dC (wu), dense, of ``operand`` elements.

    The pixels of a matrix are its rows, as it lies in memory. So dB has A on its left as it lies, its pixels along the
    reduction, like X in a weight gradient.
    """
    m, k, n = {
        "ff": (layer.m, layer.k, layer.n),
        "bp": (layer.m, layer.n, layer.k),
        "wu": (layer.k, layer.m, layer.n),
    }[pass_name]
    left = Operand(bits=operand.width, pixels_on_k=pass_name == "wu")
    right = Operand(bits=operand.width, pixels_on_k=True)
    return (Product(m, k, n, left=left, right=right, out_bits=operand.width, count=layer.count * batch),)


def _row_taps(taps: int, apart: int) -> int:
    """How many of the ``taps`` of a kernel row, whose pixels are ``apart``, read pixels that follow each other."""
    return taps if apart == 1 else 1


def _taps_by_residue(kernel: int, stride: int, dilation: int) -> list[int]:
    """Taps along one axis that each residue of the stride meets; residues without any are left out."""
    return list(Counter(tap * dilation % stride for tap in range(kernel)).values())


def _phase_gradients(shape: LayerShape, taps: tuple[int, int], bits: float) -> Operand:
    """DY spread over one phase's taps."""
    apart_rows, apart = (apart // gcd(apart, by) for apart, by in zip(shape.dilation, shape.stride, strict=True))
    halo = float((taps[1] - 1) * apart if shape.kernel[0] == 1 else (taps[0] - 1) * apart_rows * shape.out_width)
    run_pixels, pitch = shape.whole_pixels
    return Operand(
        bits=bits,
        taps=taps[0] * taps[1],
        halo=halo,
        row_taps=_row_taps(taps[1], apart),
        run_pixels=run_pixels,
        pitch=pitch,
        map_pixels=shape.out_pixels if taps != (1, 1) else 0,
        image_positions=shape.image_positions if taps != (1, 1) else 0,
    )


def _weights_on_the_right(
    shape: LayerShape, taps: tuple[int, int], times: int, weights: Pruning, out_bits: float
) -> Product:
    return Product(
        m=shape.out_pixels,
        k=taps[0] * taps[1] * shape.out_channels,
        n=shape.in_channels,
        left=_phase_gradients(shape, taps, shape.operand.width),
        right=Operand(bits=weights.bits, tiled=True),
        out_bits=out_bits,
        count=shape.groups * times,
        keep_n=weights.keep_n,
        group_m=weights.group_m,
        prune_on_load=weights.on_load,
    )


def _gradients_on_the_right(
    shape: LayerShape, taps: tuple[int, int], times: int, gradients: Pruning, out_bits: float
) -> Product:
    return Product(
        m=shape.in_channels,
        k=taps[0] * taps[1] * shape.out_channels,
        n=shape.out_pixels,
        left=Operand(bits=shape.operand.width, tiled=True),
        right=_phase_gradients(shape, taps, gradients.bits),
        out_bits=out_bits,
        count=shape.groups * times,
        keep_n=gradients.keep_n,
        group_m=gradients.group_m,
        prune_on_load=gradients.on_load,
        out_channels_on_m=True,
        transposed=True,
    )
