"""What the importer knows of a graph's tensors while it walks the nodes: shape, origin, who made them."""

from __future__ import annotations

import math
from collections.abc import Iterable

import onnx

from heddle.arch.errors import HeddleError
from heddle.dataflow.onnx_file import OnnxGraph

_SHAPE_READERS = ("Shape", "Size")
_MODULE_WEIGHT = ".weight"
_LARGEST_SIZE = (1 << 31) - 1


class OnnxTensors:
    """Tensors of one graph, told apart into activations and constants.

    A constant depends on no input of the network; it remembers the initializers that it was made of (through
    Transpose, Reshape and the like), so that every learned number is counted, and counted once. An activation
    is *learned* once anything with parameters stands before it.
    """

    def __init__(self, graph: OnnxGraph) -> None:
        self.graph = graph
        self._roots = {name: frozenset({name}) for name in graph.initializers}
        self._learned: set[str] = set()
        self._claimed: set[str] = set()

    def is_constant(self, name: str) -> bool:
        """True for a tensor that no input of the network reaches."""
        return name in self._roots

    def activations(self, node: onnx.NodeProto) -> list[str]:
        """The node's inputs that are activations."""
        return [name for name in node.input if name and not self.is_constant(name)]

    def any_learned(self, names: Iterable[str]) -> bool:
        """True where a parameter stands before one of the tensors."""
        return any(name in self._learned for name in names)

    def record(self, node: onnx.NodeProto, *, has_parameters: bool) -> None:
        """Note what the node's outputs are, after its layer (if any) was made."""
        inputs = [name for name in node.input if name]
        activations = self.activations(node)
        if node.op_type in _SHAPE_READERS or not activations:
            roots = frozenset[str]().union(*(self._roots.get(name, frozenset()) for name in inputs))
            is_shape = node.op_type in _SHAPE_READERS
            self._roots.update({name: frozenset() if is_shape else roots for name in node.output if name})
        elif has_parameters or self.any_learned(activations):
            self._learned.update(name for name in node.output if name)

    def claim_parameters(self, names: Iterable[str]) -> int:
        """Learned numbers behind these constants that no layer has counted yet."""
        roots = sorted(frozenset[str]().union(*(self._roots.get(name, frozenset()) for name in names)))
        fresh = [root for root in roots if root not in self._claimed]
        self._claimed.update(fresh)
        return sum(self.graph.initializers[root] for root in fresh)

    def module_of(self, name: str) -> str | None:
        """The module that a weight belongs to by its name: ``layer1.0.conv1`` of ``layer1.0.conv1.weight``."""
        roots = self._roots.get(name, frozenset())
        root = next(iter(roots)) if len(roots) == 1 else ""
        return root.removesuffix(_MODULE_WEIGHT) if root.endswith(_MODULE_WEIGHT) else None

    def shape(self, node: onnx.NodeProto, name: str) -> tuple[int, ...]:
        """Shape of a tensor that the node touches; raises HeddleError where it is not known or makes no sense."""
        shape = self.graph.shapes.get(name)
        if shape is None:
            raise self.error(node, f"the shape of {name!r} is not known; export the model with fixed sizes")
        if 0 in shape:
            raise self.error(node, f"{name!r} is empty: its shape is {list(shape)}")
        if max(shape, default=1) > _LARGEST_SIZE:
            raise self.error(node, f"{name!r} is too large: its shape is {list(shape)}")
        return shape

    def elements(self, node: onnx.NodeProto, name: str) -> int:
        """Elements a sample, rounded up where a tensor has no batch of its own."""
        return -(-math.prod(self.shape(node, name)) // self.graph.batch)

    def per_sample(self, node: onnx.NodeProto, what: str, size: int) -> int:
        """``size`` split over the batch; raises HeddleError where that leaves a rest."""
        if size % self.graph.batch:
            raise self.error(
                node, f"{what} ({size}) do not divide by the batch {self.graph.batch}; export with batch 1"
            )
        return size // self.graph.batch

    def error(self, node: onnx.NodeProto, message: str) -> HeddleError:
        """An error that names file, node and operator."""
        return HeddleError(f"{self.graph.path}: node {node_name(node)!r} ({node.op_type}): {message}")


def node_name(node: onnx.NodeProto) -> str:
    """The node's name, or its first output where it has none."""
    return node.name or next((name for name in node.output if name), node.op_type)
