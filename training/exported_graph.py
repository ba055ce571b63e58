"""An exported model's graph: what each node's value is, what it depends on, and the name its layer takes.

A value *varies* where it depends on the model's input; what does not is computed once a step and costs nothing.
A value is *learned* where it depends on a parameter. Sizes are those of an export with a batch of two samples,
which is divided out: a size that depends on the batch in any other way is seen as such.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.export import ExportedProgram
from torch.fx import Node
from torch.nn.modules.conv import _ConvNd

from heddle.arch.errors import HeddleError

EXPORT_BATCH = 2
_NO_MODULE = ("", "")


@dataclass(frozen=True)
class Dependence:
    """What a value depends on; ``parameters`` are those behind a value that does not vary."""

    varies: bool = False
    learned: bool = False
    parameters: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ModulePaths:
    """Paths of the modules that lend their names to layers.

    ``weighted`` are linear layers and convolutions, whose product takes the name; ``leaves`` are the others
    without children, whose only operation takes it.
    """

    weighted: frozenset[str]
    leaves: frozenset[str]


def module_paths(model: nn.Module) -> ModulePaths:
    """Sort the modules of a model by the names they lend."""
    modules = dict(model.named_modules())
    weighted = frozenset(path for path, module in modules.items() if isinstance(module, nn.Linear | _ConvNd))
    leaves = frozenset(path for path, module in modules.items() if next(module.children(), None) is None)
    return ModulePaths(weighted, leaves - weighted)


class ExportedGraph:
    """The nodes of an exported model and questions about them; ``model`` names it in errors."""

    def __init__(self, model: str, exported: ExportedProgram, paths: ModulePaths) -> None:
        self.nodes: tuple[Node, ...] = tuple(exported.graph.nodes)
        self._model = model
        self._paths = paths
        self._dependence = _dependences(self.nodes, exported)
        self._sizes = {name: tensor.numel() for name, tensor in exported.state_dict.items()}
        self._claimed: set[str] = set()

    def varies(self, node: Node) -> bool:
        """True where the node's value depends on the model's input."""
        return self._dependence[node].varies

    def activations(self, node: Node) -> tuple[Node, ...]:
        """Return the node's inputs that vary, each once."""
        return tuple(source for source in node.all_input_nodes if self.varies(source))

    def is_fed_by_data(self, node: Node) -> bool:
        """True where nothing learned stands between the model's input and the node's inputs that vary."""
        return not any(self._dependence[source].learned for source in self.activations(node))

    def shape(self, node: Node) -> tuple[int, ...]:
        """Return the shape of the node's value, of its first tensor where it has several; two samples."""
        tensor = first_tensor(node)
        if tensor is None:
            raise ValueError(f"{node} has no tensor as its value")
        return tuple(int(size) for size in tensor.shape)

    def elements(self, node: Node) -> int:
        """Elements a sample, rounded up where a value does not split by samples."""
        return -(-math.prod(self.shape(node)) // EXPORT_BATCH)

    def per_sample(self, node: Node, what: str, count: int) -> int:
        """Divide a count of two samples by two; raises HeddleError where samples are mixed."""
        if count % EXPORT_BATCH:
            raise self.error(node, f"{what} are {count} for {EXPORT_BATCH} samples: it mixes samples, or sees no data")
        return count // EXPORT_BATCH

    def claim_parameters(self, node: Node) -> int:
        """Count the learned numbers that the node reads, each parameter of the model only once."""
        names = self.fresh_parameters(node)
        self._claimed |= names
        return sum(self._sizes[name] for name in names)

    def fresh_parameters(self, node: Node) -> frozenset[str]:
        """Parameters that the node reads and that no layer has claimed."""
        behind = (self._dependence[source].parameters for source in node.all_input_nodes)
        return frozenset[str]().union(*behind) - self._claimed

    def weight_behind(self, node: Node, numbers: int) -> str | None:
        """Return the parameter that the node reads as a weight of ``numbers``, whole; None where it is made of more."""
        for source in node.all_input_nodes:
            names, tensor = self._dependence[source].parameters, first_tensor(source)
            if len(names) == 1 and tensor is not None and tensor.dim() > 1 and tensor.numel() == numbers:
                (name,) = names
                return name if self._sizes[name] == numbers else None
        return None

    def weighted_name(self, node: Node, weight: Node) -> str:
        """Name a layer with weights after its module, or after its parameter where that is used by hand."""
        path = self.module_path(node)
        behind = self._dependence[weight].parameters
        if path and path in self._paths.weighted:
            return path
        if len(behind) != 1:
            return self.layer_name(node)
        (name,) = behind
        return name.removesuffix(".weight").removesuffix("_weight")

    def layer_name(self, node: Node) -> str:
        """Name a layer after its module; in a module that does more the operation is added: ``layer1.0.add``."""
        path = self.module_path(node)
        if path and path in self._paths.leaves:
            return path
        return f"{path}.{operation(node)}".lstrip(".")

    def module_path(self, node: Node) -> str:
        """Return the path of the module whose forward runs the node; empty for the model itself."""
        stack: dict[str, tuple[str, Any]] = node.meta.get("nn_module_stack") or {}
        path, _ = next(reversed(stack.values()), _NO_MODULE)
        return path.partition("@")[0]

    def error(self, node: Node, problem: str) -> HeddleError:
        """Build the error about a node of this model."""
        return HeddleError(f"{self._model}: {self.layer_name(node)}: {problem}")


def operation(node: Node) -> str:
    """Return what a node does, without overload and in-place mark: ``relu`` for ``aten.relu_.default``."""
    schema = getattr(node.target, "_schema", None)
    name = str(schema.name).partition("::")[2] if schema else getattr(node.target, "__name__", str(node.target))
    return name.rstrip("_")


def argument(node: Node, name: str) -> Any:
    """Return an operator's argument by the name its schema gives it, or its default; None where it has neither."""
    schema = getattr(node.target, "_schema", None)
    for position, declared in enumerate(schema.arguments if schema else ()):
        if declared.name == name:
            if position < len(node.args):
                return node.args[position]
            return node.kwargs.get(name, declared.default_value if declared.has_default_value() else None)
    return None


def first_tensor(node: Node) -> Tensor | None:
    """Return the (fake) tensor that a node produces, the first of several, or None where it produces none."""
    value = node.meta.get("val")
    if isinstance(value, tuple | list):
        value = next(iter(value), None)
    return value if isinstance(value, Tensor) else None


def _dependences(nodes: Iterable[Node], exported: ExportedProgram) -> dict[Node, Dependence]:
    first = _first_names(exported)
    parameters = {key: first[name] for key, name in exported.graph_signature.inputs_to_parameters.items()}
    inputs = set(exported.graph_signature.user_inputs)
    known: dict[Node, Dependence] = {}
    for node in nodes:
        if node.name in parameters:
            known[node] = Dependence(learned=True, parameters=frozenset({parameters[node.name]}))
        elif node.name in inputs:
            known[node] = Dependence(varies=True)
        else:
            known[node] = _combined([known[source] for source in node.all_input_nodes])
    return known


def _combined(sources: list[Dependence]) -> Dependence:
    varies = any(source.varies for source in sources)
    learned = any(source.learned for source in sources)
    if varies:
        return Dependence(varies=True, learned=learned)
    return Dependence(learned=learned, parameters=frozenset().union(*(source.parameters for source in sources)))


def _first_names(exported: ExportedProgram) -> dict[str, str]:
    """Each parameter's name, and the first one where modules share it under several."""
    names: dict[int, str] = {}
    return {
        name: names.setdefault(tensor.data_ptr() or id(tensor), name) for name, tensor in exported.state_dict.items()
    }
