"""Integer operators of quantised exports as the floating-point ones that they stand for.

Training here is of floating point: quantised tensors are read as dense ones of the design's format. So a node on
integers becomes its floating-point counterpart on the same data; scales and zero points fall away, and so do the
nodes that quantise, or that multiply by a scale found in the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import onnx
from onnx import TensorProto, helper

from heddle.dataflow.onnx_reader.model_file import STANDARD_DOMAINS

_VENDOR_DOMAIN = "com.microsoft"
_INTEGERS: frozenset[int] = frozenset({TensorProto.INT8, TensorProto.UINT8})


@dataclass(frozen=True)
class _Counterpart:
    """A floating-point operator, and which inputs of the integer one are its data; ``bias`` is stored as INT32."""

    operator: str
    data: tuple[int, ...]
    bias: int | None = None


_STANDARD: Mapping[str, _Counterpart] = {
    "ConvInteger": _Counterpart("Conv", (0, 1)),
    "MatMulInteger": _Counterpart("MatMul", (0, 1)),
    "QLinearConv": _Counterpart("Conv", (0, 3, 8), bias=8),
    "QLinearMatMul": _Counterpart("MatMul", (0, 3)),
}
_VENDOR: Mapping[str, _Counterpart] = {
    "QGemm": _Counterpart("Gemm", (0, 3, 6), bias=6),
    "QLinearAdd": _Counterpart("Add", (0, 3)),
    "QLinearAveragePool": _Counterpart("AveragePool", (0,)),
    "QLinearGlobalAveragePool": _Counterpart("GlobalAveragePool", (0,)),
    "QLinearLeakyRelu": _Counterpart("LeakyRelu", (0,)),
    "QLinearMul": _Counterpart("Mul", (0, 3)),
    "QLinearSigmoid": _Counterpart("Sigmoid", (0,)),
    "QLinearSoftmax": _Counterpart("Softmax", (0,)),
}
_DYNAMIC = "DynamicQuantizeLinear"
_QUANTISING = frozenset({"QuantizeLinear", "DequantizeLinear"})


def without_integers(model: onnx.ModelProto) -> tuple[str, ...]:
    """Turn the integer operators of ``model`` into floating-point ones, in place; return a remark on them.

    A model with none is left as it is, one that only quantises and undoes it (QDQ) too.
    """
    graph = model.graph
    integer = {node.op_type for node in graph.node if _counterpart(node) is not None or _is_dynamic(node)}
    if not integer:
        return ()
    floating, walk = _floating_type(graph), _Replacing({tensor.name for tensor in graph.initializer})
    nodes = [made for node in graph.node for made in walk.replaced(node)]
    del graph.node[:]
    graph.node.extend(nodes)
    for tensor in graph.initializer:
        if tensor.data_type in _INTEGERS or tensor.name in walk.biases:
            _forget_values(tensor, floating)
    for value in graph.input:
        _set_type(value, _INTEGERS, floating)
    for value in graph.output:
        _set_type(value, _INTEGERS | {TensorProto.INT32}, floating)
    return (f"operators on integers are read as dense FP16 ones: {', '.join(sorted(integer))}",)


def _counterpart(node: onnx.NodeProto) -> _Counterpart | None:
    if any(attribute.name == "channels_last" and attribute.i for attribute in node.attribute):
        return None
    table = _STANDARD if node.domain in STANDARD_DOMAINS else _VENDOR if node.domain == _VENDOR_DOMAIN else {}
    return table.get(node.op_type)


def _is_dynamic(node: onnx.NodeProto) -> bool:
    return node.op_type == _DYNAMIC and node.domain in STANDARD_DOMAINS


class _Replacing:
    """The walk over the nodes: ``biases`` are stored as integers, and scales those that are found in the run."""

    def __init__(self, stored: set[str]) -> None:
        self.biases: set[str] = set()
        self._stored = stored
        self._scales: set[str] = set()

    def replaced(self, node: onnx.NodeProto) -> Iterator[onnx.NodeProto]:
        """Yield what stands for ``node``."""
        counterpart = _counterpart(node)
        if counterpart is not None:
            yield self._floating(node, counterpart)
        elif _is_dynamic(node):
            yield helper.make_node("Identity", [node.input[0]], [node.output[0]], node.name)
            yield self._scale(node.output[1])
        elif node.op_type in _QUANTISING:
            yield helper.make_node("Identity", [node.input[0]], [node.output[0]], node.name)
        elif node.op_type == "Mul" and self._scales.intersection(node.input):
            yield self._scaled(node)
        else:
            yield node

    def _floating(self, node: onnx.NodeProto, counterpart: _Counterpart) -> onnx.NodeProto:
        data = [node.input[place] for place in counterpart.data if place < len(node.input)]
        if counterpart.bias is not None and counterpart.bias < len(node.input):
            self.biases.add(node.input[counterpart.bias])
        made = helper.make_node(counterpart.operator, data, [node.output[0]], node.name)
        known = onnx.defs.get_schema(counterpart.operator).attributes
        made.attribute.extend(attribute for attribute in node.attribute if attribute.name in known)
        return made

    def _scaled(self, node: onnx.NodeProto) -> onnx.NodeProto:
        """A scale again where the other factor is stored, else the other factor itself."""
        others = [name for name in node.input if name not in self._scales]
        if all(name in self._stored for name in others):
            return self._scale(node.output[0])
        return helper.make_node("Identity", others[:1], [node.output[0]], node.name)

    def _scale(self, name: str) -> onnx.NodeProto:
        """A scale, as one, for whatever else asks for it."""
        self._scales.add(name)
        return helper.make_node("Constant", [], [name], value=helper.make_tensor("one", TensorProto.FLOAT, [], [1.0]))


def _set_type(value: onnx.ValueInfoProto, kinds: frozenset[int], floating: int) -> None:
    if value.type.HasField("tensor_type") and value.type.tensor_type.elem_type in kinds:
        value.type.tensor_type.elem_type = floating


def _floating_type(graph: onnx.GraphProto) -> int:
    """The type of what the file has in floating point."""
    found = [tensor.data_type for tensor in graph.initializer if tensor.data_type == TensorProto.FLOAT16]
    return TensorProto.FLOAT16 if found else TensorProto.FLOAT


def _forget_values(tensor: onnx.TensorProto, kind: int) -> None:
    """Give a stored tensor another type; its values, of which none is needed, are left out."""
    dims, name = list(tensor.dims), tensor.name
    tensor.Clear()
    tensor.name, tensor.data_type = name, kind
    tensor.dims.extend(dims)
