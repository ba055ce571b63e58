"""Operators with a matrix product, as layers: convolutions, linear layers, products of activations, attention."""

from __future__ import annotations

import math

import numpy as np
from torch.fx import Node

from heddle.dataflow.convolution import Geometry
from heddle.dataflow.network import ConvLayer, Layer, LinearLayer, MatmulLayer, VectorLayer
from heddle.training.exported_einsum import Contraction, contraction
from heddle.training.exported_graph import ExportedGraph, argument
from heddle.training.exported_vectors import translate_combining


def translate_conv(node: Node, graph: ExportedGraph) -> tuple[Layer, ...]:
    """A convolution; a 1-D one has height 1. Dilation changes neither taps nor multiply-adds."""
    weight = _constant(node, graph, argument(node, "weight"))
    data, kernel, out = graph.shape(argument(node, "input")), graph.shape(weight), graph.shape(node)
    if len(kernel) not in (3, 4) or argument(node, "transposed"):
        raise graph.error(node, f"a weight of shape {list(kernel)} is no 1-D or 2-D convolution")
    if len(data) != len(kernel):
        raise graph.error(node, "its input has no batch dimension")
    graph.claim_parameters(node)
    in_size, out_size, axes = _planar(data[2:]), _planar(out[2:]), len(kernel) - 2
    stride, dilation = _pair(argument(node, "stride"), axes, 1), _pair(argument(node, "dilation"), axes, 1)
    window = Geometry(_planar(kernel[2:]), stride, _pair(argument(node, "padding"), axes, 0), dilation)
    images = graph.per_sample(node, "its images", data[0])
    reaches_on = images > 1 and max(window.kernel[0], window.stride[0]) > 1
    return (
        ConvLayer(
            name=graph.weighted_name(node, weight),
            # Several images a sample (the frames of a clip) stand below one another.
            in_height=images * in_size[0],
            in_width=in_size[1],
            in_channels=data[1],
            out_height=images * out_size[0],
            out_width=out_size[1],
            out_channels=kernel[0],
            kernel_height=window.kernel[0],
            kernel_width=window.kernel[1],
            stride_height=window.stride[0],
            stride_width=window.stride[1],
            groups=argument(node, "groups"),
            bias=argument(node, "bias") is not None,
            dilation=window.dilation,
            padding=None if reaches_on else window.padding_to_state(window.sides, in_size, out_size),
            stands_for="stacked maps" if reaches_on else None,
        ),
    )


def translate_linear(node: Node, graph: ExportedGraph) -> tuple[Layer, ...]:
    """A linear layer: every vector along the last axis is a row."""
    weight = _constant(node, graph, argument(node, "weight"))
    rows = math.prod(graph.shape(argument(node, "input"))[:-1])
    out_features, in_features = graph.shape(weight)
    bias = argument(node, "bias") is not None
    return (_linear(node, graph, weight, rows, in_features, out_features, bias=bias),)


def translate_matmul(node: Node, graph: ExportedGraph) -> tuple[Layer, ...]:
    """A linear layer where one operand does not vary, else a product of two activations."""
    left, right = _operands(node)
    left_shape, right_shape = graph.shape(left), graph.shape(right)
    left_shape = left_shape if len(left_shape) > 1 else (1, *left_shape)
    right_shape = right_shape if len(right_shape) > 1 else (*right_shape, 1)
    bias = _is_bias(node, graph)
    if not graph.varies(right):
        _require_one_matrix(node, graph, right_shape)
        rows = math.prod(left_shape[:-1])
        return (_linear(node, graph, right, rows, right_shape[-2], right_shape[-1], bias=bias),)
    if not graph.varies(left):
        _require_one_matrix(node, graph, left_shape)
        rows = math.prod(right_shape[:-2]) * right_shape[-1]
        return (_linear(node, graph, left, rows, left_shape[-1], left_shape[-2], bias=bias),)
    count = math.prod(np.broadcast_shapes(left_shape[:-2], right_shape[:-2]))
    return (_matmul(node, graph, count, left_shape[-2], left_shape[-1], right_shape[-1]),)


def translate_einsum(node: Node, graph: ExportedGraph) -> tuple[Layer, ...]:
    """A product in Einstein's notation: as ``translate_matmul``, or element-wise where nothing is summed."""
    operands: list[Node] = argument(node, "tensors")
    if len(operands) != 2:
        raise graph.error(node, f"einsum of {len(operands)} operands is not supported (valid: two)")
    left, right = operands
    found = contraction(argument(node, "equation"), graph.shape(left), graph.shape(right))
    if found.inner == 1:
        return translate_combining(node, graph)
    if graph.varies(left) and graph.varies(right):
        return (_matmul(node, graph, found.batch, found.left, found.inner, found.right),)
    weight = left if graph.varies(right) else right
    if found.batch != 1:
        raise graph.error(node, f"a stack of {found.batch} weight matrices is not supported (valid: one matrix)")
    return (_einsum_linear(node, graph, weight, found, weight_is_left=weight is left),)


def translate_attention(node: Node, graph: ExportedGraph) -> tuple[Layer, ...]:
    """Scaled dot-product attention: QK^T, softmax with scaling and mask, PV."""
    queries, keys, values = (graph.shape(argument(node, name)) for name in ("query", "key", "value"))
    heads = graph.per_sample(node, "its products", math.prod(queries[:-2]))
    rows, width, columns = queries[-2], queries[-1], keys[-2]
    scores = heads * rows * columns
    name = graph.module_path(node) or "attention"
    return (
        MatmulLayer(f"{name}.qk", rows, width, columns, count=heads),
        VectorLayer(f"{name}.softmax", "softmax", scores, scores),
        MatmulLayer(f"{name}.pv", rows, columns, values[-1], count=heads),
    )


def _linear(
    node: Node, graph: ExportedGraph, weight: Node, rows: int, in_features: int, out_features: int, *, bias: bool
) -> LinearLayer:
    graph.claim_parameters(node)
    rows = graph.per_sample(node, "its rows", rows)
    return LinearLayer(graph.weighted_name(node, weight), rows, in_features, out_features, bias=bias)


def _einsum_linear(
    node: Node, graph: ExportedGraph, weight: Node, found: Contraction, *, weight_is_left: bool
) -> LinearLayer:
    rows, out_features = (found.right, found.left) if weight_is_left else (found.left, found.right)
    return _linear(node, graph, weight, rows, found.inner, out_features, bias=False)


def _matmul(node: Node, graph: ExportedGraph, count: int, m: int, k: int, n: int) -> MatmulLayer:
    count = graph.per_sample(node, "its products", count)
    return MatmulLayer(graph.layer_name(node), m, k, n, count=count)


def _operands(node: Node) -> tuple[Node, Node]:
    """The two operands of any matrix product: the last two tensors, as a sum's third operand stands first."""
    left, right = [arg for arg in node.args if isinstance(arg, Node)][-2:]
    return left, right


def _is_bias(node: Node, graph: ExportedGraph) -> bool:
    """True where a product adds a learned tensor as it goes (addmm)."""
    added = [arg for arg in node.args if isinstance(arg, Node)][:-2]
    return any(not graph.varies(arg) for arg in added)


def _constant(node: Node, graph: ExportedGraph, weight: Node) -> Node:
    if graph.varies(weight):
        raise graph.error(node, "its weight is computed from the input, which is not supported")
    return weight


def _require_one_matrix(node: Node, graph: ExportedGraph, shape: tuple[int, ...]) -> None:
    if math.prod(shape[:-2]) != 1:
        raise graph.error(
            node, f"a stack of weight matrices, shape {list(shape)}, is not supported (valid: one matrix)"
        )


def _planar(sizes: tuple[int, ...]) -> tuple[int, int]:
    """Height and width; a single size is a width."""
    return (1, sizes[0]) if len(sizes) == 1 else (sizes[0], sizes[1])


def _pair(numbers: list[int], axes: int, of_rows: int) -> tuple[int, int]:
    """A number for rows and one for columns: a single one of a 2-D convolution stands for both, a 1-D one has a row."""
    if axes == 1:
        return of_rows, numbers[0]
    return numbers[0], numbers[-1]
