"""A weighted layer's FF, BP and WU as products over maps in memory: which pixels are read, and how windows walk them.

A linear layer is a 1 x 1 convolution over a map of one column. The products are those of ``heddle.dataflow.lowering``,
one for each channel group and each phase of the stride.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product as pairs

from heddle.arch.errors import HeddleError
from heddle.arch.formats import FloatFormat
from heddle.arch.instructions import Axis
from heddle.dataflow.convolution import AxisPhase, Geometry, Walk
from heddle.dataflow.lowering import (
    LayerShape,
    Pruning,
    backward_products,
    forward_products,
    weight_gradient_products,
)
from heddle.dataflow.network import ConvLayer, WeightedLayer
from heddle.dataflow.program.tensors import MapTensor, Picked, SubMap, whole_map
from heddle.dataflow.step_items import Pass, Product


@dataclass(frozen=True)
class KernelTaps:
    """The weights of a channel group at ``taps`` (row, column) of the kernel, in the order of the reduction."""

    group: int
    taps: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class LayerProduct:
    """One product of a pass, by where its operands and its result lie.

    The left operand's windows walk the pixels of ``left`` along ``rows`` and ``cols``; ``is_turned``: they are the
    columns of the left operand (WU). The right operand is a map whose pixels are the reduction, or taps of the kernel.
    ``out`` is a map whose pixels are the product's rows, or None where the result is a weight gradient.
    """

    name: str
    product: Product
    rows: Axis
    cols: Axis
    left: SubMap
    is_turned: bool
    right: SubMap | KernelTaps
    out: SubMap | None

    @property
    def repeats(self) -> int:
        """How often it runs, each time on the next image of its maps; once on all images where the right is weights."""
        return self.product.count


@dataclass(frozen=True)
class LayerMaps:
    """A layer at a batch: its window, and the maps of its input, its output and their gradients."""

    layer: WeightedLayer
    shape: LayerShape
    geometry: Geometry
    x: MapTensor
    y: MapTensor
    dx: MapTensor
    dy: MapTensor

    @classmethod
    def of(cls, layer: WeightedLayer, batch: int, operand: FloatFormat) -> LayerMaps:
        """Return the maps of ``layer``. Raises HeddleError where its padding is not known (``has_known_window``)."""
        shape = LayerShape.of(layer, batch, operand)
        if isinstance(layer, ConvLayer):
            images, in_size, out_size = batch, (layer.in_height, layer.in_width), (layer.out_height, layer.out_width)
            geometry = _geometry(layer)
        else:
            images, in_size, out_size = 1, (1, shape.in_pixels), (1, shape.out_pixels)
            geometry = Geometry(kernel=(1, 1))

        def map_of(name: str, size: tuple[int, int], channels: int) -> MapTensor:
            return MapTensor(f"{layer.name}.{name}", images, *size, channels * shape.groups, operand.width_bytes)

        return cls(
            layer,
            shape,
            geometry,
            x=map_of("x", in_size, shape.in_channels),
            y=map_of("y", out_size, shape.out_channels),
            dx=map_of("dx", in_size, shape.in_channels),
            dy=map_of("dy", out_size, shape.out_channels),
        )

    @property
    def gradient(self) -> MapTensor:
        """The gradient that its passes are given."""
        return self.dy

    def products(self, pass_name: Pass, pruning: Pruning) -> tuple[LayerProduct, ...]:
        """Return the products of a pass, whose weights are kept by ``pruning``, in program order."""
        of_pass = {"ff": self._forward, "bp": self._backward, "wu": self._weight_gradient}[pass_name]
        return tuple(product for group in range(self.shape.groups) for product in of_pass(group, pruning))

    def _forward(self, group: int, pruning: Pruning) -> Iterator[LayerProduct]:
        shape = self._one_group
        kernel_rows, kernel_cols = shape.kernel
        rows, cols, left = self._input_windows(group)
        yield LayerProduct(
            name=f"{self.layer.name}.ff{self._suffix(group)}",
            product=forward_products(shape, pruning)[0],
            rows=rows,
            cols=cols,
            left=left,
            is_turned=False,
            right=KernelTaps(group, tuple(pairs(range(kernel_rows), range(kernel_cols)))),
            out=whole_map(self.y, _of_group(group, shape.out_channels)),
        )

    def _weight_gradient(self, group: int, pruning: Pruning) -> Iterator[LayerProduct]:
        shape = self._one_group
        rows, cols, left = self._input_windows(group)
        yield LayerProduct(
            name=f"{self.layer.name}.wu{self._suffix(group)}",
            product=weight_gradient_products(shape, None, pruning)[0],
            rows=rows,
            cols=cols,
            left=left,
            is_turned=True,
            right=whole_map(self.dy, _of_group(group, shape.out_channels)),
            out=None,
        )

    def _backward(self, group: int, pruning: Pruning) -> Iterator[LayerProduct]:
        shape = self._one_group
        gradient = whole_map(self.dy, _of_group(group, shape.out_channels))
        out = shape.picked_pixels(*shape.stride)
        for number, phase in enumerate(self.geometry.phases((self.x.height, self.x.width))):
            pixels = self.x.images * phase.rows.walk.count * phase.cols.walk.count
            kernel = (len(phase.rows.taps), len(phase.cols.taps))
            rows, cols = _axis(phase.rows.walk, self.dy.height), _axis(phase.cols.walk, self.dy.width)
            of_phase = replace(
                shape,
                kernel=kernel,
                stride=(1, 1),
                out_pixels=pixels,
                in_pixels=pixels,
                image_positions=pixels // self.x.images,
                dilation=(max(1, rows.tap_step), max(1, cols.tap_step)),
            )
            yield LayerProduct(
                name=f"{self.layer.name}.bp{number}{self._suffix(group)}",
                product=replace(
                    backward_products(of_phase, "weight", pruning)[0], out_run_pixels=out.pixels, out_pitch=out.pitch
                ),
                rows=rows,
                cols=cols,
                left=gradient,
                is_turned=False,
                right=KernelTaps(group, tuple(pairs(phase.rows.taps, phase.cols.taps))),
                out=SubMap(
                    self.dx,
                    _phase_places(phase.rows, self.dx.height),
                    _phase_places(phase.cols, self.dx.width),
                    _of_group(group, shape.in_channels),
                ),
            )

    @property
    def _one_group(self) -> LayerShape:
        return replace(self.shape, groups=1, steps=1)

    def _suffix(self, group: int) -> str:
        return f".g{group}" if self.shape.groups > 1 else ""

    def _input_windows(self, group: int) -> tuple[Axis, Axis, SubMap]:
        """How windows walk x. Along an axis of one tap and a stride, only the pixels that are met are read."""
        walks = self.geometry.walks((self.x.height, self.x.width))
        sizes = (self.x.height, self.x.width)
        (rows, picked_rows), (cols, picked_cols) = map(_gathered, walks, sizes)
        return rows, cols, SubMap(self.x, picked_rows, picked_cols, _of_group(group, self.shape.in_channels))


def has_known_window(layer: ConvLayer) -> bool:
    """False where ``layer``'s sizes need more padding on one side than on the other, and nothing says on which."""
    return _window(layer) is not None


def _geometry(layer: ConvLayer) -> Geometry:
    geometry = _window(layer)
    if geometry is None:
        raise HeddleError(
            f"layer {layer.name}: a {layer.kernel_height} x {layer.kernel_width} window from {layer.in_height} x "
            f"{layer.in_width} to {layer.out_height} x {layer.out_width} pixels needs more padding on one side than "
            "on the other, and nothing says on which (valid: a layer that states its padding)"
        )
    return geometry


def _window(layer: ConvLayer) -> Geometry | None:
    in_size, out_size = (layer.in_height, layer.in_width), (layer.out_height, layer.out_width)
    window = Geometry(
        kernel=(layer.kernel_height, layer.kernel_width),
        stride=(layer.stride_height, layer.stride_width),
        dilation=layer.dilation,
    )
    stated = layer.padding
    geometry = window.with_least_padding(in_size, out_size) if stated is None else window.padded(stated)
    return geometry if geometry.out_size(in_size) == out_size else None


def _axis(walk: Walk, size: int) -> Axis:
    between = walk.starts[1] - walk.starts[0] if len(walk.starts) > 1 else 0
    return Axis(
        start=walk.starts[0], tap_step=between, step=walk.step, positions=walk.count, size=size, taps=len(walk.starts)
    )


def _gathered(walk: Walk, size: int) -> tuple[Axis, Picked]:
    in_the_map = walk.starts[0] == 0 and (walk.count - 1) * walk.step < size
    if len(walk.starts) == 1 and walk.step > 1 and in_the_map:
        return _axis(Walk((0,), 1, walk.count), walk.count), Picked(0, walk.step, walk.count)
    return _axis(walk, size), Picked(0, 1, size)


def _phase_places(phase: AxisPhase, size: int) -> Picked:
    return Picked(phase.first, phase.stride, -(-(size - phase.first) // phase.stride))


def _of_group(group: int, channels: int) -> range:
    return range(group * channels, (group + 1) * channels)
