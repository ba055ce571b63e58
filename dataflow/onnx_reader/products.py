"""Matrix products of ONNX: convolutions, Gemm and MatMul, with a weight or of two activations."""

from __future__ import annotations

import math

import numpy as np
import onnx

from heddle.dataflow.network import ConvLayer, LinearLayer, MatmulLayer
from heddle.dataflow.onnx_reader.inference import Shape
from heddle.dataflow.onnx_reader.layers import MadeLayer, attribute_int, attribute_ints, layer_name
from heddle.dataflow.onnx_reader.model_file import node_name
from heddle.dataflow.onnx_reader.tensors import OnnxTensors


def translate_conv(node: onnx.NodeProto, tensors: OnnxTensors) -> tuple[MadeLayer, ...]:
    """A convolution; a 1-D one has height 1. Dilation changes neither taps nor multiply-adds."""
    weight = claimed_weight(node, tensors, node.input[1])
    data = tensors.shape(node, node.input[0])
    out = tensors.shape(node, node.output[0])
    if len(weight) not in (3, 4) or len(data) != len(weight) or len(out) != len(weight):
        raise tensors.error(
            node, f"a weight of shape {list(weight)} is not supported (valid: 1-D and 2-D convolutions)"
        )
    spatial = len(weight) - 2
    groups = attribute_int(node, "group", 1)
    if groups < 1 or data[1] != weight[1] * groups or weight[0] % groups:
        raise tensors.error(node, f"group {groups} does not fit the shapes {list(data)} and {list(weight)}")
    strides = _planar(attribute_ints(node, "strides") or (1,) * spatial)
    kernel = _planar(weight[2:])
    in_size, out_size = _planar(data[2:]), _planar(out[2:])
    layer = ConvLayer(
        name=layer_name(node, tensors),
        in_height=in_size[0],
        in_width=in_size[1],
        in_channels=data[1],
        out_height=out_size[0],
        out_width=out_size[1],
        out_channels=weight[0],
        kernel_height=kernel[0],
        kernel_width=kernel[1],
        stride_height=strides[0],
        stride_width=strides[1],
        groups=groups,
        bias=tensors.claim_bias(node, 2),
    )
    return (MadeLayer(layer, tensors.numbers_of(node.input[1])),)


def translate_gemm(node: onnx.NodeProto, tensors: OnnxTensors) -> tuple[MadeLayer, ...]:
    """A fully connected layer: the samples are its rows."""
    weight = claimed_weight(node, tensors, node.input[1])
    data = tensors.shape(node, node.input[0])
    if attribute_int(node, "transA", 0):
        raise tensors.error(node, "a transposed left operand (transA) is not supported")
    inner, outer = weight[::-1] if attribute_int(node, "transB", 0) else weight
    rows = tensors.per_sample(node, "its rows", data[0], node.input[0])
    layer = LinearLayer(layer_name(node, tensors), rows, inner, outer, bias=tensors.claim_bias(node, 2))
    return (MadeLayer(layer, tensors.numbers_of(node.input[1])),)


def translate_matmul(node: onnx.NodeProto, tensors: OnnxTensors) -> tuple[MadeLayer, ...]:
    """A linear layer where one operand is a weight matrix, else a product of two activations."""
    left = tensors.shape(node, node.input[0])
    right = tensors.shape(node, node.input[1])
    left = left if len(left) > 1 else (1, *left)
    right = right if len(right) > 1 else (*right, 1)
    if tensors.is_constant(node.input[0]):
        rows = math.prod(right[:-2]) * right[-1]
        return _matrix_layer(node, tensors, 0, rows, (*left[:-2], left[-1], left[-2]))
    if tensors.is_constant(node.input[1]):
        return _matrix_layer(node, tensors, 1, math.prod(left[:-1]), right)
    count = math.prod(np.broadcast_shapes(left[:-2], right[:-2]))
    return (MadeLayer(activation_product(node, tensors, (left[-2], left[-1], right[-1]), count)),)


def activation_product(
    node: onnx.NodeProto, tensors: OnnxTensors, sizes: tuple[int, int, int], count: int
) -> MatmulLayer:
    """``count`` products of [m x k] and [k x n], the batch taken out of the count, or of the operand that has it."""
    m, k, n = sizes
    left, right = (tensors.has_batch(name) for name in node.input[:2])
    batch = tensors.graph.batch
    if count % batch and left != right:
        if left:
            m = tensors.per_sample(node, "its rows", m * count, node.input[0])
        else:
            n = tensors.per_sample(node, "its columns", n * count, node.input[1])
        count = 1
    else:
        count = tensors.per_sample(node, "its products", count, *node.input[:2])
    return MatmulLayer(node_name(node), m, k, n, count)


def claimed_weight(node: onnx.NodeProto, tensors: OnnxTensors, name: str) -> Shape:
    """Shape of the node's weight; raises HeddleError where it is no constant."""
    if not tensors.is_constant(name):
        raise tensors.error(node, f"its weight {name!r} is computed from the input, which is not supported")
    shape = tensors.shape(node, name)
    tensors.claim_parameters((name,))
    return shape


def _matrix_layer(
    node: onnx.NodeProto, tensors: OnnxTensors, position: int, rows: int, weight: Shape
) -> tuple[MadeLayer, ...]:
    """The linear layer of a weight [inner x outer] at an input's ``position``."""
    if math.prod(weight[:-2]) != 1:
        raise tensors.error(
            node, f"a stack of weight matrices, shape {list(weight)}, is not supported (valid: one matrix)"
        )
    name = node.input[position]
    tensors.claim_parameters((name,))
    rows = tensors.per_sample(node, "its rows", rows, node.input[1 - position])
    layer = LinearLayer(layer_name(node, tensors), rows, weight[-2], weight[-1])
    return (MadeLayer(layer, tensors.numbers_of(name)),)


def _planar(sizes: tuple[int, ...]) -> tuple[int, int]:
    """Height and width; a single size is a width."""
    return (1, sizes[0]) if len(sizes) == 1 else (sizes[0], sizes[1])
