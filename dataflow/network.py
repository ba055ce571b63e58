"""A network as the accelerator sees it: layers with shapes per sample, in execution order.

Four kinds of layer. ``ConvLayer`` and ``LinearLayer`` carry weights; ``MatmulLayer`` multiplies two
activations (attention); ``VectorLayer`` is everything without a matrix product (normalisation, activation,
pooling, residual sums, softmax, embedding), so that its bytes and cycles are counted and never dropped.
All sizes are per sample; the batch comes in when a training step is made of the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from heddle.arch.named_rows import NamedRows

VectorOp = Literal[
    "batchnorm",
    "layernorm",
    "activation",
    "smooth_activation",
    "pool",
    "residual",
    "softmax",
    "embedding",
    "elementwise",
]

#: What is counted as a convolution and cannot be run as one. Stacked maps are several of a sample, below each other.
StandIn = Literal["3-D convolution", "transposed convolution", "stacked maps"]


@dataclass(frozen=True)
class ConvLayer:
    """A 2-D convolution. ``groups == in_channels`` is depthwise.

    ``input_gradient`` is False where nothing upstream learns (the first layer); ``keep_dense`` marks the
    layers that the usual N:M policy leaves dense (first convolution, classifier). ``weight_of`` names the layer
    whose weight this one uses too; it is empty where the weight is its own.

    ``dilation`` is (rows, columns). ``padding`` is (top, bottom, left, right), None where it is the least that is the
    same on both sides and gives the output's sizes. ``stands_for`` says what is counted as this convolution and cannot
    be run as one; it is None where the layer is what it says.
    """

    name: str
    in_height: int
    in_width: int
    in_channels: int
    out_height: int
    out_width: int
    out_channels: int
    kernel_height: int
    kernel_width: int
    stride_height: int = 1
    stride_width: int = 1
    groups: int = 1
    bias: bool = False
    input_gradient: bool = True
    keep_dense: bool = False
    weight_of: str = ""
    # Not shown: a network of the zoo is known again by its layers' text, and has these at their defaults.
    dilation: tuple[int, int] = field(default=(1, 1), repr=False)
    padding: tuple[int, int, int, int] | None = field(default=None, repr=False)
    stands_for: StandIn | None = field(default=None, repr=False)

    @property
    def is_depthwise(self) -> bool:
        """True when every input channel is filtered on its own."""
        return self.groups > 1 and self.groups == self.in_channels

    @property
    def taps(self) -> int:
        """Kernel positions, k in the tables of the docs."""
        return self.kernel_height * self.kernel_width

    @property
    def macs(self) -> int:
        """Multiply-adds of one forward pass of one sample, padding counted as is usual."""
        pixels = self.out_height * self.out_width
        return pixels * self.taps * (self.in_channels // self.groups) * self.out_channels

    @property
    def weights(self) -> int:
        """Weights that it multiplies by, without bias."""
        return self.taps * (self.in_channels // self.groups) * self.out_channels

    @property
    def parameters(self) -> int:
        """Weights and biases that are its own."""
        return (0 if self.weight_of else self.weights) + (self.out_channels if self.bias else 0)


@dataclass(frozen=True)
class LinearLayer:
    """A matrix product with weights: ``rows`` vectors a sample, in_features -> out_features.

    Its flags, and ``weight_of``, are those of a convolution. Of a recurrence's state the rows come in ``steps`` parts,
    each of which waits for the one before.
    """

    name: str
    rows: int
    in_features: int
    out_features: int
    bias: bool = False
    input_gradient: bool = True
    keep_dense: bool = False
    weight_of: str = ""
    # Not shown: a network of the zoo is known again by its layers' text, and has no recurrence.
    steps: int = field(default=1, repr=False)

    @property
    def macs(self) -> int:
        """Multiply-adds of one forward pass of one sample."""
        return self.rows * self.in_features * self.out_features

    @property
    def weights(self) -> int:
        """Weights that it multiplies by, without bias."""
        return self.in_features * self.out_features

    @property
    def parameters(self) -> int:
        """Weights and biases that are its own."""
        return (0 if self.weight_of else self.weights) + (self.out_features if self.bias else 0)


@dataclass(frozen=True)
class MatmulLayer:
    """``count`` products a sample of two activations, [m x k] by [k x n]: attention's QK^T and PV."""

    name: str
    m: int
    k: int
    n: int
    count: int = 1

    @property
    def macs(self) -> int:
        """Multiply-adds of one forward pass of one sample."""
        return self.count * self.m * self.k * self.n

    @property
    def parameters(self) -> int:
        """None: both operands are activations."""
        return 0


@dataclass(frozen=True)
class VectorLayer:
    """Work of the vector unit: ``in_elements`` read and ``out_elements`` written a sample.

    ``activation`` is piecewise linear (ReLU and kin: BP needs one bit an element), ``smooth_activation`` is
    not (GELU, sigmoid: BP needs the input). ``window`` is the number of inputs that one output looks at
    (pooling); ``parameters`` are what it learns (scale and shift of a normalisation, an embedding table).
    """

    name: str
    op: VectorOp
    in_elements: int
    out_elements: int
    parameters: int = 0
    window: int = 1

    @property
    def macs(self) -> int:
        """None, by the usual count."""
        return 0


WeightedLayer = ConvLayer | LinearLayer
#: Layers of matrix products.
ProductLayer = ConvLayer | LinearLayer | MatmulLayer
Layer = ConvLayer | LinearLayer | MatmulLayer | VectorLayer


@dataclass(frozen=True)
class Network:
    """Layers in execution order. ``source`` says where the network came from (zoo, or a file's path).

    ``notes`` are one-line remarks of the importer that a user should see: what it assumed or did not use. ``ratios``
    are N:M of the layers, in their order, as the network's file writes them; empty text where it gives none.
    """

    name: str
    source: str
    layers: Sequence[Layer]
    notes: tuple[str, ...] = ()
    ratios: tuple[str, ...] = ()

    @cached_property
    def rows(self) -> NamedRows[Layer]:
        """The layers, equal ones found."""
        return NamedRows.of(self.layers, "name")

    @property
    def macs(self) -> int:
        """Multiply-adds of one forward pass of one sample."""
        return self.rows.sum_of(lambda layer: layer.macs)

    @property
    def parameters(self) -> int:
        """Learned numbers."""
        return self.rows.sum_of(lambda layer: layer.parameters)

    @property
    def weighted_layers(self) -> tuple[WeightedLayer, ...]:
        """The layers that carry a weight matrix."""
        return tuple(layer for layer in self.layers if isinstance(layer, ConvLayer | LinearLayer))

    @property
    def product_layers(self) -> tuple[ProductLayer, ...]:
        """The layers of matrix products."""
        return tuple(layer for layer in self.layers if isinstance(layer, ConvLayer | LinearLayer | MatmulLayer))
