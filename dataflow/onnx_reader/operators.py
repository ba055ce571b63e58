"""ONNX operators as layers: which are supported, and how each becomes a layer of the network."""

from __future__ import annotations

import math
from collections.abc import Mapping

import onnx

from heddle.dataflow.network import VectorLayer, VectorOp
from heddle.dataflow.onnx_reader.attention import translate_attention
from heddle.dataflow.onnx_reader.convolutions import translate_conv, translate_transposed_conv
from heddle.dataflow.onnx_reader.einsum import translate_einsum
from heddle.dataflow.onnx_reader.layers import MadeLayer, Translator, attribute_ints, layer_name
from heddle.dataflow.onnx_reader.model_file import node_name, operator_names
from heddle.dataflow.onnx_reader.products import translate_gemm, translate_matmul
from heddle.dataflow.onnx_reader.recurrent import translate_recurrence
from heddle.dataflow.onnx_reader.tensors import OnnxTensors

# No arithmetic and no pass over the data: the next layer's addresses do the work, or a constant is computed once.
QUANTISING_OPERATORS = frozenset({"QuantizeLinear", "DequantizeLinear"})
FREE_OPERATORS = QUANTISING_OPERATORS | operator_names(
    "Cast CastLike Constant ConstantOfShape DepthToSpace Dropout Expand EyeLike Flatten Identity Range Reshape "
    "Shape Size Slice SpaceToDepth Split Squeeze Transpose Unsqueeze"
)

# What a user can do about operators that are not supported.
ADVICE: Mapping[str, str] = {
    "If": "its condition depends on the input; export with fixed sizes, or without the branch",
    "Loop": "unroll it in the export",
    "Scan": "unroll it in the export",
    **dict.fromkeys(
        ("NonMaxSuppression", "NonZero", "TopK", "Unique"),
        "cut the model before its selection of results, which trains nothing",
    ),
}

_UNARY: Mapping[VectorOp, frozenset[str]] = {
    "activation": operator_names("Clip HardSigmoid LeakyRelu PRelu Relu Shrink ThresholdedRelu"),
    "smooth_activation": operator_names("Celu Elu Erf Gelu HardSwish Mish Selu Sigmoid Softplus Softsign Swish Tanh"),
    "elementwise": operator_names(
        "Abs Ceil Cos Exp Floor IsInf IsNaN Log Neg Not Pad Reciprocal Resize RotaryEmbedding Round Sign Sin Sqrt Tile "
        "Trilu"
    ),
    "softmax": frozenset({"Softmax", "LogSoftmax"}),
    "batchnorm": frozenset({"BatchNormalization"}),
    "layernorm": operator_names(
        "GroupNormalization InstanceNormalization LRN LayerNormalization LpNormalization "
        "MeanVarianceNormalization RMSNormalization"
    ),
}
_COMBINING = operator_names(
    "Add And Concat Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or Pow Sub Sum Where Xor"
)
_WINDOW_POOLS = frozenset({"AveragePool", "LpPool", "MaxPool"})
_RECURRENT = frozenset({"GRU", "LSTM", "RNN"})
_REDUCTIONS = operator_names(
    "ArgMax ArgMin GlobalAveragePool GlobalLpPool GlobalMaxPool ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp "
    "ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare"
)
# Operators whose second and third inputs are learned, and those that learn any constant they combine with.
_SCALE_AND_SHIFT = _UNARY["batchnorm"] | _UNARY["layernorm"] | {"PRelu"}
_LEARNS_CONSTANTS = frozenset({"Add", "Div", "Mul", "Sub"})


def translate_gather(node: onnx.NodeProto, tensors: OnnxTensors) -> tuple[MadeLayer, ...]:
    """An embedding where a table is looked up by activations; picking from activations is free."""
    table = node.input[0]
    if not tensors.is_constant(table):
        return ()
    size = tensors.elements(node, node.output[0])
    parameters = tensors.claim_parameters((table,))
    layer = VectorLayer(layer_name(node, tensors, table), "embedding", size, size, parameters=parameters)
    return (MadeLayer(layer, tensors.numbers_of(table)),)


def translate_combining(node: onnx.NodeProto, tensors: OnnxTensors) -> tuple[MadeLayer, ...]:
    """An element-wise operator on several inputs: a residual sum where two activations of one shape are added."""
    activations = tensors.activations(node)
    shapes = [tensors.shape(node, name) for name in activations]
    is_residual = node.op_type in ("Add", "Sum") and len(shapes) > 1 and len(set(shapes)) == 1
    constants = tuple(name for name in node.input if name and tensors.is_constant(name))
    layer = VectorLayer(
        node_name(node),
        "residual" if is_residual else "elementwise",
        sum(tensors.elements(node, name) for name in activations),
        tensors.elements(node, node.output[0]),
    )
    return (MadeLayer(layer, learned=constants if node.op_type in _LEARNS_CONSTANTS else ()),)


def translate_window_pool(node: onnx.NodeProto, tensors: OnnxTensors) -> tuple[MadeLayer, ...]:
    """A pooling with a kernel."""
    window = math.prod(attribute_ints(node, "kernel_shape"))
    inputs, outputs = tensors.elements(node, node.input[0]), tensors.elements(node, node.output[0])
    return (MadeLayer(VectorLayer(node_name(node), "pool", inputs, outputs, window=max(window, 1))),)


def translate_reduction(node: onnx.NodeProto, tensors: OnnxTensors) -> tuple[MadeLayer, ...]:
    """A reduction over whole axes, global pooling among them."""
    inputs, outputs = tensors.elements(node, node.input[0]), tensors.elements(node, node.output[0])
    return (MadeLayer(VectorLayer(node_name(node), "pool", inputs, outputs, window=max(inputs // outputs, 1))),)


def _unary_translator(kind: VectorOp) -> Translator:
    def translate(node: onnx.NodeProto, tensors: OnnxTensors) -> tuple[MadeLayer, ...]:
        learned = node.input[1:3] if node.op_type in _SCALE_AND_SHIFT else ()
        layer = VectorLayer(
            node_name(node),
            kind,
            tensors.elements(node, node.input[0]),
            tensors.elements(node, node.output[0]),
        )
        return (MadeLayer(layer, learned=tuple(name for name in learned if name)),)

    return translate


def _translators() -> dict[str, Translator]:
    table: dict[str, Translator] = {
        "Attention": translate_attention,
        "Conv": translate_conv,
        "ConvTranspose": translate_transposed_conv,
        "Einsum": translate_einsum,
        "Gemm": translate_gemm,
        "MatMul": translate_matmul,
        "Gather": translate_gather,
    }
    table.update(dict.fromkeys(_RECURRENT, translate_recurrence))
    for kind, operators in _UNARY.items():
        table.update(dict.fromkeys(operators, _unary_translator(kind)))
    table.update(dict.fromkeys(_COMBINING, translate_combining))
    table.update(dict.fromkeys(_WINDOW_POOLS, translate_window_pool))
    table.update(dict.fromkeys(_REDUCTIONS, translate_reduction))
    return table


TRANSLATORS: Mapping[str, Translator] = _translators()
