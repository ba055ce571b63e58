"""Products that an exported model holds, as layers of its network."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from small_models import Computes, network_behind
from torch import Tensor, nn
from torch.nn import functional

from heddle.arch.formats import FP16
from heddle.dataflow.convolution import Geometry
from heddle.dataflow.network import ConvLayer, LinearLayer, MatmulLayer, VectorLayer
from heddle.dataflow.program.layer_products import LayerMaps
from heddle.training.network_of import network_of


@settings(max_examples=15)
@given(
    groups=st.sampled_from([1, 2, 4]),
    kernel=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.tuples(st.integers(1, 2), st.integers(1, 3)),
    padding=st.integers(0, 2),
    dilation=st.integers(1, 2),
    bias=st.booleans(),
)
def test_a_convolution_is_described_as_it_is(
    groups: int, kernel: tuple[int, int], stride: tuple[int, int], padding: int, dilation: int, bias: bool
) -> None:
    conv = nn.Conv2d(4, 8, kernel, stride=stride, padding=padding, dilation=dilation, groups=groups, bias=bias)
    network = network_of(nn.Sequential(OrderedDict(c=conv)), (4, 9, 11), "model")
    out = conv(torch.zeros(1, 4, 9, 11))
    (layer,) = network.layers
    assert isinstance(layer, ConvLayer)
    assert replace(layer, dilation=(1, 1), padding=None) == ConvLayer(
        "c", 9, 11, 4, out.shape[2], out.shape[3], 8, *kernel, *stride, groups=groups, bias=bias, input_gradient=False
    )
    assert LayerMaps.of(layer, 1, FP16).geometry == Geometry(kernel, stride, (padding,) * 2, (dilation,) * 2)
    assert layer.parameters == sum(parameter.numel() for parameter in conv.parameters())


def test_a_convolution_along_one_axis_has_height_one() -> None:
    model = nn.Sequential(nn.Flatten(2), nn.Conv1d(3, 5, 3, stride=2, padding=1))
    (layer,) = network_of(model, (3, 4, 5), "model").layers
    assert layer == ConvLayer("1", 1, 20, 3, 1, 10, 5, 1, 3, 1, 2, bias=True, input_gradient=False)


# Linear layers and products.


def test_every_vector_along_the_last_axis_is_a_row() -> None:
    network = network_behind(lambda model, x: model.fc(x))
    assert network.layers == (LinearLayer("fc", 10, 6, 6, bias=True, input_gradient=False),)


@pytest.mark.parametrize(
    "function",
    [
        lambda model, x: x @ model.matrix,
        lambda model, x: torch.einsum("bti,io->bto", x, model.matrix),
        lambda model, x: torch.einsum("io,bti->bto", model.matrix, x),
        lambda model, x: torch.mm(x.flatten(0, 1), model.matrix),
        lambda model, x: model.matrix.T @ x.transpose(1, 2),
        lambda model, x: functional.linear(x, model.matrix.T),
    ],
    ids=["matmul", "einsum", "einsum-left", "mm", "left", "linear"],
)
def test_a_product_with_a_parameter_is_a_linear_layer_of_its_name(
    function: Callable[[Computes, Tensor], Tensor],
) -> None:
    network = network_behind(function)
    assert network.layers == (LinearLayer("matrix", 10, 6, 4, input_gradient=False),)


def test_a_product_with_a_bias_in_it_has_a_bias() -> None:
    network = network_behind(lambda model, x: torch.addmm(model.scale[:4], x.flatten(0, 1), model.matrix))
    assert network.layers == (LinearLayer("matrix", 10, 6, 4, bias=True, input_gradient=False),)


@pytest.mark.parametrize(
    "function",
    [
        lambda model, x: x @ x.transpose(1, 2),
        lambda model, x: torch.bmm(x, x.mT),
        lambda model, x: torch.einsum("bti,bsi->bts", x, x),
    ],
    ids=["matmul", "bmm", "einsum"],
)
def test_a_product_of_two_activations_has_no_weights(function: Callable[[Computes, Tensor], Tensor]) -> None:
    (layer,) = network_behind(function).layers
    assert isinstance(layer, MatmulLayer)
    assert (layer.m, layer.k, layer.n, layer.count) == (10, 6, 10, 1)


def test_fused_attention_is_two_products_and_a_softmax() -> None:
    def attend(_: Computes, x: Tensor) -> Tensor:
        heads = x.reshape(-1, 10, 3, 2).transpose(1, 2)
        return functional.scaled_dot_product_attention(heads, heads, heads)

    assert network_behind(attend).layers == (
        MatmulLayer("attention.qk", 10, 2, 10, count=3),
        VectorLayer("attention.softmax", "softmax", 300, 300),
        MatmulLayer("attention.pv", 10, 10, 2, count=3),
    )


def test_pytorchs_multi_head_attention_is_read() -> None:
    class Attends(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mha = nn.MultiheadAttention(8, 2, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            tokens = x.flatten(2).transpose(1, 2)
            return self.mha(tokens, tokens, tokens, need_weights=False)[0]

    model = Attends()
    network = network_of(model, (8, 2, 3), "model")
    assert [layer.name for layer in network.layers] == [
        "mha.in_proj",
        "mha.qk",
        "mha.softmax",
        "mha.pv",
        "mha.out_proj",
    ]
    assert network.parameters == sum(parameter.numel() for parameter in model.parameters())
    assert network.macs == 6 * 8 * 24 + 2 * (2 * 6 * 6 * 4) + 6 * 8 * 8
