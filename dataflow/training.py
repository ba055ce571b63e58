"""From a network to the work of one training step: FF, BP, WU and update of every layer under a recipe.

Passes run forward through the layers, then backward; a layer's update follows its WU. All three products of a
convolution have the same dense MACs.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from heddle.arch.design import SparsityConfig
from heddle.arch.formats import FP16, FloatFormat, operand_format
from heddle.arch.named_rows import NamedRows, Places, first_rows, first_seen
from heddle.dataflow.choices import Optimizer
from heddle.dataflow.lowering import (
    LayerShape,
    Pruning,
    backward_products,
    forward_products,
    matmul_products,
    weight_gradient_products,
)
from heddle.dataflow.network import ConvLayer, Layer, LinearLayer, MatmulLayer, Network, VectorLayer, WeightedLayer
from heddle.dataflow.recipes import DENSE, Recipe, SparseOperand
from heddle.dataflow.step_items import PASSES, Pass, ProductPass, TrainingStep, VectorPass, WorkItem
from heddle.dataflow.updates import gradient_sum, weight_update
from heddle.dataflow.vector import depthwise_backward, depthwise_forward, vector_backward, vector_forward


@dataclass(frozen=True)
class StepOptions:
    """What a step is made with, beside network and recipe.

    ``pregenerate``: the update writes packed weights once; otherwise SORE prunes dense weights at every load.
    ``operand`` names the format of activations and weights in memory, a design's ``numbers.operand``.
    ``layer_recipes`` and ``layer_sparsities`` are those of single layers, by name, that run under another recipe, or
    at another N:M, than the step's.
    """

    batch: int
    optimizer: Optimizer = "sgd"
    pregenerate: bool = True
    passes: tuple[Pass, ...] = PASSES
    operand: str = FP16.name
    layer_recipes: Mapping[str, Recipe] = field(default_factory=dict)
    layer_sparsities: Mapping[str, SparsityConfig] = field(default_factory=dict)


def training_step(network: Network, recipe: Recipe, sparsity: SparsityConfig, options: StepOptions) -> TrainingStep:
    """Return the work items of one training step of ``network``, only those of ``options.passes``.

    >>> bdwp = heddle.recipe_named("bdwp")
    >>> heddle.training_step(network, bdwp, design.sparsity, heddle.StepOptions(batch=4)).recipe
    'bdwp'
    """
    operand = operand_format(options.operand)
    planner = _Planner(recipe, sparsity, options, operand, _users_of_weights(network))
    items = _in_program_order(network.rows, planner)
    return TrainingStep(network.name, options.batch, recipe.name, f"{sparsity.n}:{sparsity.m}", items, operand)


def recipe_on(layer: WeightedLayer, recipe: Recipe, sparsity: SparsityConfig) -> Recipe:
    """Return the recipe that ``layer`` runs under: the dense one where the policy leaves it dense.

    Dense stay the layers marked so (first convolution, classifier) and those whose channel counts, of one
    group, do not both divide by M. N = M is dense as well.
    """
    shape = LayerShape.of(layer, 1)
    divides = shape.in_channels % sparsity.m == 0 and shape.out_channels % sparsity.m == 0
    if layer.keep_dense or not divides or sparsity.n == sparsity.m:
        return DENSE
    return recipe


def _users_of_weights(network: Network) -> dict[str, tuple[WeightedLayer, ...]]:
    """The layers that use each shared weight beside the one that has it, by the name of that one."""
    users: dict[str, tuple[WeightedLayer, ...]] = {}
    if not any(isinstance(layer, ConvLayer | LinearLayer) and layer.weight_of for layer in network.rows.distinct):
        return users
    for layer in network.weighted_layers:
        if layer.weight_of:
            users[layer.weight_of] = (*users.get(layer.weight_of, ()), layer)
    return users


def _in_program_order(layers: NamedRows[Layer], planner: _Planner) -> NamedRows[WorkItem]:
    """The items of the step, forward through the layers and then backward; each kind of layer is planned once."""
    kinds = _kinds(layers, planner)
    planned = layers.taking([layers[at] for at in first_rows(kinds).tolist()], kinds)
    forward = planned.each(lambda layer: planner.kept(planner.forward(layer)), "layer")
    backward = planned.backwards().each(lambda layer: planner.kept(planner.backward(layer)), "layer")
    return forward.followed_by(backward)


def _kinds(layers: NamedRows[Layer], planner: _Planner) -> Places:
    """For each layer its kind: layers of one kind have the same work, as they differ by nothing but their names.

    What is planned by name, a recipe or an N:M of its own or a weight that others use, makes another kind.
    """
    kinds, by_name = layers.which.copy(), planner.named
    if by_name:
        own: dict[tuple[Hashable, ...], int] = {}
        for at, name in enumerate(layers.row_names()):
            if name in by_name:
                key = (int(kinds[at]), *planner.own(name))
                kinds[at] = own.setdefault(key, len(layers.distinct) + len(own))
    return first_seen(kinds)[1]


@dataclass(frozen=True)
class _Planner:
    """Makes the work of one layer at a time.

    A weight that several layers use has one gradient and one update: each use computes its own dW, sums them as it
    goes, and the layer that has the weight, the last one on the way back, updates it for all of them.
    """

    recipe: Recipe
    sparsity: SparsityConfig
    options: StepOptions
    operand: FloatFormat
    users: Mapping[str, tuple[WeightedLayer, ...]]

    @property
    def named(self) -> frozenset[str]:
        """Layers whose work depends on their names: own recipe or N:M, or a weight that others use."""
        return frozenset((*self.options.layer_recipes, *self.options.layer_sparsities, *self.users))

    def own(self, name: str) -> tuple[Hashable, ...]:
        """What a layer of that name has of its own: recipe, N:M, and its name where others use its weight."""
        options = self.options
        shared = name if name in self.users else ""
        return options.layer_recipes.get(name), options.layer_sparsities.get(name), shared

    def kept(self, items: Iterable[WorkItem]) -> tuple[WorkItem, ...]:
        """The items of the passes that the step runs."""
        return tuple(item for item in items if item.pass_name in self.options.passes)

    def forward(self, layer: Layer) -> Iterator[WorkItem]:
        batch = self.options.batch
        if isinstance(layer, VectorLayer):
            yield vector_forward(layer, batch, self.operand)
        elif isinstance(layer, MatmulLayer):
            yield ProductPass(layer.name, "ff", matmul_products(layer, "ff", batch, self.operand))
        elif isinstance(layer, ConvLayer) and layer.is_depthwise:
            yield depthwise_forward(layer, batch, self.operand)
        else:
            yield from self._for(layer)._weighted_forward(layer)

    def backward(self, layer: Layer) -> Iterator[WorkItem]:
        batch = self.options.batch
        if isinstance(layer, VectorLayer):
            yield vector_backward(layer, batch, self.operand)
            if layer.parameters:
                yield self._update(layer)
        elif isinstance(layer, MatmulLayer):
            yield ProductPass(layer.name, "bp", matmul_products(layer, "bp", batch, self.operand))
            yield ProductPass(layer.name, "wu", matmul_products(layer, "wu", batch, self.operand))
        elif isinstance(layer, ConvLayer) and layer.is_depthwise:
            yield from depthwise_backward(layer, batch, self.operand)
            yield from self._gradient_to_update(layer)
        else:
            yield from self._for(layer)._weighted_backward(layer)

    def _weighted_forward(self, layer: WeightedLayer) -> Iterator[WorkItem]:
        recipe, shape = self.recipe, LayerShape.of(layer, self.options.batch, self.operand)
        yield ProductPass(layer.name, "ff", forward_products(shape, self._pruning(recipe.ff)))
        if recipe.wu == "x" and shape.taps == 1:
            yield self._packing(layer.name, "ff", shape.in_pixels * shape.in_channels * shape.groups)

    def _weighted_backward(self, layer: WeightedLayer) -> Iterator[WorkItem]:
        recipe, shape = self.recipe, LayerShape.of(layer, self.options.batch, self.operand)
        gradients = shape.out_pixels * shape.out_channels * shape.groups
        if layer.input_gradient:
            if recipe.bp == "dy":
                yield self._packing(layer.name, "bp", gradients)
            products = backward_products(shape, recipe.bp, self._pruning(recipe.bp))
            yield ProductPass(layer.name, "bp", products)
        if recipe.wu == "dy":
            yield self._packing(layer.name, "wu", gradients)
        products = weight_gradient_products(shape, recipe.wu, self._pruning(recipe.wu))
        yield ProductPass(layer.name, "wu", products)
        yield from self._gradient_to_update(layer)

    def _for(self, layer: WeightedLayer) -> _Planner:
        """The planner with the layer's own recipe and N:M."""
        sparsity = self.options.layer_sparsities.get(layer.name, self.sparsity)
        recipe = recipe_on(layer, self.options.layer_recipes.get(layer.name, self.recipe), sparsity)
        return replace(self, recipe=recipe, sparsity=sparsity)

    def _pruning(self, operand: SparseOperand | None) -> Pruning:
        """Packed weights need pre-generation; activations are packed as they are written, always."""
        if operand is None:
            return Pruning(operand=self.operand)
        on_load = operand == "weight" and not self.options.pregenerate
        return Pruning(self.sparsity.n, self.sparsity.m, on_load, self.operand)

    def _packing(self, layer: str, pass_name: Pass, elements: int) -> VectorPass:
        """SORE in the store path: the packed copy of activations or gradients, written beside the dense one."""
        pruning = Pruning(self.sparsity.n, self.sparsity.m, operand=self.operand)
        kept = -(-elements // pruning.group_m) * pruning.keep_n
        packed_bytes = -(-int(kept * pruning.bits) // 8)
        return VectorPass(layer, pass_name, "sore", 0, packed_bytes, 0, elements, pruning.group_m)

    def _gradient_to_update(self, layer: WeightedLayer) -> Iterator[WorkItem]:
        """The update of a layer's own parameters; a shared weight's gradient is summed first."""
        if layer.weight_of:
            yield gradient_sum(layer.name, layer.weights)
        if layer.parameters:
            yield self._update(layer)

    def _update(self, layer: WeightedLayer | VectorLayer) -> WorkItem:
        """The update of a layer's own parameters, with the copies that all users of its weight read."""
        weights = _own_weights(layer)
        users = (layer, *self.users.get(layer.name, ())) if weights else ()
        copies = [copy for user in users for copy in self._copies(user)]
        return weight_update(
            layer.name,
            weights,
            layer.parameters - weights,
            self.options.optimizer,
            tuple(pruning for _, pruning in dict.fromkeys(copy for copy in copies if copy is not None)),
            dense_copy=None in copies,
            operand=self.operand,
        )

    def _copies(self, layer: WeightedLayer | VectorLayer) -> list[tuple[Pass, Pruning] | None]:
        """What each pass of a layer reads of its weight: a packed copy, or (None) the dense one."""
        if isinstance(layer, VectorLayer) or (isinstance(layer, ConvLayer) and layer.is_depthwise):
            return [None]
        planner = self._for(layer)
        passes: dict[Pass, SparseOperand | None] = {"ff": planner.recipe.ff}
        if layer.input_gradient:
            passes["bp"] = planner.recipe.bp
        packed = Pruning(planner.sparsity.n, planner.sparsity.m, operand=self.operand)
        return [
            (name, packed) if operand == "weight" and self.options.pregenerate else None
            for name, operand in passes.items()
        ]


def _own_weights(layer: WeightedLayer | VectorLayer) -> int:
    """Weights that a layer updates: none where they are another's, and a table's entries."""
    if isinstance(layer, VectorLayer):
        return layer.parameters
    return 0 if layer.weight_of else layer.weights
