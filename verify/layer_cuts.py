"""A network's layers, cut to a size that the RTL of the whole machine runs in a moment: a few tiles of each pass."""

from __future__ import annotations

import math
from dataclasses import replace

from heddle.arch.design import Design
from heddle.dataflow.convolution import Geometry
from heddle.dataflow.network import LinearLayer, MatmulLayer, ProductLayer, WeightedLayer
from heddle.dataflow.program.layer_products import LayerMaps
from heddle.dataflow.program.matmul_products import Maps, MatmulMaps

#: The largest sizes: of what the array works on at once, and of the reduction in groups of M.
_LARGEST_TILES = 2
_LARGEST_GROUPS = 36
_LARGEST_CHANNEL_GROUPS = 2
#: Products of two activations: the second one begins on other operands while results of the first leave.
_LARGEST_PRODUCTS = 2


def cut_layer(maps: Maps, batch: int, design: Design) -> ProductLayer:
    """Return the layer of ``maps`` with fewer pixels and channels: two tiles of each, a reduction of 36 groups at most.

    Kernel, stride, padding and dilation stay, and channels that fill whole groups of M still do, so that each pass has
    the walks, edges and phases of the whole layer's. Of products of two activations two are left.
    """
    if isinstance(maps, MatmulMaps):
        return _cut_matmul(maps.layer, batch, design)
    return _cut_weighted(maps, batch, design)


def _cut_matmul(layer: MatmulLayer, batch: int, design: Design) -> MatmulLayer:
    """Each size is that of rows or pixels in one pass and of a reduction in another."""
    array, group_m = design.array, design.sparsity.m
    rows, most = _LARGEST_TILES * array.rows * array.interleave, _channels(design, 1)
    return replace(
        layer,
        m=_cut_size(layer.m, max(group_m, rows), group_m),
        k=_cut_size(layer.k, most, group_m),
        n=_cut_size(layer.n, most, group_m),
        count=min(layer.count, max(1, _LARGEST_PRODUCTS // batch)),
    )


def _cut_size(size: int, most: int, group_m: int) -> int:
    """``size``, or one up to ``most`` that leaves as much of a group of M."""
    return size if size <= most else most - (most - size) % group_m


def _cut_weighted(maps: LayerMaps, batch: int, design: Design) -> WeightedLayer:
    layer, array = maps.layer, design.array
    pixels = max(1, _LARGEST_TILES * array.rows * array.interleave // batch)
    if isinstance(layer, LinearLayer):
        most = _channels(design, 1)
        return replace(
            layer,
            rows=min(layer.rows, pixels),
            in_features=min(layer.in_features, most),
            out_features=min(layer.out_features, most),
        )
    groups, most = min(layer.groups, _LARGEST_CHANNEL_GROUPS), _channels(design, layer.taps)
    top, bottom, left, right = maps.geometry.sides
    side = math.isqrt(pixels)
    in_height, out_height = _extent(maps.geometry, 0, min(layer.out_height, side), top + bottom)
    in_width, out_width = _extent(maps.geometry, 1, min(layer.out_width, pixels // side), left + right)
    return replace(
        layer,
        in_height=in_height,
        in_width=in_width,
        in_channels=groups * min(layer.in_channels // layer.groups, most),
        out_height=out_height,
        out_width=out_width,
        out_channels=groups * min(layer.out_channels // layer.groups, most),
        groups=groups,
        padding=maps.geometry.sides,
    )


def _extent(window: Geometry, axis: int, out: int, padding: int) -> tuple[int, int]:
    """Sizes of the input and the output map along an axis: ``out``, or what the least input, one pixel, gives."""
    reach, stride = (window.kernel[axis] - 1) * window.dilation[axis] + 1, window.stride[axis]
    least_out = (1 + padding - reach) // stride + 1
    out = max(out, least_out)
    return (out - 1) * stride + reach - padding, out


def _channels(design: Design, taps: int) -> int:
    """The most channels: two tiles of columns, in whole groups of M, and no longer a reduction than is verified."""
    array, group_m = design.array, design.sparsity.m
    groups_of_cols = -(-_LARGEST_TILES * array.cols * array.interleave // group_m)
    return group_m * max(1, min(groups_of_cols, _LARGEST_GROUPS // taps))
