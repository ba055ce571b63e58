"""Networks behind PyTorch models: those of the zoo, and small models of every kind a user may bring."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

import pytest
import torch
from small_models import Computes, elements, network_behind, products, vectors
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm
from torch.utils.checkpoint import checkpoint
from whole_model import weightless

from heddle.arch.errors import HeddleError
from heddle.dataflow.network import LinearLayer, MatmulLayer
from heddle.dataflow.zoo import zoo_network
from heddle.training import sparsify
from heddle.training.models import build_model
from heddle.training.models.mlp import Mlp
from heddle.training.network_of import network_of


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


def test_a_layer_used_twice_is_numbered_and_its_weights_are_counted_once() -> None:
    network = network_behind(lambda model, x: model.fc(model.fc(x)))
    assert [layer.name for layer in network.layers] == ["fc", "fc#2"]
    assert [layer.input_gradient for layer in network.weighted_layers] == [False, True]
    assert [layer.weight_of for layer in network.weighted_layers] == ["", "fc"]
    assert network.parameters == 42
    assert network.notes[0] == "weights that several layers use are counted and updated once: 'fc#2 (that of fc)'"


def test_a_weight_under_two_names_is_one_weight_and_biases_are_two() -> None:
    first, second = nn.Linear(12, 12), nn.Linear(12, 12)
    second.weight = first.weight
    network = network_of(nn.Sequential(nn.Flatten(), first, second), (3, 2, 2), "model")
    assert network.parameters == 12 * 12 + 12 + 12
    assert network.layers[1] == LinearLayer("2", 1, 12, 12, bias=True, weight_of="1")


def test_a_product_that_broadcasts_from_both_sides_is_counted_whole() -> None:
    model = Computes(lambda model, x: model.fc(x).view(-1, 2, 1, 5, 6) @ model.fc(x).view(-1, 1, 2, 5, 6).mT)
    (product,) = [layer for layer in network_of(model, (2, 5, 6), "model").layers if isinstance(layer, MatmulLayer)]
    assert (product.m, product.k, product.n, product.count) == (5, 6, 5, 4)


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
