"""One walk over a graph with all input sizes set: the type and shape of every tensor, and constants computed ahead.

Each node is inferred by itself, by ONNX's own inference, once everything before it is known. So values that folding
finds (targets of a Reshape, lengths of a Range, the condition of an If) are there when the next node needs them, and
the time grows with the number of nodes.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import onnx
from google.protobuf.message import DecodeError, EncodeError  # type: ignore[import-untyped]  # it ships no types
from onnx import checker, helper, numpy_helper, shape_inference

from heddle.arch.errors import HeddleError
from heddle.dataflow.onnx_reader.folding import LARGEST_VALUE, FoldingBudget, Value, evaluate
from heddle.dataflow.onnx_reader.model_file import STANDARD_DOMAINS, first_line, node_name, schema_of
from heddle.dataflow.onnx_reader.stored import LARGEST_VALUE_NEEDED, stored_value

Shape = tuple[int, ...]

_SHAPE_READERS = ("Shape", "Size")
_TAKES_SHAPE = frozenset({"ConstantOfShape", "Expand", "Reshape", "Tile"})


@dataclass(frozen=True)
class InferredGraph:
    """Nodes in execution order, those left out whose outputs are known constants.

    ``shapes`` holds every tensor whose shape is wholly known; ``constants`` are the tensors that were computed ahead;
    ``batched`` are those that depend on an input with a batch.
    """

    nodes: tuple[onnx.NodeProto, ...]
    shapes: Mapping[str, Shape]
    constants: frozenset[str]
    batched: frozenset[str]


def infer_graph(
    path: str, model: onnx.ModelProto, learned: Collection[str], batched_inputs: Iterable[str]
) -> InferredGraph:
    """Infer the shapes of ``model``, whose inputs have fixed sizes; ``batched_inputs`` are those with a batch.

    Nothing is computed from the stored tensors that are ``learned``: they change, and have to be found again.
    What stays unknown is left out of the result. Raises HeddleError for a damaged graph and for shapes that do not
    fit each other.
    """
    try:
        checker.check_model(model)
    except (checker.ValidationError, ValueError, RuntimeError, EncodeError, DecodeError) as error:
        raise HeddleError(f"{path}: it is a damaged ONNX model: {first_line(error)}") from None
    walk = _Walk(path, model, frozenset(learned), set(batched_inputs))
    walk.run(model.graph)
    shapes = {name: shape for name, value in walk.types.items() if (shape := fixed_shape(value)) is not None}
    return InferredGraph(tuple(walk.kept), shapes, frozenset(walk.constants), frozenset(walk.batched))


@dataclass
class _Walk:
    """What is known after the nodes so far."""

    path: str
    model: onnx.ModelProto
    learned: frozenset[str]
    batched: set[str]
    types: dict[str, onnx.TypeProto] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    constants: set[str] = field(default_factory=set)
    kept: list[onnx.NodeProto] = field(default_factory=list)
    budget: FoldingBudget = field(default_factory=FoldingBudget)

    def run(self, graph: onnx.GraphProto) -> None:
        for value in graph.input:
            self.types[value.name] = value.type
        self._store(graph.initializer)
        waiting = deque(graph.node)
        while waiting:
            node = waiting.popleft()
            branch = self._branch(node)
            if branch is not None:
                self._store(branch.initializer)
                waiting.extendleft(reversed(_inlined(branch, node)))
            elif not self._fold(node):
                self._infer(node)
                self.kept.append(node)

    def _store(self, tensors: Iterable[onnx.TensorProto]) -> None:
        for tensor in tensors:
            self.types[tensor.name] = helper.make_tensor_type_proto(tensor.data_type, list(tensor.dims))
            if math.prod(tensor.dims) <= LARGEST_VALUE_NEEDED:
                value = stored_value(tensor)
                if value is not None:
                    self.values[tensor.name] = value

    def _branch(self, node: onnx.NodeProto) -> onnx.GraphProto | None:
        """The branch that an If with a known condition takes."""
        condition = self.values.get(node.input[0]) if node.op_type == "If" and len(node.input) == 1 else None
        if condition is None or condition.size != 1:
            return None
        wanted = "then_branch" if condition.item() else "else_branch"
        return next((attribute.g for attribute in node.attribute if attribute.name == wanted), None)

    def _fold(self, node: onnx.NodeProto) -> bool:
        """Compute the node's outputs where they follow from constants and fixed shapes; True where that worked."""
        if node.domain not in STANDARD_DOMAINS:
            return False
        made = self._stored_constant(node) if node.op_type == "Constant" else self._computed(node)
        if made is None:
            return False
        for name, value in zip(node.output, made, strict=False):
            if name:
                self.values[name], self.types[name] = value, _type_of(value)
                self.constants.add(name)
        return True

    def _computed(self, node: onnx.NodeProto) -> tuple[Value, ...] | None:
        if node.op_type in _SHAPE_READERS and len(node.input) == 1:
            shape = fixed_shape(self.types.get(node.input[0]))
            return None if shape is None else (_shape_read(node, shape),)
        if any(name and (name not in self.values or name in self.learned) for name in node.input):
            return None
        values = [self.values[name] if name else None for name in node.input]
        return evaluate(node, values, self.model.opset_import, self.budget)

    @staticmethod
    def _stored_constant(node: onnx.NodeProto) -> tuple[Value] | None:
        for attribute in node.attribute:
            if attribute.name == "value" and math.prod(attribute.t.dims) <= LARGEST_VALUE:
                value = stored_value(attribute.t)
                return None if value is None else (value,)
            if attribute.name in ("value_int", "value_ints"):
                return (np.array(helper.get_attribute_value(attribute), np.int64),)
            if attribute.name in ("value_float", "value_floats"):
                return (np.array(helper.get_attribute_value(attribute), np.float32),)
        return None

    def _infer(self, node: onnx.NodeProto) -> None:
        """Infer the node's outputs from its inputs; what depends on something unknown is unknown itself."""
        inputs = [name for name in dict.fromkeys(node.input) if name]
        if node.op_type not in _SHAPE_READERS and any(name in self.batched for name in inputs):
            self.batched.update(name for name in node.output if name)
        if any(name not in self.types for name in inputs) or not _has_schema(node, self.model):
            return
        if node.op_type in _TAKES_SHAPE and any(self._is_long(name) for name in inputs[-1:]):
            return
        try:
            single = self._single(node, inputs)
            inferred = shape_inference.infer_shapes(single, strict_mode=True).graph
        except (shape_inference.InferenceError, RuntimeError, ValueError, TypeError, EncodeError, DecodeError) as error:
            raise HeddleError(
                f"{self.path}: its shapes cannot be inferred: node {node_name(node)!r} ({node.op_type}): "
                f"{first_line(error)}"
            ) from None
        for value in inferred.output:
            if value.type.WhichOneof("value") is not None:
                self.types[value.name] = value.type
        if node.op_type == "Reshape":
            self._check_reshape(node)

    def _single(self, node: onnx.NodeProto, inputs: Sequence[str]) -> onnx.ModelProto:
        """A model of this node alone, with the values of its small inputs."""
        small = {name: self.values[name] for name in inputs if self._is_needed(name)}
        graph = helper.make_graph(
            [node],
            "one",
            [onnx.ValueInfoProto(name=name, type=self.types[name]) for name in inputs if name not in small],
            [helper.make_empty_tensor_value_info(name) for name in node.output if name],
            [numpy_helper.from_array(value, name) for name, value in small.items()],
        )
        return helper.make_model(graph, opset_imports=self.model.opset_import)

    def _is_needed(self, name: str) -> bool:
        return name in self.values and self.values[name].size <= LARGEST_VALUE_NEEDED

    def _is_long(self, name: str) -> bool:
        """True for a vector that is too long to be a shape; ONNX's inference would make a dimension of each entry."""
        shape = fixed_shape(self.types[name])
        return shape is None or math.prod(shape) > LARGEST_VALUE_NEEDED

    def _check_reshape(self, node: onnx.NodeProto) -> None:
        """Refuse a Reshape onto another number of elements, which ONNX's inference lets pass."""
        before, after = (fixed_shape(self.types.get(name)) for name in (node.input[0], node.output[0]))
        if before is not None and after is not None and math.prod(before) != math.prod(after):
            raise HeddleError(
                f"{self.path}: node {node_name(node)!r} (Reshape): shape {list(before)} does not fit its target "
                f"{list(after)}; a size of the export, perhaps its batch, is fixed inside the file; give the sizes of "
                "the export with --input"
            )


def fixed_shape(kind: onnx.TypeProto | None) -> Shape | None:
    """The shape of a tensor type where every size is known."""
    if kind is None or not kind.HasField("tensor_type") or not kind.tensor_type.HasField("shape"):
        return None
    dims = kind.tensor_type.shape.dim
    if not all(dim.HasField("dim_value") and dim.dim_value >= 0 for dim in dims):
        return None
    return tuple(dim.dim_value for dim in dims)


def _shape_read(node: onnx.NodeProto, shape: Shape) -> Value:
    if node.op_type == "Size":
        return np.array(min(math.prod(shape), np.iinfo(np.int64).max), np.int64)
    limits = {attribute.name: attribute.i for attribute in node.attribute}
    return np.array(shape[limits.get("start", 0) : limits.get("end")], np.int64)


def _inlined(branch: onnx.GraphProto, node: onnx.NodeProto) -> list[onnx.NodeProto]:
    """The branch's nodes, and its outputs under the names that the If gives them."""
    results = zip(branch.output, node.output, strict=False)
    return [*branch.node, *(helper.make_node("Identity", [inner.name], [name]) for inner, name in results if name)]


def _type_of(value: Value) -> onnx.TypeProto:
    return helper.make_tensor_type_proto(helper.np_dtype_to_tensor_dtype(value.dtype), list(value.shape))


def _has_schema(node: onnx.NodeProto, model: onnx.ModelProto) -> bool:
    """True for an operator that this onnx knows and that has no graph inside, which would reach out of the node."""
    if any(attribute.HasField("g") or attribute.graphs for attribute in node.attribute):
        return False
    return schema_of(node, model) is not None
