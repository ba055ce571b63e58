"""One call makes a model train by a recipe; a refused call leaves it as it was; the rest of the model stays itself."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from heddle.arch.errors import HeddleError
from heddle.training import Policy, sparsified_layers, sparsify
from heddle.training.layers import NmConv1d, NmConv2d, NmConv3d, NmLinear
from heddle.training.sparsifying import arithmetics

STEPS_NEEDED = ("asp", "mdgf-linear", "mdgf-exponential", "sdgf-stepwise", "sdgf-geometric")


class Network(nn.Module):
    """Layers that are converted beside such that are not."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 8, 3)
        self.conv = nn.Conv2d(8, 8, 3)
        self.norm = nn.BatchNorm2d(8)
        self.up = nn.ConvTranspose2d(8, 8, 2)
        self.fc = nn.Linear(8, 8)
        self.classifier = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.up(self.norm(self.conv(self.stem(x)))).mean((2, 3))
        result: Tensor = self.classifier(self.fc(x))
        return result


def kinds(model: nn.Module) -> dict[str, type]:
    return {name: type(module) for name, module in model.named_modules()}


def test_it_returns_the_model_with_its_layers_converted_in_place() -> None:
    model = Network()
    parameters, kinds_before = dict(model.named_parameters()), kinds(model)
    layers = (model.conv, model.fc)
    assert sparsify(model, "bdwp", "2:8") is model
    assert (model.conv, model.fc) == layers
    assert [(name, type(layer)) for name, layer in sparsified_layers(model)] == [("conv", NmConv2d), ("fc", NmLinear)]
    others = {name: kind for name, kind in kinds(model).items() if not name.startswith(("conv", "fc"))}
    assert all(kind is kinds_before[name] for name, kind in others.items())
    assert all(parameter is parameters[name] for name, parameter in model.named_parameters())


def test_the_dense_recipe_changes_nothing_at_all() -> None:
    model = Network()
    before, state, inner = kinds(model), copy.deepcopy(model.state_dict()), copy.deepcopy(vars(model.fc))
    sparsify(model, "dense", "2:8")
    assert kinds(model) == before
    assert vars(model.fc).keys() == inner.keys()
    assert not model.fc._forward_pre_hooks
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())


def test_every_kind_of_layer_has_its_own() -> None:
    model = nn.Sequential(nn.Linear(8, 8), nn.Conv1d(8, 8, 1), nn.Conv2d(8, 8, 1), nn.Conv3d(8, 8, 1))
    sparsify(model, "bdwp", "2:8")
    assert [type(layer) for layer in model] == [NmLinear, NmConv1d, NmConv2d, NmConv3d]


def test_a_single_layer_is_a_model_too() -> None:
    layer = nn.Linear(8, 8)
    assert type(sparsify(layer, "bdwp", "2:8")) is NmLinear
    assert [name for name, _ in sparsified_layers(layer)] == [""]


def test_a_layer_that_stands_in_two_places_is_converted_once() -> None:
    shared = nn.Linear(8, 8)
    model = nn.Sequential(shared, nn.ReLU(), shared)
    sparsify(model, "transposable", "2:4")
    assert model[0] is model[2]
    assert len(list(sparsified_layers(model))) == 1
    for step in range(3):
        model(torch.ones(2, 8)).sum().backward()
        torch.optim.SGD(model.parameters(), lr=0.1).step()
        assert model[0].pruner.clock is not None
        assert model[0].pruner.clock.step == step


class OwnLinear(nn.Linear):
    """A class of the user's own, which may do anything."""


def test_what_is_not_exactly_pytorchs_layer_is_left_alone() -> None:
    model = nn.Sequential(OwnLinear(8, 8), weight_norm(nn.Linear(8, 8)), nn.LSTM(8, 8), nn.Bilinear(8, 8, 8))
    model.append(nn.Linear(8, 8))
    before = kinds(model)
    sparsify(model, "bdwp", "2:8")
    assert {name for name, kind in kinds(model).items() if before.get(name) is not kind} == {"4", "4.pruner"}


def test_attention_that_uses_its_weights_directly_is_left_alone_and_still_works() -> None:
    attention = nn.MultiheadAttention(16, 2, batch_first=True)
    model = nn.ModuleDict({"in": nn.Linear(16, 16), "attention": attention, "out": nn.Linear(16, 16)})
    before = kinds(attention)
    sparsify(model, "bdwp", "2:8")
    assert kinds(attention) == before
    x = torch.ones(2, 3, 16, requires_grad=True)
    y, _ = attention(model["in"](x), x, x)
    model["out"](y).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_a_tied_weight_stays_tied() -> None:
    embedding, head = nn.Embedding(16, 8), nn.Linear(8, 16, bias=False)
    head.weight = embedding.weight
    model = nn.Sequential(embedding, nn.Linear(8, 8), head)
    sparsify(model, "bdwp", "2:8")
    assert isinstance(head, NmLinear)
    assert head.weight is embedding.weight
    model(torch.arange(16)).sum().backward()
    assert embedding.weight.grad is not None


def test_a_frozen_layer_stays_frozen() -> None:
    model = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 8))
    model[0].weight.requires_grad_(False)
    sparsify(model, "bdwp", "2:8")
    model(torch.ones(2, 8)).sum().backward()
    assert model[0].weight.grad is None
    assert model[1].weight.grad is not None


@pytest.mark.parametrize("name", STEPS_NEEDED)
def test_only_recipes_that_change_over_training_need_its_length(name: str) -> None:
    with pytest.raises(
        HeddleError,
        match=f"^recipe '{name}' changes over training; give steps, the number of updates of all of it$",
    ):
        sparsify(Network(), name, "2:8")
    sparsify(Network(), name, "2:8", steps=1)


def test_a_recipe_that_no_layer_uses_needs_no_length() -> None:
    sparsify(Network(), {"stem": "asp", "*": "bdwp"}, "2:8")


def test_arithmetics_are_named_by_their_operands() -> None:
    assert arithmetics() == ("float", "fp16", "bf16")


def test_the_machines_arithmetic_runs_layers_that_stay_dense_too() -> None:
    model = Network()
    sparsify(model, "bdwp", "2:8", arithmetic="fp16")
    named = {name: layer.pruner.settings.recipe.name for name, layer in sparsified_layers(model)}
    assert named == {"stem": "dense", "conv": "bdwp", "fc": "bdwp", "classifier": "dense"}


class Wrapped(nn.Module):
    """A convolution that the machine does not have."""

    def __init__(self) -> None:
        super().__init__()
        self.volume = nn.Conv3d(8, 8, 3)
        self.fc = nn.Linear(8, 8)


REFUSED: list[tuple[nn.Module, dict[str, Any], str]] = [
    (Network(), {"recipe": "bwdp"}, "unknown training recipe 'bwdp'; did you mean 'bdwp'? (valid: dense, sr-ste,"),
    (Network(), {"sparsity": "2:5"}, "sparsity 2:5: M = 5 is not supported; M is one of 2, 4, 8, 16, 32"),
    (Network(), {"sparsity": {"fc": "2:8", "*": "2"}}, "sparsity '2' is not of the form N:M, as in 2:8"),
    (
        Network(),
        {"policy": Policy(dense=("head",))},
        "unknown layer pattern 'head' (valid: stem, conv, fc, classifier)",
    ),
    (Network(), {"steps": 0}, "steps: must be at least 1, got 0"),
    (Network(), {"seed": -1}, "seed: must be at least 0, got -1"),
    (Network(), {"recipe": {"fc": "asp", "*": "bdwp"}}, "recipe 'asp' changes over training; give steps, the number"),
    (Network(), {"arithmetic": "fp8"}, "unknown arithmetic 'fp8' (valid: float, fp16, bf16)"),
    (Network(), {"arithmetic": "fp61"}, "unknown arithmetic 'fp61'; did you mean 'fp16'? (valid: float, fp16, bf16)"),
    (
        Wrapped(),
        {"arithmetic": "bf16"},
        "layer 'volume' is Conv3d; the machine's arithmetic has Linear and Conv2d",
    ),
    (nn.Sequential(nn.ReLU()), {}, "the model has no linear layer and no convolution to prune"),
]


@pytest.mark.parametrize(("model", "arguments", "message"), REFUSED, ids=[message[:40] for *_, message in REFUSED])
def test_a_refused_call_says_why_and_leaves_the_model_as_it_was(
    model: nn.Module, arguments: dict[str, Any], message: str
) -> None:
    before = kinds(model), [set(vars(module)) for module in model.modules()]
    with pytest.raises(HeddleError, match=f"^{re.escape(message)}"):
        sparsify(model, **({"recipe": "bdwp", "sparsity": "2:8"} | arguments))
    assert (kinds(model), [set(vars(module)) for module in model.modules()]) == before


def test_a_model_is_sparsified_once() -> None:
    model = sparsify(Network(), "bdwp", "2:8")
    with pytest.raises(HeddleError, match=r"^the model is sparsified already; sparsify a dense one$"):
        sparsify(model, "sdgp", "2:8")


def test_an_encoder_that_was_converted_passes_padded_sequences_on_as_they_are() -> None:
    def encoder() -> nn.TransformerEncoder:
        return nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 2, 32, batch_first=True), 1)

    model, untouched = nn.Sequential(encoder()), nn.Sequential(encoder(), nn.Linear(8, 8))
    sparsify(model, "bdwp", "2:8")
    sparsify(untouched, {"1": "bdwp", "*": "dense"}, "2:8", policy=Policy(classifier=False))
    assert model[0].use_nested_tensor is False
    assert untouched[0].use_nested_tensor is True
