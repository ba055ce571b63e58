"""ONNX models as networks: operators become layers in execution order, with sizes per sample.

``model_file`` reads the file, ``sizes`` settles its inputs, ``inference`` finds the shapes and ``operators`` knows what
each operator becomes; here the graph is walked once. Which layers get no input gradient follows from the graph: those
with nothing learned between them and the network's inputs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import onnx

from heddle.arch.errors import HeddleError, first_names
from heddle.dataflow.assemble import assemble_network
from heddle.dataflow.input_sizes import InputSizes
from heddle.dataflow.network import ConvLayer, Layer, LinearLayer, MatmulLayer, Network, VectorLayer
from heddle.dataflow.onnx_reader.batch_axis import defined_batch_axes
from heddle.dataflow.onnx_reader.inference import infer_graph
from heddle.dataflow.onnx_reader.layers import MadeLayer
from heddle.dataflow.onnx_reader.model_file import (
    STANDARD_DOMAINS,
    at_known_opset,
    node_name,
    pass_over_unknown_attributes,
    read_model,
    schema_of,
)
from heddle.dataflow.onnx_reader.operators import ADVICE, FREE_OPERATORS, QUANTISING_OPERATORS, TRANSLATORS
from heddle.dataflow.onnx_reader.quantised import without_integers
from heddle.dataflow.onnx_reader.sizes import GraphInput, SettledInputs, settle_inputs
from heddle.dataflow.onnx_reader.stored import detach_weights
from heddle.dataflow.onnx_reader.tensors import OnnxGraph, OnnxTensors

_LARGEST_BATCH = 1 << 20
_ANY_SIZES = InputSizes()


def read_onnx(path: str | Path, batch_hint: int = 1, sizes: InputSizes = _ANY_SIZES) -> Network:
    """Read an ONNX model (operator set 7 or later); the network takes the file's stem as its name.

    ``batch_hint`` is the value that an open batch takes while shapes are inferred; the layers hold sizes per sample
    whatever it is. ``sizes`` says which dimension is the batch, where the file does not, and gives open dimensions
    their sizes. Raises HeddleError for a file that is missing, damaged or no model, for a batch that cannot be told,
    for sizes that stay open, and once for all operators that are not supported.
    """
    if not 1 <= batch_hint <= _LARGEST_BATCH:
        raise HeddleError(f"batch {batch_hint} is not valid (valid: 1 to {_LARGEST_BATCH})")
    graph, notes = _read_graph(str(path), batch_hint, sizes)
    walk = _GraphWalk(graph)
    _refuse_unsupported(graph)
    for node in graph.nodes:
        walk.visit(node)
    walk.count_learned()
    if not any(isinstance(layer, ConvLayer | LinearLayer | MatmulLayer) for layer in walk.layers):
        raise HeddleError(f"{path}: it holds no convolution and no matrix product of activations")
    notes = (*notes, *walk.tensors.notes, *_decomposition_note(graph.nodes), *_quantisation_note(graph.nodes))
    return assemble_network(Path(path).stem, str(path), walk.layers, walk.data_fed, notes, walk.shared)


def _read_graph(path: str, batch_hint: int, sizes: InputSizes) -> tuple[OnnxGraph, tuple[str, ...]]:
    """The file's graph with all that can be known of its tensors, and remarks on how it was read."""
    model = read_model(path)
    quantised = without_integers(model)
    _refuse_undefined(path, model)
    notes = pass_over_unknown_attributes(model)
    learned = detach_weights(path, model)
    model, conversion = at_known_opset(path, model)
    settled = _settle(path, model.graph, learned, sizes, batch_hint)
    _forget_stored_shapes(model.graph)
    weights = [name for name, numbers in learned.items() if numbers]
    inferred = infer_graph(path, model, weights, settled.batched)
    constants = {**dict.fromkeys(inferred.constants, 0), **learned}
    graph = OnnxGraph(path, settled.batch, inferred.nodes, inferred.shapes, constants, inferred.batched)
    return graph, (*conversion, *notes, *quantised, *settled.notes)


def _settle(
    path: str, graph: onnx.GraphProto, stored: Mapping[str, int], sizes: InputSizes, batch_hint: int
) -> SettledInputs:
    """Give every input of the graph its sizes."""
    values = [value for value in graph.input if value.name not in stored]
    for value in values:
        if not value.type.HasField("tensor_type") or not value.type.tensor_type.HasField("shape"):
            raise HeddleError(f"{path}: input {value.name!r} has no shape; export the model with its dimensions")
    axes = defined_batch_axes(graph, values)
    inputs = [GraphInput(value.name, _dims(path, value), axes.get(value.name)) for value in values]
    settled = settle_inputs(path, inputs, sizes, batch_hint)
    for value in values:
        for dim, size in zip(value.type.tensor_type.shape.dim, settled.shapes[value.name], strict=True):
            dim.dim_value = size
    return settled


def _dims(path: str, value: onnx.ValueInfoProto) -> tuple[int | str, ...]:
    """Sizes of an input, an open one as its name."""
    dims: list[int | str] = []
    for axis, dim in enumerate(value.type.tensor_type.shape.dim):
        if dim.HasField("dim_value") and dim.dim_value == 0:
            raise HeddleError(
                f"{path}: input {value.name!r} is empty: its size is 0 at dimension {axis}; export the model with "
                "fixed sizes, an open batch with a name"
            )
        is_fixed = dim.HasField("dim_value") and dim.dim_value > 0
        dims.append(int(dim.dim_value) if is_fixed else dim.dim_param)
    return tuple(dims)


def _forget_stored_shapes(graph: onnx.GraphProto) -> None:
    """Drop the exporter's own shapes: they may hold the symbols that the sizes just replaced.

    An output that declares no shape is no longer listed as one, which the checker would insist on; inference
    finds its shape like that of any other tensor.
    """
    del graph.value_info[:]
    shaped = [value for value in graph.output if _declares_shape(value)]
    del graph.output[:]
    graph.output.extend(shaped)
    for value in graph.output:
        if value.type.HasField("tensor_type"):
            for dim in value.type.tensor_type.shape.dim:
                dim.Clear()


def _declares_shape(value: onnx.ValueInfoProto) -> bool:
    """False for a tensor without a shape and for a value without any type."""
    kind = value.type.WhichOneof("value")
    return kind is not None and (kind != "tensor_type" or value.type.tensor_type.HasField("shape"))


class _GraphWalk:
    """One pass over the nodes: the layers so far, which are fed by data alone, and which use another's weight."""

    def __init__(self, graph: OnnxGraph) -> None:
        self.tensors = OnnxTensors(graph)
        self.layers: list[Layer] = []
        self.data_fed: set[int] = set()
        self.shared: dict[int, int] = {}
        self._owners: dict[int, int] = {}
        self._biasless: dict[str, int] = {}
        self._learned: dict[int, tuple[str, ...]] = {}

    def visit(self, node: onnx.NodeProto) -> None:
        """Append the node's layers, if it has any, and note what its outputs are."""
        activations = self.tensors.activations(node)
        made: tuple[MadeLayer, ...] = ()
        if activations and node.op_type not in FREE_OPERATORS and not self._absorb_bias(node):
            made = TRANSLATORS[node.op_type](node, self.tensors)
        for each in made:
            self._append(node, each, fed_by_data=not (each.follows_learned or self.tensors.any_learned(activations)))
        learns = any(each.layer.parameters or each.weight is not None for each in made)
        learns = learns or any(self.tensors.holds_learned(each.learned) for each in made)
        self.tensors.record(node, has_parameters=learns)

    def count_learned(self) -> None:
        """Give vector layers the learned numbers that no layer, before or after them, has as its weight."""
        for index, names in self._learned.items():
            layer = self.layers[index]
            if isinstance(layer, VectorLayer):
                self.layers[index] = replace(layer, parameters=layer.parameters + self.tensors.claim_parameters(names))

    def _append(self, node: onnx.NodeProto, made: MadeLayer, *, fed_by_data: bool) -> None:
        index, layer = len(self.layers), made.layer
        is_weighted = isinstance(layer, ConvLayer | LinearLayer)
        if is_weighted and fed_by_data:
            self.data_fed.add(index)
        if made.weight is not None:
            owner = self._owners.setdefault(made.weight, index)
            if owner != index and is_weighted:
                self.shared[index] = owner
        if made.learned:
            self._learned[index] = made.learned
        if isinstance(layer, LinearLayer) and not layer.bias:
            self._biasless[node.output[0]] = index
        self.layers.append(layer)

    def _absorb_bias(self, node: onnx.NodeProto) -> bool:
        """Make an Add of a vector that follows a product with weights the bias of that linear layer."""
        if node.op_type != "Add":
            return False
        for product, position in ((node.input[0], 1), (node.input[1], 0)):
            index = self._biasless.get(product)
            if index is None or not self.tensors.is_constant(node.input[position]):
                continue
            layer = self.layers[index]
            shape = self.tensors.shape(node, node.input[position])
            if isinstance(layer, LinearLayer) and shape == (layer.out_features,):
                self.layers[index] = replace(layer, bias=self.tensors.claim_bias(node, position))
                del self._biasless[product]
                return True
        return False


def _refuse_unsupported(graph: OnnxGraph) -> None:
    """Raise one error that lists every unsupported operator with the first nodes that use it.

    Nodes that work on constants alone are passed over: what they compute does not depend on the sample.
    """
    constants = set(graph.constants)
    unsupported = []
    for node in graph.nodes:
        if all(name in constants for name in node.input if name) and not _has_graph(node):
            constants.update(node.output)
        elif not _is_supported(node):
            unsupported.append(node)
    _refuse(graph.path, unsupported)


def _refuse_undefined(path: str, model: onnx.ModelProto) -> None:
    """Raise one error that lists the operators of ONNX's own domain that are none at the file's operator set."""
    _refuse(path, [node for node in model.graph.node if node.domain in STANDARD_DOMAINS and not schema_of(node, model)])


def _refuse(path: str, nodes: Iterable[onnx.NodeProto]) -> None:
    found: dict[str, list[str]] = {}
    for node in nodes:
        operator = node.op_type if node.domain in STANDARD_DOMAINS else f"{node.domain}.{node.op_type}"
        found.setdefault(operator, []).append(node_name(node))
    if found:
        listed = "; ".join(
            f"{operator} ({first_names(names)}){_advice(operator)}" for operator, names in sorted(found.items())
        )
        raise HeddleError(f"{path}: unsupported operators: {listed} (docs/networks.md lists the supported ones)")


def _advice(operator: str) -> str:
    """What to do about an operator, where there is something that helps."""
    return f": {ADVICE[operator]}" if operator in ADVICE else ""


def _has_graph(node: onnx.NodeProto) -> bool:
    return any(attribute.HasField("g") for attribute in node.attribute)


def _is_supported(node: onnx.NodeProto) -> bool:
    known = node.op_type in TRANSLATORS or node.op_type in FREE_OPERATORS
    return known and node.domain in STANDARD_DOMAINS


def _decomposition_note(nodes: Iterable[onnx.NodeProto]) -> tuple[str, ...]:
    """A remark where one vector operation is spread over several operators, each counted as a pass of its own."""
    operators = {node.op_type for node in nodes}
    split = []
    if {"ReduceMean", "Sqrt", "Div"} <= operators:
        split.append("LayerNormalization (one operator since operator set 17)")
    if "Erf" in operators:
        split.append("Gelu (one operator since operator set 20)")
    if not split:
        return ()
    return (f"spread over several operators, each counted as a pass over the data: {', '.join(split)}",)


def _quantisation_note(nodes: Iterable[onnx.NodeProto]) -> tuple[str, ...]:
    """A remark where the file quantises: training here is of floating point."""
    count = sum(node.op_type in QUANTISING_OPERATORS for node in nodes)
    if not count:
        return ()
    return (
        f"quantised tensors are counted as dense FP16 ones; nodes that quantise or undo it are passed over: {count}",
    )
