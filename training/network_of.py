"""The network behind a dense PyTorch model: its layers with shapes per sample, as the accelerator sees them.

The model is exported (``torch.export``) in training mode with a batch of two samples, and the operators of the
graph become layers as the ONNX importer's do (docs/networks.md), with three refinements: adding or multiplying
by one number is free, as it rides on its producer's stream; attention that PyTorch fuses becomes its two
products and a softmax; and an operator that no table knows counts as one element-wise pass, which a note says.
"""

from __future__ import annotations

import copy
import io
import logging
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from dataclasses import replace
from functools import partial

import torch
from torch import nn
from torch._ops import HigherOrderOperator
from torch.fx import Node

from heddle.arch.errors import HeddleError
from heddle.dataflow.assemble import assemble_network
from heddle.dataflow.network import ConvLayer, Layer, LinearLayer, MatmulLayer, Network
from heddle.training import exported_products, exported_vectors
from heddle.training.exported_graph import EXPORT_BATCH, ExportedGraph, first_tensor, module_paths, operation
from heddle.training.sparsifying import sparsified_layers

Translator = Callable[[Node, ExportedGraph], tuple[Layer, ...]]

# Products that no kind of layer describes; counting them as element-wise work would hide most of the cost.
_UNSUPPORTED_PRODUCTS = exported_vectors.operators(
    "_trilinear bilinear cdist conv3d conv_transpose1d conv_transpose2d conv_transpose3d gru gru_cell lstm "
    "lstm_cell rnn_relu rnn_relu_cell rnn_tanh rnn_tanh_cell tensordot"
)
_VALID_PRODUCTS = "1-D and 2-D convolutions, linear layers, products of two activations, attention"


def network_of(model: nn.Module, shape: tuple[int, int, int], name: str) -> Network:
    """Return the network of ``model``, a dense model of any make, for samples of ``shape``.

    ``shape`` is channels, height, width of one sample; the model is called with [2, *shape] in float32. Layers
    are named after the modules that hold their weights, ``name`` names the network. The model itself is left as
    it is and its weights' values are not read. Call it before ``sparsify``: sparse layers are no operators that
    an export knows. Raises HeddleError for a model with such layers, one that cannot be exported (control flow
    that depends on data, a shape it does not take), one that mixes samples, and one that holds a product of an
    unsupported kind or none.

    >>> heddle.model_network(model, (3, 32, 32), "mine").macs  # doctest: +SKIP
    """
    if next(sparsified_layers(model), None) is not None:
        raise HeddleError(f"{name}: its layers are sparse already; take its network before sparsify")
    hollow = _hollow_copy(model, name)
    graph = ExportedGraph(name, _exported(hollow, shape, name), module_paths(hollow))
    layers: list[Layer] = []
    data_fed: set[int] = set()
    sharing = _Sharing(graph)
    unknown: Counter[str] = Counter()
    for node in graph.nodes:
        if not _is_work(node, graph):
            continue
        unknown.update([operation(node)] if operation(node) not in _TRANSLATORS else [])
        fresh = graph.fresh_parameters(node)
        for layer in (sharing.of(len(layers), node, made, fresh) for made in _translated(node, graph)):
            if isinstance(layer, ConvLayer | LinearLayer) and graph.is_fed_by_data(node):
                data_fed.add(len(layers))
            layers.append(layer)
    if not any(isinstance(layer, ConvLayer | LinearLayer | MatmulLayer) for layer in layers):
        raise HeddleError(f"{name}: it holds no convolution, no linear layer and no product of activations")
    network = assemble_network(name, "PyTorch", layers, data_fed, _unknown_notes(unknown), sharing.shared)
    return replace(network, notes=(*network.notes, *_parameter_notes(model, network)))


class _Sharing:
    """Which layers use the weight of a layer before them, by index."""

    def __init__(self, graph: ExportedGraph) -> None:
        self.shared: dict[int, int] = {}
        self._graph = graph
        self._owners: dict[str, int] = {}

    def of(self, index: int, node: Node, layer: Layer, fresh: frozenset[str]) -> Layer:
        """Note whose weight the layer at ``index`` uses; without its bias where that is another's too."""
        if not isinstance(layer, ConvLayer | LinearLayer):
            self._owner(index, node, layer.parameters)
            return layer
        owner = self._owner(index, node, layer.weights)
        if owner == index:
            return layer
        self.shared[index] = owner
        return replace(layer, bias=layer.bias and bool(fresh))

    def _owner(self, index: int, node: Node, numbers: int) -> int:
        """The first layer that has the weight of so many numbers that the node reads."""
        weight = self._graph.weight_behind(node, numbers)
        return index if weight is None else self._owners.setdefault(weight, index)


def _hollow_copy(model: nn.Module, name: str) -> nn.Module:
    """Copy a model on the CPU, in training mode and float32, with parameters that have a shape and no values.

    Fresh memory that nobody writes to costs nothing, so a large model is not held twice. Buffers keep their
    values, where they have any (a model on the meta device has not).
    """
    try:
        hollow: dict[int, object] = {
            id(tensor): nn.Parameter(torch.empty(tensor.shape, device="cpu"), requires_grad=tensor.requires_grad)
            for tensor in model.parameters()
        }
        hollow |= {id(tensor): torch.zeros_like(tensor, device="cpu") for tensor in model.buffers() if tensor.is_meta}
        return copy.deepcopy(model, hollow).cpu().float().train()
    except Exception as error:  # a user's module may refuse a copy in any way it likes
        raise HeddleError(f"{name}: the model cannot be copied: {_first_line(error)}") from error


def _exported(model: nn.Module, shape: tuple[int, int, int], name: str) -> torch.export.ExportedProgram:
    try:
        with _quiet():
            return torch.export.export(model, (torch.zeros(EXPORT_BATCH, *shape),), strict=False)
    except Exception as error:  # whatever the model's own forward raises comes out here
        raise HeddleError(
            f"{name}: the model cannot be exported with samples of shape {tuple(shape)}: {_first_line(error)}"
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep from the user what PyTorch warns, logs and prints of a failed export, graph and traceback: one line does."""
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)


def _is_work(node: Node, graph: ExportedGraph) -> bool:
    """True for a call that makes a tensor out of samples and does arithmetic on it."""
    if node.op != "call_function" or not graph.activations(node) or first_tensor(node) is None:
        return False
    return operation(node) not in exported_vectors.FREE


def _translated(node: Node, graph: ExportedGraph) -> tuple[Layer, ...]:
    if isinstance(node.target, HigherOrderOperator):
        raise graph.error(node, "the operators inside it cannot be read (torch.no_grad, autocast, control flow)")
    if operation(node) in _UNSUPPORTED_PRODUCTS:
        raise graph.error(node, f"{operation(node)} is not supported (valid: {_VALID_PRODUCTS})")
    return _TRANSLATORS.get(operation(node), exported_vectors.translate_unknown)(node, graph)


def _unknown_notes(unknown: Counter[str]) -> tuple[str, ...]:
    return tuple(
        f"{name} is not known: each of its {count} calls is counted as one element-wise pass"
        for name, count in sorted(unknown.items())
    )


def _parameter_notes(model: nn.Module, network: Network) -> tuple[str, ...]:
    """Remarks where the layers' learned numbers are not the model's."""
    notes = []
    learned = sum(parameter.numel() for parameter in model.parameters())
    if learned != network.parameters:
        notes.append(
            f"the model has {learned} parameters and its layers {network.parameters}: one that no layer reads counts "
            "in none, a weight that is computed from others with its own size"
        )
    frozen = sum(parameter.numel() for parameter in model.parameters() if not parameter.requires_grad)
    if frozen:
        notes.append(f"{frozen} parameters need no gradient and are counted as if they were trained")
    return tuple(notes)


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def _translators() -> Mapping[str, Translator]:
    table: dict[str, Translator] = {
        **dict.fromkeys(("conv1d", "conv2d", "convolution"), exported_products.translate_conv),
        "linear": exported_products.translate_linear,
        **dict.fromkeys(
            ("matmul", "mm", "bmm", "mv", "dot", "addmm", "addmv", "addbmm", "baddbmm"),
            exported_products.translate_matmul,
        ),
        "einsum": exported_products.translate_einsum,
        "scaled_dot_product_attention": exported_products.translate_attention,
        **dict.fromkeys(exported_vectors.COMBINING, exported_vectors.translate_combining),
        **dict.fromkeys(exported_vectors.WINDOW_POOLS, exported_vectors.translate_window_pool),
        **dict.fromkeys(exported_vectors.ADAPTIVE_POOLS, exported_vectors.translate_adaptive_pool),
        **dict.fromkeys(exported_vectors.REDUCTIONS, exported_vectors.translate_reduction),
    }
    for op, operators in exported_vectors.UNARY.items():
        table.update(dict.fromkeys(operators, partial(exported_vectors.translate_unary, op)))
    return table


_TRANSLATORS = _translators()
