"""Operators without a matrix product, as the vector unit's layers, and those that cost nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Number

from torch.fx import Node

from heddle.dataflow.network import Layer, VectorLayer, VectorOp
from heddle.training.exported_graph import ExportedGraph, argument, operation


def operators(names: str) -> frozenset[str]:
    """A set of operators, written as words."""
    return frozenset(names.split())


# No arithmetic and no pass over the data: the next layer's addresses do the work. Dropout's mask rides along.
FREE = operators(
    "_assert_tensor_metadata _reshape_alias _to_copy _unsafe_view alias alpha_dropout as_strided bernoulli "
    "broadcast_to channel_shuffle chunk clone contiguous detach dropout dropout2d empty_like expand expand_as "
    "feature_alpha_dropout feature_dropout flatten full_like getitem lift_fresh_copy movedim moveaxis narrow "
    "native_dropout new_empty new_full new_ones new_zeros numpy_T mT ones_like permute pixel_shuffle "
    "pixel_unshuffle rand_like randn_like reshape reshape_as select slice split split_with_sizes squeeze swapaxes "
    "swapdims t tensor_split to transpose type_as unbind unflatten unsafe_chunk unsafe_split unsqueeze view "
    "view_as zeros_like"
)
# Scaling or shifting by one number rides on the stream that produces the input.
_RIDE_WITH_A_NUMBER = operators("add sub mul div")

UNARY: Mapping[VectorOp, frozenset[str]] = {
    "activation": operators(
        "clamp clamp_max clamp_min clip hardshrink hardsigmoid hardtanh leaky_relu prelu relu relu6 rrelu "
        "rrelu_with_noise softshrink threshold"
    ),
    "smooth_activation": operators(
        "celu elu erf gelu glu hardswish log_sigmoid mish selu sigmoid silu softplus softsign tanh"
    ),
    "softmax": operators("_log_softmax _softmax log_softmax softmax"),
    "batchnorm": operators("_native_batch_norm_legit batch_norm cudnn_batch_norm native_batch_norm"),
    "layernorm": operators(
        "group_norm instance_norm layer_norm local_response_norm native_group_norm native_layer_norm rms_norm"
    ),
    "embedding": operators("embedding embedding_bag _embedding_bag"),
}
COMBINING = operators(
    "__and __or __xor abs add addcdiv addcmul atan2 bitwise_not cat ceil column_stack concat copy cos cumprod "
    "cumsum div eq exp exp2 expm1 fill flip floor fmod frac gather ge gt hstack im2col index index_put "
    "index_select isnan le lerp log log10 log1p log2 logical_and logical_not logical_or lt masked_fill maximum "
    "meshgrid minimum mul ne neg pad pow constant_pad_nd reciprocal remainder repeat repeat_interleave roll round "
    "rsqrt rsub scatter scatter_add sign sin sort sqrt square stack sub tile topk tril triu trunc unfold "
    "upsample_bicubic2d upsample_bilinear2d upsample_linear1d upsample_nearest1d upsample_nearest2d vstack where"
)
WINDOW_POOLS = operators("avg_pool1d avg_pool2d max_pool1d max_pool1d_with_indices max_pool2d max_pool2d_with_indices")
ADAPTIVE_POOLS = operators("adaptive_avg_pool1d adaptive_avg_pool2d adaptive_max_pool1d adaptive_max_pool2d")
REDUCTIONS = operators(
    "all amax amin any argmax argmin linalg_vector_norm logsumexp max mean median min norm prod std std_mean sum "
    "var var_mean"
)


def translate_unary(op: VectorOp, node: Node, graph: ExportedGraph) -> tuple[Layer, ...]:
    """An operator on one activation, its result of the same kind; scale and shift count as its parameters."""
    return (_vector(node, graph, op, _elements_in(node, graph)),)


def translate_unknown(node: Node, graph: ExportedGraph) -> tuple[Layer, ...]:
    """An operator that no table holds, taken as one element-wise pass over what varies."""
    return (_vector(node, graph, "elementwise", _elements_in(node, graph)),)


def translate_combining(node: Node, graph: ExportedGraph) -> tuple[Layer, ...]:
    """Element-wise work on all inputs that vary: a residual sum where two of one shape are added."""
    if _rides(node):
        return ()
    sources = graph.activations(node)
    shapes = [graph.shape(source) for source in sources]
    is_residual = operation(node) == "add" and len(shapes) > 1 and len(set(shapes)) == 1
    return (_vector(node, graph, "residual" if is_residual else "elementwise", _elements_in(node, graph)),)


def translate_window_pool(node: Node, graph: ExportedGraph) -> tuple[Layer, ...]:
    """A pooling with a kernel; one number stands for both sides of a 2-D window."""
    kernel: list[int] = argument(node, "kernel_size")
    is_square = "2d" in operation(node) and len(kernel) == 1
    window = kernel[0] ** 2 if is_square else math.prod(kernel)
    return (_vector(node, graph, "pool", _elements_in(node, graph), window=window),)


def translate_adaptive_pool(node: Node, graph: ExportedGraph) -> tuple[Layer, ...]:
    """A pooling onto a given map, or nothing where the map has that size already."""
    data, out = graph.shape(argument(node, "self")), graph.shape(node)
    if data == out:
        return ()
    window = math.prod(-(-size // onto) for size, onto in zip(data, out, strict=True))
    return (_vector(node, graph, "pool", _elements_in(node, graph), window=window),)


def translate_reduction(node: Node, graph: ExportedGraph) -> tuple[Layer, ...]:
    """A reduction over whole axes; of two tensors (a maximum of both) it is element-wise work."""
    if len(graph.activations(node)) > 1:
        return translate_combining(node, graph)
    inputs = _elements_in(node, graph)
    return (_vector(node, graph, "pool", inputs, window=max(inputs // max(graph.elements(node), 1), 1)),)


def _vector(node: Node, graph: ExportedGraph, op: VectorOp, inputs: int, *, window: int = 1) -> VectorLayer:
    return VectorLayer(
        graph.layer_name(node),
        op,
        inputs,
        graph.elements(node),
        parameters=graph.claim_parameters(node),
        window=window,
    )


def _elements_in(node: Node, graph: ExportedGraph) -> int:
    return sum(graph.elements(source) for source in graph.activations(node))


def _rides(node: Node) -> bool:
    other = argument(node, "other")
    return operation(node) in _RIDE_WITH_A_NUMBER and isinstance(other, Number)
