"""What the importer knows of a graph's tensors while it walks the nodes: shape, origin, batch, who made them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import onnx

from heddle.arch.errors import HeddleError, first_names
from heddle.dataflow.onnx_reader.inference import Shape
from heddle.dataflow.onnx_reader.model_file import node_name, operator_names

_SHAPE_READERS = ("Shape", "Size")
_MODULE_WEIGHT = ".weight"
_LARGEST_SIZE = (1 << 31) - 1
# Operators after which a weight still is the same numbers, each once.
_SAME_NUMBERS = operator_names(
    "Cast DequantizeLinear Flatten Identity QuantizeLinear Reshape Squeeze Transpose Unsqueeze"
)


@dataclass(frozen=True)
class OnnxGraph:
    """A graph in execution order.

    ``shapes`` holds every tensor whose shape is known, with the batch as it stands in the file or was set; ``batch``
    is that batch, which the tensors in ``batched`` have. ``constants`` maps each stored tensor, and each that was
    computed ahead, to how many learned numbers it holds (none for integers and scalars).
    """

    path: str
    batch: int
    nodes: tuple[onnx.NodeProto, ...]
    shapes: Mapping[str, Shape]
    constants: Mapping[str, int]
    batched: frozenset[str]


class OnnxTensors:
    """Tensors of one graph, told apart into activations and constants.

    A constant depends on no input of the network; it remembers the stored tensors that it was made of (through
    Transpose, Reshape and the like), so that every learned number is counted, and counted once. An activation
    is *learned* once anything with parameters stands before it.
    """

    def __init__(self, graph: OnnxGraph) -> None:
        self.graph = graph
        self._roots = {name: frozenset({name}) for name in graph.constants}
        self._numbers: dict[str, int] = {}
        self._made: dict[tuple[object, ...], int] = {}
        self._learned: set[str] = set()
        self._claimed: set[str] = set()
        self._notes: dict[str, list[str]] = {}

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
        """Note what the node's outputs are, after its layers (if any) were made."""
        inputs = [name for name in node.input if name]
        activations = self.activations(node)
        if node.op_type in _SHAPE_READERS or not activations:
            roots = frozenset[str]().union(*(self._roots.get(name, frozenset()) for name in inputs))
            is_shape = node.op_type in _SHAPE_READERS
            self._roots.update({name: frozenset() if is_shape else roots for name in node.output if name})
            self._record_numbers(node)
        elif has_parameters or self.any_learned(activations):
            self._learned.update(name for name in node.output if name)

    def _record_numbers(self, node: onnx.NodeProto) -> None:
        """Note which numbers a constant holds: the same ones as its input, or some of them, made in the same way."""
        made_of = tuple(self.numbers_of(name) for name in node.input)
        if node.op_type in _SAME_NUMBERS and made_of:
            self._numbers[node.output[0]] = made_of[0]
            return
        attributes = tuple(attribute.SerializeToString(deterministic=True) for attribute in node.attribute)
        for position, name in enumerate(node.output):
            self._numbers[name] = self._number_of(node.op_type, *attributes, made_of or name, position)

    def numbers_of(self, name: str) -> int:
        """What tells a weight from another: equal for two tensors that hold the same stored numbers."""
        if name not in self._numbers:
            self._numbers[name] = self._number_of("stored", name)
        return self._numbers[name]

    def part_of(self, name: str, part: int) -> int:
        """What tells one part of a weight, as that of a direction, from the others."""
        return self._number_of("part", self.numbers_of(name), part)

    def _number_of(self, *made: object) -> int:
        return self._made.setdefault(made, len(self._made))

    def claim_parameters(self, names: Iterable[str]) -> int:
        """Learned numbers behind these constants that no layer has counted yet."""
        roots = sorted(frozenset[str]().union(*(self._roots.get(name, frozenset()) for name in names)))
        fresh = [root for root in roots if root not in self._claimed]
        self._claimed.update(fresh)
        return sum(self.graph.constants[root] for root in fresh)

    def holds_learned(self, names: Iterable[str]) -> bool:
        """True where a learned number stands behind one of these constants."""
        return any(self.graph.constants[root] for name in names for root in self._roots.get(name, ()))

    def claim_bias(self, node: onnx.NodeProto, position: int) -> bool:
        """True where the node has a constant there that no layer before has as its bias."""
        if len(node.input) <= position or not self.is_constant(node.input[position]):
            return False
        name = node.input[position]
        seen = bool(self._roots[name]) and self._roots[name] <= self._claimed
        self.claim_parameters((name,))
        return not seen

    def module_of(self, name: str) -> str | None:
        """The module that a weight belongs to by its name: ``layer1.0.conv1`` of ``layer1.0.conv1.weight``."""
        roots = [root for root in self._roots.get(name, ()) if root.endswith(_MODULE_WEIGHT)]
        return roots[0].removesuffix(_MODULE_WEIGHT) if len(roots) == 1 else None

    def shape(self, node: onnx.NodeProto, name: str) -> Shape:
        """Shape of a tensor that the node touches; raises HeddleError where it is not known or makes no sense."""
        shape = self.graph.shapes.get(name)
        if shape is None:
            raise self.error(
                node, f"the shape of {name!r} depends on the values of an input, or of a weight; no figure follows"
            )
        if 0 in shape:
            raise self.error(node, f"{name!r} is empty: its shape is {list(shape)}")
        if max(shape, default=1) > _LARGEST_SIZE:
            raise self.error(node, f"{name!r} is too large: its shape is {list(shape)}")
        return shape

    def has_batch(self, *names: str) -> bool:
        """True where one of the tensors depends on an input that has a batch."""
        return any(name in self.graph.batched for name in names)

    def elements(self, node: onnx.NodeProto, name: str) -> int:
        """Elements a sample, rounded up; all of them where the tensor is the same for every sample."""
        whole = math.prod(self.shape(node, name))
        return -(-whole // self.graph.batch) if self.has_batch(name) else whole

    def per_sample(self, node: onnx.NodeProto, what: str, size: int, *names: str) -> int:
        """``size`` split over the batch, if one of the tensors has it; raises HeddleError where that leaves a rest."""
        if not self.has_batch(*names):
            return size
        if size % self.graph.batch:
            raise self.error(
                node,
                f"{what} ({size}) do not divide by the batch {self.graph.batch}; name the batch's dimension with "
                "--batch-axis, or give --no-batch where the file is one sample",
            )
        return size // self.graph.batch

    def note(self, remark: str, layer: str) -> None:
        """Keep a remark on how a layer is counted; layers with the same remark share a line."""
        self._notes.setdefault(remark, []).append(layer)

    @property
    def notes(self) -> tuple[str, ...]:
        """The remarks, each with the first layers that it is about."""
        return tuple(f"{remark}: {first_names(layers)}" for remark, layers in self._notes.items())

    def error(self, node: onnx.NodeProto, message: str) -> HeddleError:
        """An error that names file, node and operator."""
        return HeddleError(f"{self.graph.path}: node {node_name(node)!r} ({node.op_type}): {message}")
