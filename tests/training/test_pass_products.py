"""The three products in floating point: PyTorch's own autograd where they are dense, the definition where pruned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_masks import top_n as naive_top_n
from naive_recipes import NaiveGeometry
from naive_recipes import pixel_rows as naive_rows
from torch import Tensor
from torch.nn import functional

from heddle.arch.design import SparsityConfig
from heddle.training.masks import top_n
from heddle.training.pass_products import FloatConvolution, FloatLinear, OperandPruning, pixel_rows, pixels_apart

RATIO = SparsityConfig(n=2, m=4)


def random(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def pruning(operand: str) -> OperandPruning:
    return OperandPruning("x" if operand == "x" else "dy", RATIO, lambda rows: top_n(rows, RATIO, 0))


def autograd(y: Tensor, dy: Tensor, x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    return torch.autograd.grad(y, (x, weight), dy)


@pytest.mark.parametrize("leading", [(), (1,), (5,), (2, 3), (2, 1, 3), (0,), (2, 0)], ids=str)
def test_a_linear_layers_products_are_autograds(leading: tuple[int, ...]) -> None:
    x, weight = random(1, *leading, 6).requires_grad_(), random(2, 4, 6).requires_grad_()
    y = functional.linear(x, weight)
    dy = random(3, *leading, 4)
    dx, dw = autograd(y, dy, x, weight)
    products = FloatLinear()
    assert products.operand(x) is x
    torch.testing.assert_close(products.forward(x, weight, None), y)
    torch.testing.assert_close(products.input_gradient(dy, weight, x.shape, None, None), dx)
    torch.testing.assert_close(products.weight_gradient(x, dy, weight.shape, None), dw)


@dataclass(frozen=True)
class Convolution:
    """A convolution of one to three dimensions and its operands."""

    x: Tensor
    weight: Tensor
    products: FloatConvolution
    geometry: NaiveGeometry

    def output(self) -> Tensor:
        kind = (functional.conv1d, functional.conv2d, functional.conv3d)[self.x.dim() - 3]
        p = self.products
        return kind(self.x, self.weight, None, p.stride, p.padding, p.dilation, p.groups)


@st.composite
def convolutions(draw: st.DrawFn) -> Convolution:
    dimensions = draw(st.integers(1, 3))

    def sizes(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(low, high)) for _ in range(dimensions))

    kernel, stride, padding, dilation = sizes(1, 3), sizes(1, 3), sizes(0, 2), sizes(1, 2)
    least = tuple(max(1, d * (k - 1) + 1 - 2 * p) for d, k, p in zip(dilation, kernel, padding, strict=True))
    sides = tuple(side + draw(st.integers(0, 3)) for side in least)
    groups = draw(st.integers(1, 2))
    x = random(draw(st.integers(0, 99)), draw(st.integers(1, 2)), 2 * groups, *sides)
    weight = random(draw(st.integers(0, 99)), 3 * groups, 2, *kernel)
    return Convolution(
        x,
        weight,
        FloatConvolution(stride, padding, dilation, groups),
        NaiveGeometry(kernel, stride, padding, dilation, groups),
    )


@settings(max_examples=80)
@given(convolutions())
def test_a_convolutions_products_are_autograds(case: Convolution) -> None:
    case.x.requires_grad_(), case.weight.requires_grad_()
    y = case.output()
    dy = random(100, *y.shape)
    dx, dw = autograd(y, dy, case.x, case.weight)
    torch.testing.assert_close(case.products.forward(case.x, case.weight, None), y)
    torch.testing.assert_close(case.products.input_gradient(dy, case.weight, case.x.shape, None, None), dx)
    torch.testing.assert_close(case.products.weight_gradient(case.x, dy, case.weight.shape, None), dw)


@settings(max_examples=40)
@given(convolutions())
def test_a_pruned_operand_of_wu_is_pruned_over_pixels_as_the_product_reads_it(case: Convolution) -> None:
    dy = random(100, *case.output().shape)
    patches = case.geometry.patches(case.x.numpy())
    rows = naive_rows(dy.numpy())
    pruned_x = naive_top_n(patches.reshape(len(rows), -1), 2, 4, 0).reshape(patches.shape)
    pruned_dy = pixels_apart(torch.from_numpy(naive_top_n(rows, 2, 4, 0)), dy.shape)
    for operand, expected in (
        ("x", case.geometry.weight_gradient(pruned_x, dy.numpy())),
        ("dy", case.geometry.weight_gradient(patches, pruned_dy.numpy())),
    ):
        found = case.products.weight_gradient(case.x, dy, case.weight.shape, pruning(operand))
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("operand", ["x", "dy"])
@pytest.mark.parametrize("leading", [(5,), (2, 3), (), (0,)], ids=str)
def test_a_pruned_operand_of_a_linear_layer_is_pruned_over_all_rows(operand: str, leading: tuple[int, ...]) -> None:
    x, dy = random(1, *leading, 6), random(2, *leading, 4)
    rows = {"x": x.reshape(-1, 6).numpy(), "dy": dy.reshape(-1, 4).numpy()}
    rows[operand] = naive_top_n(rows[operand], 2, 4, 0)
    found = FloatLinear().weight_gradient(x, dy, torch.Size((4, 6)), pruning(operand))
    np.testing.assert_allclose(found.numpy(), rows["dy"].T @ rows["x"], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("operand", ["x", "dy", None])
def test_an_empty_batch_has_a_gradient_of_zeros(operand: str | None) -> None:
    products = FloatConvolution((1, 1), (1, 1), (1, 1), 1)
    x, dy = random(1, 0, 4, 3, 3), random(2, 0, 8, 3, 3)
    found = products.weight_gradient(x, dy, torch.Size((8, 4, 3, 3)), pruning(operand) if operand else None)
    assert torch.equal(found, torch.zeros(8, 4, 3, 3, dtype=torch.float64))


def test_pixels_stand_in_the_order_batch_row_column_and_return_to_their_maps() -> None:
    maps = random(1, 2, 3, 4, 5)
    rows = pixel_rows(maps)
    assert rows.shape == (40, 3)
    assert torch.equal(rows[1 * 20 + 2 * 5 + 3], maps[1, :, 2, 3])
    assert torch.equal(pixels_apart(rows, maps.shape), maps)
