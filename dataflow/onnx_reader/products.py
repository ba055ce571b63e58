"""Matrix products of ONNX: Gemm, MatMul and Einsum, with a weight or of two activations."""

from __future__ import annotations

import math

import numpy as np
import onnx

from heddle.dataflow.network import ConvLayer, LinearLayer, MatmulLayer
from heddle.dataflow.onnx_reader.inference import Shape
from heddle.dataflow.onnx_reader.layers import MadeLayer, attribute_int, layer_name
from heddle.dataflow.onnx_reader.model_file import node_name
from heddle.dataflow.onnx_reader.tensors import OnnxTensors


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
    count = math.prod(np.broadcast_shapes(left[:-2], right[:-2]))
    if tensors.is_constant(node.input[0]):
        rows = count // math.prod(left[:-2]) * right[-1]
        return weighted_product(node, tensors, 0, rows, (*left[:-2], left[-1], left[-2]))
    if tensors.is_constant(node.input[1]):
        return weighted_product(node, tensors, 1, count // math.prod(right[:-2]) * left[-2], right)
    return (MadeLayer(activation_product(node, tensors, (left[-2], left[-1], right[-1]), count)),)


def activation_product(
    node: onnx.NodeProto, tensors: OnnxTensors, sizes: tuple[int, int, int], count: int
) -> MatmulLayer:
    """``count`` products of [m x k] and [k x n], the batch taken out of the count, or of the operand that has it."""
    m, k, n = sizes
    batch = tensors.graph.batch
    left, right = (tensors.has_batch(name) for name in node.input[:2])
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


def weighted_product(
    node: onnx.NodeProto, tensors: OnnxTensors, position: int, rows: int, weight: Shape
) -> tuple[MadeLayer, ...]:
    """The layer of a weight [stack x inner x outer] at an input's ``position``; ``rows`` meet each of the stack.

    A stack, one matrix an expert, is a 1 x 1 convolution with as many groups.
    """
    name, data = node.input[position], node.input[1 - position]
    tensors.claim_parameters((name,))
    called = layer_name(node, tensors)
    rows = tensors.per_sample(node, "its rows", rows, data)
    stack, (inner, outer) = math.prod(weight[:-2]), weight[-2:]
    layer: LinearLayer | ConvLayer = LinearLayer(called, rows, inner, outer)
    if stack > 1:
        tensors.note("stacks of weight matrices are counted as one grouped product each", called)
        layer = ConvLayer(called, 1, rows, stack * inner, 1, rows, stack * outer, 1, 1, groups=stack)
    return (MadeLayer(layer, tensors.numbers_of(name)),)
