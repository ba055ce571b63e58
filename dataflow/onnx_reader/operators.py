"""ONNX operators as layers: which are supported, and how each becomes a layer of the network."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import onnx

from heddle.dataflow.network import ConvLayer, Layer, LinearLayer, MatmulLayer, VectorLayer, VectorOp
from heddle.dataflow.onnx_tensors import OnnxTensors, node_name


def _operators(names: str) -> frozenset[str]:
    """A set of operators, written as words."""
    return frozenset(names.split())


# No arithmetic and no pass over the data: the next layer's addresses do the work, or a constant is computed once.
FREE_OPERATORS = _operators(
    "Cast CastLike Constant ConstantOfShape DepthToSpace Dropout Expand EyeLike Flatten Identity Range Reshape "
    "Shape Size Slice SpaceToDepth Split Squeeze Transpose Unsqueeze"
)

_UNARY: Mapping[VectorOp, frozenset[str]] = {
    "activation": _operators("Clip HardSigmoid LeakyRelu PRelu Relu Shrink ThresholdedRelu"),
    "smooth_activation": _operators("Celu Elu Erf Gelu HardSwish Mish Selu Sigmoid Softplus Softsign Swish Tanh"),
    "elementwise": _operators(
        "Abs Ceil Cos Exp Floor IsInf IsNaN Log Neg Not Pad Reciprocal Resize Round Sign Sin Sqrt Tile Trilu"
    ),
    "softmax": frozenset({"Softmax", "LogSoftmax"}),
    "batchnorm": frozenset({"BatchNormalization"}),
    "layernorm": _operators(
        "GroupNormalization InstanceNormalization LRN LayerNormalization LpNormalization "
        "MeanVarianceNormalization RMSNormalization"
    ),
}
_COMBINING = _operators(
    "Add And Concat Div Equal Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or Pow Sub Sum Where Xor"
)
_WINDOW_POOLS = frozenset({"AveragePool", "LpPool", "MaxPool"})
_REDUCTIONS = _operators(
    "ArgMax ArgMin GlobalAveragePool GlobalLpPool GlobalMaxPool ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp "
    "ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare"
)
# Operators whose second and third inputs are learned, and those that learn any constant they combine with.
_SCALE_AND_SHIFT = _UNARY["batchnorm"] | _UNARY["layernorm"] | {"PRelu"}
_LEARNS_CONSTANTS = frozenset({"Add", "Div", "Mul", "Sub"})

Translator = Callable[[onnx.NodeProto, OnnxTensors], Layer | None]


def translate_conv(node: onnx.NodeProto, tensors: OnnxTensors) -> Layer:
    """A convolution; a 1-D one has height 1. Dilation changes neither taps nor multiply-adds."""
    weight = _weight_shape(node, tensors)
    data = tensors.shape(node, node.input[0])
    out = tensors.shape(node, node.output[0])
    if len(weight) not in (3, 4) or len(data) != len(weight) or len(out) != len(weight):
        raise tensors.error(
            node, f"a weight of shape {list(weight)} is not supported (valid: 1-D and 2-D convolutions)"
        )
    spatial = len(weight) - 2
    groups = _int(node, "group", 1)
    if groups < 1 or data[1] != weight[1] * groups or weight[0] % groups:
        raise tensors.error(node, f"group {groups} does not fit the shapes {list(data)} and {list(weight)}")
    strides = _planar(_ints(node, "strides") or (1,) * spatial)
    kernel = _planar(weight[2:])
    in_size, out_size = _planar(data[2:]), _planar(out[2:])
    return ConvLayer(
        name=_weighted_name(node, tensors),
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
        bias=_has_constant(node, 2, tensors),
    )


def translate_gemm(node: onnx.NodeProto, tensors: OnnxTensors) -> Layer:
    """A fully connected layer: the samples are its rows."""
    weight = _weight_shape(node, tensors)
    data = tensors.shape(node, node.input[0])
    if _int(node, "transA", 0):
        raise tensors.error(node, "a transposed left operand (transA) is not supported")
    inner, outer = weight[::-1] if _int(node, "transB", 0) else weight
    return LinearLayer(
        _weighted_name(node, tensors),
        tensors.per_sample(node, "its rows", data[0]),
        inner,
        outer,
        bias=_has_constant(node, 2, tensors),
    )


def translate_matmul(node: onnx.NodeProto, tensors: OnnxTensors) -> Layer:
    """A linear layer where one operand is a weight matrix, else a product of two activations."""
    left = tensors.shape(node, node.input[0])
    right = tensors.shape(node, node.input[1])
    left = left if len(left) > 1 else (1, *left)
    right = right if len(right) > 1 else (*right, 1)
    if tensors.is_constant(node.input[0]):
        rows = math.prod(right[:-2]) * right[-1]
        return _matrix_layer(node, tensors, rows, weight=left, inner=left[-1], outer=left[-2])
    if tensors.is_constant(node.input[1]):
        rows = math.prod(left[:-1])
        return _matrix_layer(node, tensors, rows, weight=right, inner=right[-2], outer=right[-1])
    count = max(math.prod(left[:-2]), math.prod(right[:-2]))
    return MatmulLayer(
        node_name(node),
        left[-2],
        left[-1],
        right[-1],
        tensors.per_sample(node, "its products", count),
    )


def _matrix_layer(
    node: onnx.NodeProto, tensors: OnnxTensors, rows: int, *, weight: tuple[int, ...], inner: int, outer: int
) -> LinearLayer:
    if math.prod(weight[:-2]) != 1:
        raise tensors.error(
            node, f"a stack of weight matrices, shape {list(weight)}, is not supported (valid: one matrix)"
        )
    tensors.claim_parameters(node.input)
    return LinearLayer(_weighted_name(node, tensors), tensors.per_sample(node, "its rows", rows), inner, outer)


def translate_gather(node: onnx.NodeProto, tensors: OnnxTensors) -> Layer | None:
    """An embedding where a table is looked up by activations; picking from activations is free."""
    if not tensors.is_constant(node.input[0]):
        return None
    size = tensors.elements(node, node.output[0])
    parameters = tensors.claim_parameters(node.input[:1])
    return VectorLayer(_module_or_node(node, node.input[0], tensors), "embedding", size, size, parameters=parameters)


def translate_combining(node: onnx.NodeProto, tensors: OnnxTensors) -> Layer:
    """An element-wise operator on several inputs: a residual sum where two activations of one shape are added."""
    activations = tensors.activations(node)
    shapes = [tensors.shape(node, name) for name in activations]
    is_residual = node.op_type in ("Add", "Sum") and len(shapes) > 1 and len(set(shapes)) == 1
    constants = [name for name in node.input if name and tensors.is_constant(name)]
    return VectorLayer(
        node_name(node),
        "residual" if is_residual else "elementwise",
        sum(tensors.elements(node, name) for name in activations),
        tensors.elements(node, node.output[0]),
        parameters=tensors.claim_parameters(constants) if node.op_type in _LEARNS_CONSTANTS else 0,
    )


def translate_window_pool(node: onnx.NodeProto, tensors: OnnxTensors) -> Layer:
    """A pooling with a kernel."""
    window = math.prod(_ints(node, "kernel_shape"))
    inputs, outputs = tensors.elements(node, node.input[0]), tensors.elements(node, node.output[0])
    return VectorLayer(node_name(node), "pool", inputs, outputs, window=max(window, 1))


def translate_reduction(node: onnx.NodeProto, tensors: OnnxTensors) -> Layer:
    """A reduction over whole axes, global pooling among them."""
    inputs, outputs = tensors.elements(node, node.input[0]), tensors.elements(node, node.output[0])
    return VectorLayer(node_name(node), "pool", inputs, outputs, window=max(inputs // outputs, 1))


def _unary_translator(kind: VectorOp) -> Translator:
    def translate(node: onnx.NodeProto, tensors: OnnxTensors) -> Layer:
        learned = node.input[1:3] if node.op_type in _SCALE_AND_SHIFT else ()
        return VectorLayer(
            node_name(node),
            kind,
            tensors.elements(node, node.input[0]),
            tensors.elements(node, node.output[0]),
            parameters=tensors.claim_parameters(name for name in learned if name),
        )

    return translate


def _translators() -> dict[str, Translator]:
    table: dict[str, Translator] = {
        "Conv": translate_conv,
        "Gemm": translate_gemm,
        "MatMul": translate_matmul,
        "Gather": translate_gather,
    }
    for kind, operators in _UNARY.items():
        table.update(dict.fromkeys(operators, _unary_translator(kind)))
    table.update(dict.fromkeys(_COMBINING, translate_combining))
    table.update(dict.fromkeys(_WINDOW_POOLS, translate_window_pool))
    table.update(dict.fromkeys(_REDUCTIONS, translate_reduction))
    return table


TRANSLATORS: Mapping[str, Translator] = _translators()


def _weight_shape(node: onnx.NodeProto, tensors: OnnxTensors) -> tuple[int, ...]:
    if not tensors.is_constant(node.input[1]):
        raise tensors.error(node, f"its weight {node.input[1]!r} is computed from the input, which is not supported")
    tensors.claim_parameters(node.input[1:])
    return tensors.shape(node, node.input[1])


def _weighted_name(node: onnx.NodeProto, tensors: OnnxTensors) -> str:
    constant = next((name for name in node.input if name and tensors.is_constant(name)), "")
    return _module_or_node(node, constant, tensors)


def _module_or_node(node: onnx.NodeProto, weight: str, tensors: OnnxTensors) -> str:
    return tensors.module_of(weight) or node_name(node)


def _has_constant(node: onnx.NodeProto, position: int, tensors: OnnxTensors) -> bool:
    return len(node.input) > position and tensors.is_constant(node.input[position])


def _planar(sizes: tuple[int, ...]) -> tuple[int, int]:
    """Height and width; a single size is a width."""
    return (1, sizes[0]) if len(sizes) == 1 else (sizes[0], sizes[1])


def _attribute(node: onnx.NodeProto, name: str) -> onnx.AttributeProto | None:
    return next((attribute for attribute in node.attribute if attribute.name == name), None)


def _int(node: onnx.NodeProto, name: str, default: int) -> int:
    attribute = _attribute(node, name)
    return default if attribute is None else int(attribute.i)


def _ints(node: onnx.NodeProto, name: str) -> tuple[int, ...]:
    attribute = _attribute(node, name)
    return () if attribute is None else tuple(attribute.ints)
