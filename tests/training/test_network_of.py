"""Networks behind PyTorch models: those of the zoo, and small models of every kind a user may bring."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm
from torch.utils.checkpoint import checkpoint
from whole_model import weightless

from heddle.arch.errors import HeddleError
from heddle.dataflow.network import ConvLayer, Layer, LinearLayer, MatmulLayer, Network, VectorLayer
from heddle.dataflow.zoo import zoo_network
from heddle.training import sparsify
from heddle.training.models import build_model
from heddle.training.models.mlp import Mlp
from heddle.training.network_of import network_of


def products(network: Network) -> list[Layer]:
    return [layer for layer in network.layers if not isinstance(layer, VectorLayer)]


def vectors(network: Network) -> list[VectorLayer]:
    return [layer for layer in network.layers if isinstance(layer, VectorLayer)]


def elements(network: Network) -> tuple[int, int]:
    found = vectors(network)
    return sum(layer.in_elements for layer in found), sum(layer.out_elements for layer in found)


class Computes(nn.Module):
    """A model of one function, with a linear layer ``fc`` and a parameter ``scale`` to use in it."""

    def __init__(self, function: Callable[[Computes, Tensor], Tensor], features: int = 6) -> None:
        super().__init__()
        self.function = function
        self.fc = nn.Linear(features, features)
        self.scale = nn.Parameter(torch.ones(features))
        self.matrix = nn.Parameter(torch.ones(features, 4))

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self, x)


def network_behind(function: Callable[[Computes, Tensor], Tensor]) -> Network:
    """Samples are rows of 6 features: images [2, 5, 6] as [batch, 10, 6]."""
    return network_of(Computes(lambda model, x: function(model, x.flatten(1, 2))), (2, 5, 6), "model")


# The zoo.


@pytest.mark.parametrize(
    ("name", "side", "classes"), [("resnet9", 32, 10), ("resnet18", 224, 1000), ("vgg19", 224, 1000)]
)
def test_a_convolutional_model_has_the_zoos_layers_all_of_them(name: str, side: int, classes: int) -> None:
    network = network_of(weightless(name, (3, side, side), classes), (3, side, side), name)
    assert network.layers == zoo_network(name).layers
    assert network.notes == ()


def test_the_mlp_has_the_zoos_weighted_layers_at_the_zoos_width_but_for_the_biases_that_batch_norm_replaces() -> None:
    network = network_of(Mlp(features=784, hidden=512, classes=10), (1, 28, 28), "mlp")
    hidden_without_bias = [replace(layer, bias=layer.name == "fc3") for layer in zoo_network("mlp").weighted_layers]
    assert list(network.weighted_layers) == hidden_without_bias


def test_vit_small_has_the_zoos_products_and_its_vector_work_but_for_the_position_embedding() -> None:
    network = network_of(weightless("vit-small", (3, 224, 224), 1000), (3, 224, 224), "vit-small")
    zoo = zoo_network("vit-small")
    assert products(network) == products(zoo)
    assert network.parameters == zoo.parameters == 22_050_664
    assert network.notes == ()
    # The zoo counts the class token and the position embedding as one layer that reads the embedding too. Here
    # they are a concatenation and a sum, each of which reads what varies and writes all tokens.
    tokens, width = 197, 384
    ours, theirs = elements(network), elements(zoo)
    assert ours == (theirs[0] - width, theirs[1] + tokens * width)
    ends = {"pos_embed", "cat", "add"}
    kinds = [[(v.op, v.in_elements) for v in vectors(one) if v.name not in ends] for one in (network, zoo)]
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize("name", ["resnet9-small", "vit-tiny", "mlp"])
def test_a_small_model_has_as_many_parameters_as_its_network(name: str) -> None:
    model = build_model(name, (1, 8, 8), 10)
    network = network_of(model, (1, 8, 8), name)
    assert network.parameters == sum(parameter.numel() for parameter in model.parameters())
    assert network.notes == ()
    assert (network.name, network.source) == (name, "PyTorch")


def test_layers_are_those_that_become_sparse_by_name() -> None:
    model = build_model("resnet18", (3, 32, 32), 10)
    weighted = {layer.name for layer in network_of(model, (3, 32, 32), "resnet18").weighted_layers}
    modules = {name for name, module in model.named_modules() if isinstance(module, nn.Linear | nn.Conv2d)}
    assert weighted == modules


# The model is left alone.


def test_the_model_and_the_random_numbers_are_left_as_they_are() -> None:
    model = build_model("resnet9-small", (1, 8, 8), 10).eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    state = torch.random.get_rng_state()
    network_of(model, (1, 8, 8), "model")
    assert not any(module.training for module in model.modules())
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert torch.equal(state, torch.random.get_rng_state())


def test_a_model_in_another_number_format_is_read_as_well() -> None:
    model = build_model("mlp", (1, 8, 8), 10)
    assert network_of(model.double(), (1, 8, 8), "mlp") == network_of(model.bfloat16(), (1, 8, 8), "mlp")


# Convolutions.


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
    assert layer == ConvLayer(
        "c", 9, 11, 4, out.shape[2], out.shape[3], 8, *kernel, *stride, groups=groups, bias=bias, input_gradient=False
    )
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


# Work without products.


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda _, x: functional.relu(x), VectorLayer("relu", "activation", 60, 60)),
        (lambda _, x: x.relu_(), VectorLayer("relu", "activation", 60, 60)),
        (lambda _, x: functional.gelu(x), VectorLayer("gelu", "smooth_activation", 60, 60)),
        (lambda _, x: x.softmax(-1), VectorLayer("softmax", "softmax", 60, 60)),
        (lambda _, x: functional.layer_norm(x, (6,)), VectorLayer("layer_norm", "layernorm", 60, 60)),
        (lambda _, x: x + x.flip(1), VectorLayer("add", "residual", 120, 60)),
        (lambda model, x: x + model.scale, VectorLayer("add", "elementwise", 60, 60, parameters=6)),
        (lambda _, x: torch.cat((x, x[:, :3]), 1), VectorLayer("cat", "elementwise", 78, 78)),
        (lambda _, x: x.mean(1), VectorLayer("mean", "pool", 60, 6, window=10)),
        (lambda _, x: x.amax(2), VectorLayer("amax", "pool", 60, 10, window=6)),
        (lambda _, x: torch.maximum(x, x.flip(1)), VectorLayer("maximum", "elementwise", 120, 60)),
        (lambda _, x: x.max(dim=1).values, VectorLayer("max", "pool", 60, 6, window=10)),
        (lambda _, x: functional.max_pool1d(x, 2), VectorLayer("max_pool1d", "pool", 60, 30, window=2)),
        (lambda _, x: functional.avg_pool2d(x[:, None], 2), VectorLayer("avg_pool2d", "pool", 60, 15, window=4)),
        (lambda model, x: torch.einsum("bti,i->bti", x, model.scale), VectorLayer("einsum", "elementwise", 60, 60, 6)),
    ],
)
def test_vector_work(function: Callable[[Computes, Tensor], Tensor], expected: VectorLayer) -> None:
    network = network_behind(lambda model, x: model.fc(x).sum() + function(model, x))
    assert expected in network.layers


@pytest.mark.parametrize(
    "function",
    [
        lambda _, x: x.reshape(-1, 60).unflatten(1, (6, 10)).transpose(1, 2),
        lambda _, x: x.chunk(2, dim=1)[0].unbind(1)[0],
        lambda _, x: functional.dropout(x, 0.1),
        lambda _, x: x * 0.5,
        lambda _, x: (x - 1) / 3,
        lambda _, x: x.expand(3, -1, -1, -1).select(0, 1).contiguous().to(torch.float32),
        lambda model, _: (model.scale.exp() + 1).softmax(0),
    ],
)
def test_views_dropout_scaling_by_a_number_and_work_on_no_data_are_free(
    function: Callable[[Computes, Tensor], Tensor],
) -> None:
    network = network_behind(lambda model, x: (function(model, x), model.fc(x)))  # type: ignore[arg-type, return-value]
    assert [layer.name for layer in network.layers] == ["fc"]


def test_a_pooling_onto_the_same_map_is_free_and_onto_another_has_its_window() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 1), nn.AdaptiveAvgPool2d((6, 6)), nn.AdaptiveMaxPool2d((2, 3)))
    assert network_of(model, (3, 6, 6), "model").layers[1:] == (VectorLayer("2", "pool", 144, 24, window=6),)


def test_an_embedding_is_read_by_the_row() -> None:
    def embed(model: Computes, x: Tensor) -> Tensor:
        return functional.embedding(x[..., 0].long(), model.matrix)

    assert network_behind(lambda model, x: embed(model, x) @ model.matrix.T).layers[0] == VectorLayer(
        "embedding", "embedding", 10, 40, parameters=24
    )


# Names, gradients and remarks.


def test_functions_are_named_after_the_module_that_calls_them() -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(4, 4, 1)
            self.act = nn.ReLU(inplace=True)

        def forward(self, x: Tensor) -> Tensor:
            return functional.relu(self.act(self.conv(x)) + x)

    model = nn.Sequential(OrderedDict(stem=nn.Conv2d(3, 4, 1), block=Block()))
    assert [layer.name for layer in network_of(model, (3, 2, 2), "model").layers] == [
        "stem",
        "block.conv",
        "block.act",
        "block.add",
        "block.relu",
    ]


def test_a_layer_used_twice_is_numbered_and_its_weights_are_remarked_on() -> None:
    network = network_behind(lambda model, x: model.fc(model.fc(x)))
    assert [layer.name for layer in network.layers] == ["fc", "fc#2"]
    assert [layer.input_gradient for layer in network.weighted_layers] == [False, True]
    (note,) = network.notes
    assert note.startswith(
        "the model has 72 parameters and its layers 84: a weight that several layers share counts in"
    )


def test_a_layer_of_its_own_module_has_its_name_whatever_becomes_of_its_weights() -> None:
    first, second = nn.Linear(12, 12), nn.Linear(12, 12)
    second.weight = first.weight
    model = nn.Sequential(nn.Flatten(), first, second, weight_norm(nn.Linear(12, 2)))
    assert [layer.name for layer in network_of(model, (3, 2, 2), "model").layers] == ["1", "2", "3"]
    padded = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect"))
    assert [layer.name for layer in network_of(padded, (3, 4, 4), "model").layers] == ["0.pad", "0"]


def test_a_recomputed_block_is_read_once() -> None:
    model = Computes(lambda model, x: checkpoint(model.fc, x.flatten(1, 2), use_reentrant=False))
    assert network_of(model, (2, 5, 6), "model").layers == (LinearLayer("fc", 10, 6, 6, True, input_gradient=False),)


def test_only_layers_fed_by_data_alone_have_no_input_gradient() -> None:
    def branches(model: Computes, x: Tensor) -> Tensor:
        return torch.cat((x @ model.matrix, x.relu() @ model.matrix, (x + model.scale) @ model.matrix), 1)

    assert [layer.input_gradient for layer in network_behind(branches).weighted_layers] == [False, False, True]


def test_an_operator_that_no_table_knows_is_one_pass_and_a_note() -> None:
    network = network_behind(lambda model, x: model.fc(torch.special.i0(torch.special.i0(x))))
    assert network.layers[0].name == "special_i0"
    assert [layer.op for layer in vectors(network)] == ["elementwise", "elementwise"]
    assert "special_i0 is not known: each of its 2 calls is counted as one element-wise pass" in network.notes


def test_frozen_parameters_are_remarked_on() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 2), nn.Linear(2, 2)).requires_grad_(False)
    assert network_of(model, (3, 2, 2), "model").notes == (
        "32 parameters need no gradient and are counted as if they were trained",
    )


# What is refused.


def without_gradient(model: Computes, x: Tensor) -> Tensor:
    with torch.no_grad():
        y = x.reshape(-1, 8, 6) @ model.matrix
    return y + 1


class Reads(nn.Module):
    """Flow of control that depends on data."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x) if x.sum() > 0 else x


STACK = r"a stack of weight matrices, shape \[3, 4, 2\], is not supported"


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (nn.Sequential(nn.ReLU()), "it holds no convolution, no linear layer and no product of activations"),
        (Reads(), r"the model cannot be exported with samples of shape \(3, 4, 4\): "),
        (nn.Sequential(nn.LazyConv2d(4, 1)), "the model cannot be copied: Can't access the shape of an uninitialized"),
        (Computes(without_gradient), r"wrap\S*: the operators inside it cannot be read \(torch.no_grad, autocast"),
        (nn.Linear(5, 5), r"the model cannot be exported with samples of shape \(3, 4, 4\): .*5"),
        (nn.ConvTranspose2d(3, 4, 2), r"conv_transpose2d: conv_transpose2d is not supported \(valid: 1-D and 2-D"),
        (nn.Sequential(nn.Unflatten(1, (1, 3)), nn.Conv3d(1, 4, 2)), r"1\.conv3d: conv3d is not supported"),
        (nn.Sequential(nn.Flatten(2), nn.LSTM(16, 4)), "1: lstm is not supported"),
        (Computes(lambda _, x: x.flatten(1) @ x.flatten(1).T), "matmul: its products are 1 for 2 samples: it mixes"),
        (Computes(lambda _, x: functional.linear(x, x[0, 0])), "linear: its weight is computed from the input"),
        (Computes(lambda model, x: x @ model.matrix.reshape(3, 4, 2)), f"matmul: {STACK}"),
        (
            Computes(lambda model, x: torch.einsum("bcij,cjk->bcik", x, model.matrix.reshape(3, 4, 2))),
            "einsum: a stack of 3 weight matrices is not supported",
        ),
        (
            Computes(lambda _, x: torch.einsum("bcij,bcij,bcij->b", x, x, x)),
            r"einsum: einsum of 3 operands is not supported \(valid: two\)",
        ),
    ],
)
def test_what_has_no_layer_is_told_in_one_line(
    model: nn.Module, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(HeddleError, match=f"^model: {message}"):
        network_of(model, (3, 4, 4), "model")
    assert capfd.readouterr() == ("", "")


def test_a_model_whose_layers_are_sparse_already_is_refused() -> None:
    model = sparsify(build_model("mlp", (1, 8, 8), 10), "bdwp", "2:8")
    with pytest.raises(HeddleError, match="model: its layers are sparse already; take its network before sparsify"):
        network_of(model, (1, 8, 8), "model")
