"""ONNX models as networks: operators become layers in execution order, with sizes per sample.

``heddle.dataflow.onnx_file`` reads the file and infers the shapes, ``heddle.dataflow.onnx_ops`` knows the operators;
here the graph is walked once. Which layers get no input gradient follows from the graph: those with nothing learned
between them and the network's inputs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import onnx

from heddle.arch.errors import HeddleError
from heddle.dataflow.assemble import assemble_network
from heddle.dataflow.network import ConvLayer, Layer, LinearLayer, MatmulLayer, Network
from heddle.dataflow.onnx_file import STANDARD_DOMAINS, OnnxGraph, infer_graph, read_model
from heddle.dataflow.onnx_ops import FREE_OPERATORS, TRANSLATORS
from heddle.dataflow.onnx_tensors import OnnxTensors, node_name

_NODES_NAMED = 3
_LARGEST_BATCH = 1 << 20


def read_onnx(path: str | Path, batch_hint: int = 1) -> Network:
    """Read an ONNX model (operator set 11 or later); the network takes the file's stem as its name.

    ``batch_hint`` is the value that a symbolic first dimension takes while shapes are inferred; a fixed first
    dimension is the batch. Either way the layers hold sizes per sample. Raises HeddleError for a file that is
    missing, damaged or no model, for unknown shapes, and once for all operators that are not supported.
    """
    if not 1 <= batch_hint <= _LARGEST_BATCH:
        raise HeddleError(f"batch {batch_hint} is not valid (valid: 1 to {_LARGEST_BATCH})")
    model = read_model(path)
    _refuse_unsupported(path, model.graph)
    graph = infer_graph(path, model, batch_hint)
    walk = _GraphWalk(graph)
    for node in graph.nodes:
        walk.visit(node)
    if not any(isinstance(layer, ConvLayer | LinearLayer | MatmulLayer) for layer in walk.layers):
        raise HeddleError(f"{path}: it holds no convolution and no matrix product of activations")
    notes = (*graph.notes, *_decomposition_note(graph.nodes))
    return assemble_network(Path(path).stem, str(path), walk.layers, walk.data_fed, notes)


class _GraphWalk:
    """One pass over the nodes: the layers so far, and which of them are fed by data alone."""

    def __init__(self, graph: OnnxGraph) -> None:
        self.tensors = OnnxTensors(graph)
        self.layers: list[Layer] = []
        self.data_fed: set[int] = set()
        self._biasless: dict[str, int] = {}

    def visit(self, node: onnx.NodeProto) -> None:
        """Append the node's layer, if it has one, and note what its outputs are."""
        activations = self.tensors.activations(node)
        layer = None
        if activations and node.op_type not in FREE_OPERATORS and not self._absorb_bias(node):
            layer = TRANSLATORS[node.op_type](node, self.tensors)
        if layer is not None:
            self._append(node, layer, fed_by_data=not self.tensors.any_learned(activations))
        self.tensors.record(node, has_parameters=layer is not None and layer.parameters > 0)

    def _append(self, node: onnx.NodeProto, layer: Layer, *, fed_by_data: bool) -> None:
        index = len(self.layers)
        if isinstance(layer, ConvLayer | LinearLayer) and fed_by_data:
            self.data_fed.add(index)
        if isinstance(layer, LinearLayer) and not layer.bias:
            self._biasless[node.output[0]] = index
        self.layers.append(layer)

    def _absorb_bias(self, node: onnx.NodeProto) -> bool:
        """Make an Add of a vector that follows a product with weights the bias of that linear layer."""
        if node.op_type != "Add":
            return False
        for product, bias in (tuple(node.input[:2]), tuple(node.input[1::-1])):
            index = self._biasless.get(product)
            if index is None or not self.tensors.is_constant(bias):
                continue
            layer = self.layers[index]
            shape = self.tensors.shape(node, bias)
            if isinstance(layer, LinearLayer) and shape == (layer.out_features,):
                self.tensors.claim_parameters((bias,))
                self.layers[index] = replace(layer, bias=True)
                del self._biasless[product]
                return True
        return False


def _refuse_unsupported(path: str | Path, graph: onnx.GraphProto) -> None:
    """Raise one error that lists every unsupported operator with the first nodes that use it.

    Nodes that work on constants alone are passed over: what they compute does not depend on the sample.
    """
    constants = {tensor.name for tensor in graph.initializer}
    found: dict[str, list[str]] = {}
    for node in graph.node:
        if all(name in constants for name in node.input if name):
            constants.update(node.output)
        elif not _is_supported(node):
            operator = node.op_type if node.domain in STANDARD_DOMAINS else f"{node.domain}.{node.op_type}"
            found.setdefault(operator, []).append(node_name(node))
    if found:
        listed = "; ".join(f"{operator} ({_some(names)})" for operator, names in sorted(found.items()))
        raise HeddleError(f"{path}: unsupported operators: {listed} (docs/networks.md lists the supported ones)")


def _is_supported(node: onnx.NodeProto) -> bool:
    known = node.op_type in TRANSLATORS or node.op_type in FREE_OPERATORS
    return known and node.domain in STANDARD_DOMAINS


def _some(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:_NODES_NAMED])
    rest = len(names) - _NODES_NAMED
    return f"{shown} and {rest} more" if rest > 0 else shown


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
