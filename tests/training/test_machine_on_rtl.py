"""A training step with the machine's arithmetic in the loop, its products run on the RTL: the same bits.

The RTL gets dense weights, maps and gradients, packed as the machine's recipe says; the layer prunes by its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.arch.formats import FP16
from heddle.dataflow.convolution import Geometry
from heddle.dataflow.recipes import recipe_named
from heddle.hls.generate import array_rtl
from heddle.sim.functional.convolution import kernel_matrix, phase_kernel, phase_windows, place_phase, windows
from heddle.sim.functional.formats import Bits, Float32, from_float32, to_float32
from heddle.training.layers import NmConv2d
from heddle.training.sparsifying import sparsified_layers, sparsify
from heddle.verify.model import Model
from heddle.verify.operands import Extents
from heddle.verify.product_cases import GivenProduct, bench_product, operand_case
from heddle.verify.simulation import run_cases
from heddle.verify.verilator import build_verilator_model

pytestmark = pytest.mark.rtl

DESIGN = load_design("tiny")
BOARD = load_board(DESIGN.board)
SIZE, BATCH = (5, 5), 2


@pytest.fixture(scope="module")
def model() -> Model:
    return build_verilator_model(array_rtl(DESIGN))


@dataclass(frozen=True)
class Step:
    """What a layer saw and gave in one training step: x and y with their gradients, and the layer with its own."""

    layer: NmConv2d
    x: Tensor
    y: Tensor

    @property
    def geometry(self) -> Geometry:
        return Geometry((3, 3), (self.layer.stride[0],) * 2, (1, 1))


@dataclass(frozen=True)
class OnTheArray:
    """A product as it is given to the array, which keeps N:M of the right operand where it is sparse."""

    name: str
    left: Bits
    right: Bits
    sparse: bool
    is_turned: bool = False

    @property
    def given(self) -> GivenProduct:
        extents = Extents(*self.left.shape, self.right.shape[1])
        product = bench_product(extents, DESIGN.sparsity if self.sparse else None)
        return GivenProduct(self.name, product, self.left, self.right)

    @property
    def turned(self) -> OnTheArray:
        """Its transpose: the left operand is on the right, and may be sparse."""
        return OnTheArray(self.name, self.right.T, self.left.T, sparse=True, is_turned=True)

    @property
    def result(self) -> Float32:
        """What the case expects of the RTL, turned back where the product is turned."""
        result = self.given.result(DESIGN)
        return result.T if self.is_turned else result


def trained_steps(recipe: str) -> list[Step]:
    """One step of a random network of two convolutions, the second one strided."""
    torch.manual_seed(0)
    convolutions = [nn.Conv2d(8, 8, 3, stride, padding=1, bias=False) for stride in (1, 2)]
    network = nn.Sequential(convolutions[0], nn.ReLU(), convolutions[1])
    sparsify(network, recipe, DESIGN.sparsity, arithmetic=DESIGN.numbers.operand)
    steps = []

    def keep(layer: nn.Module, inputs: tuple[Tensor, ...], y: Tensor) -> None:
        assert isinstance(layer, NmConv2d)
        inputs[0].retain_grad()
        y.retain_grad()
        steps.append(Step(layer, inputs[0], y))

    for _, layer in sparsified_layers(network):
        layer.register_forward_hook(keep)
    y = network(torch.randn(BATCH, 8, *SIZE).requires_grad_())
    nn.functional.mse_loss(y, torch.randn(y.shape)).backward()
    return steps


def maps(tensor: Tensor | None) -> Bits:
    assert tensor is not None
    return from_float32(tensor.detach().permute(0, 2, 3, 1).numpy(), FP16)


def kernel(tensor: Tensor) -> Bits:
    return from_float32(tensor.detach().permute(2, 3, 1, 0).numpy(), FP16)


def forward_product(step: Step, recipe: str) -> OnTheArray:
    seen, weights = windows(maps(step.x), step.geometry), kernel_matrix(kernel(step.layer.weight))
    return OnTheArray("FF", seen, weights, sparse=recipe_named(recipe).ff == "weight")


def backward_products(step: Step, recipe: str) -> Iterator[OnTheArray]:
    sparse = recipe_named(recipe).bp
    for number, phase in enumerate(step.geometry.phases(SIZE)):
        met, weights = phase_windows(maps(step.y.grad), phase), phase_kernel(kernel(step.layer.weight), phase)
        product = OnTheArray(f"BP-{number}", met, weights, sparse=sparse == "weight")
        yield product.turned if sparse == "dy" else product


def weight_gradient_product(step: Step, recipe: str) -> OnTheArray:
    sparse = recipe_named(recipe).wu
    seen, gradient = windows(maps(step.x), step.geometry), maps(step.y.grad)
    product = OnTheArray("WU", seen.T, gradient.reshape(-1, gradient.shape[-1]), sparse=sparse == "dy")
    return product.turned if sparse == "x" else product


def stored(results: Float32) -> Float32:
    return to_float32(from_float32(results, FP16), FP16)


def same_bits(tensor: Tensor | None, expected: Float32) -> bool:
    assert tensor is not None
    found = tensor.detach().numpy()
    return found.shape == expected.shape and np.array_equal(found.view(np.int32), expected.copy().view(np.int32))


@pytest.mark.parametrize("recipe", ["bdwp", "sdgp", "bdwp-wu", "bdwp-wu-x"])
@pytest.mark.parametrize("place", [0, 1], ids=["stride-1", "stride-2"])
def test_a_layers_step_has_the_bits_of_the_rtl(recipe: str, place: int, model: Model, tmp_path: Path) -> None:
    step = trained_steps(recipe)[place]
    forward = forward_product(step, recipe)
    backward = list(backward_products(step, recipe))
    weight_gradient = weight_gradient_product(step, recipe)
    products = [forward, *backward, weight_gradient]
    assert any(product.sparse for product in products)
    cases = [operand_case(each.given, DESIGN, BOARD) for each in products]
    verdicts = run_cases(model, cases, tmp_path, lambda done, total: None)
    assert [verdict.problems for verdict in verdicts if not verdict.passed] == []

    # The RTL's results are those that the cases expect, ``result``; and the layer's are the same.
    batch, channels, height, width = step.y.shape
    y = stored(forward.result).reshape(batch, height, width, channels).transpose(0, 3, 1, 2)
    assert same_bits(step.y, y)
    dx = np.zeros((BATCH, *SIZE, 8), np.float32)
    for product, phase in zip(backward, step.geometry.phases(SIZE), strict=True):
        place_phase(product.result, phase, dx)
    assert same_bits(step.x.grad, stored(dx).transpose(0, 3, 1, 2))
    dw = weight_gradient.result
    assert same_bits(step.layer.weight.grad, dw.reshape(3, 3, 8, 8).transpose(3, 2, 0, 1))
