"""ONNX's Attention, of operator set 23 and later: scores, softmax and the sum of values, a head at a time."""

from __future__ import annotations

import onnx

from heddle.dataflow.network import MatmulLayer, VectorLayer
from heddle.dataflow.onnx_reader.layers import MadeLayer, attribute_int
from heddle.dataflow.onnx_reader.model_file import node_name
from heddle.dataflow.onnx_reader.tensors import OnnxTensors

_MASK, _PAST_KEY = 3, 4


def translate_attention(node: onnx.NodeProto, tensors: OnnxTensors) -> tuple[MadeLayer, ...]:
    """Two products of activations with a softmax between; a mask is a pass over the scores, a causal one too.

    Grouped queries have the products of all query heads.
    """
    q = _by_heads(node, tensors, node.input[0], "q_num_heads")
    k = _by_heads(node, tensors, node.input[1], "kv_num_heads")
    v = _by_heads(node, tensors, node.input[2], "kv_num_heads")
    (batch, heads, rows, width), columns, out_width = q, k[2], v[3]
    if _given(node, _PAST_KEY):
        columns += tensors.shape(node, node.input[_PAST_KEY])[2]
    count = tensors.per_sample(node, "its heads", batch * heads, *node.input[:3])
    scores, name = count * rows * columns, node_name(node)
    made = [MadeLayer(MatmulLayer(f"{name}/qk", rows, width, columns, count))]
    if _given(node, _MASK) or attribute_int(node, "is_causal", 0):
        made.append(MadeLayer(VectorLayer(f"{name}/mask", "elementwise", scores, scores)))
    made.append(MadeLayer(VectorLayer(f"{name}/softmax", "softmax", scores, scores)))
    made.append(MadeLayer(MatmulLayer(f"{name}/pv", rows, columns, out_width, count)))
    return tuple(made)


def _given(node: onnx.NodeProto, position: int) -> bool:
    return len(node.input) > position and bool(node.input[position])


def _by_heads(node: onnx.NodeProto, tensors: OnnxTensors, name: str, heads_attribute: str) -> tuple[int, int, int, int]:
    """Batch, heads, tokens and width of a head; of three dimensions the last one holds all heads."""
    shape = tensors.shape(node, name)
    if len(shape) == 4:
        batch, heads, tokens, width = shape
        return batch, heads, tokens, width
    heads = attribute_int(node, heads_attribute, 0)
    if len(shape) != 3 or heads < 1 or shape[2] % heads:
        raise tensors.error(node, f"{name!r} of shape {list(shape)} does not split into {heads} heads")
    return shape[0], heads, shape[1], shape[2] // heads
