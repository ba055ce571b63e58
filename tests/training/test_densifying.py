"""A sparsified model in PyTorch's own classes, and through ONNX."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx.reference import ReferenceEvaluator
from torch import Tensor, nn

from heddle.arch.sparsity import parse_sparsity
from heddle.dataflow.load import load_network
from heddle.training import Policy, densify, sparsified_layers, sparsify, training_recipe_names
from heddle.training.masks import top_n_mask
from heddle.training.matmul import MachineMatmul
from heddle.training.models.attention import SelfAttention

ALL_LAYERS = Policy(False, False)
RECIPES = tuple(name for name in training_recipe_names() if name != "dense")


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(8, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.Flatten(),
        nn.Unflatten(1, (8, 16)),
        nn.Conv1d(8, 8, 3),
        nn.Flatten(),
        nn.Linear(112, 8),
    )


def stepped(model: nn.Module) -> nn.Module:
    """``model`` after two steps of training, in evaluation."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for step in range(2):
        model.train()(torch.randn(4, 8, 4, 4, generator=torch.Generator().manual_seed(step))).square().mean().backward()
        optimizer.step()
    return model.eval()


def images() -> Tensor:
    return torch.randn(3, 8, 4, 4, generator=torch.Generator().manual_seed(9))


@pytest.mark.parametrize("recipe", RECIPES)
def test_it_computes_what_the_model_does_in_pytorchs_classes(recipe: str) -> None:
    model = stepped(sparsify(network(), recipe, "2:8", steps=2, policy=ALL_LAYERS))
    before = copy.deepcopy(model.state_dict())
    plain = densify(model)
    assert [type(module) for module in plain.modules()] == [type(module) for module in network().modules()]
    assert plain.state_dict().keys() == network().state_dict().keys()
    assert all(vars(found).keys() == vars(own).keys() for found, own in zip(plain, network(), strict=True))
    assert not any(module._forward_pre_hooks for module in plain.modules())
    with torch.no_grad():
        torch.testing.assert_close(plain(images()), model(images()))
    assert len(list(sparsified_layers(model))) == 3
    assert all(torch.equal(model.state_dict()[name], before[name]) for name in network().state_dict())


def test_the_dense_weights_are_to_be_had_too() -> None:
    model = stepped(sparsify(network(), "bdwp", "2:8", policy=ALL_LAYERS))
    plain = densify(model, keep_masks=False)
    assert all(torch.equal(plain.state_dict()[name], model.state_dict()[name]) for name in plain.state_dict())
    assert plain.get_parameter("6.weight") is not model.get_parameter("6.weight")


def test_a_copy_trains_and_a_user_own_hook_stays() -> None:
    model = network()
    calls: list[int] = []
    model[6].register_forward_pre_hook(lambda module, inputs: calls.append(1))
    plain = densify(stepped(sparsify(model, "bdwp", "2:8", policy=ALL_LAYERS)))
    calls.clear()
    plain(images()).sum().backward()
    assert calls == [1]
    assert all(parameter.grad is not None for parameter in plain.parameters())


class Tied(nn.Module):
    """An embedding whose weight is that of the last layer too."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(16, 8)
        self.head = nn.Linear(8, 16, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, tokens: Tensor) -> Tensor:
        """Return a score for each token."""
        scores: Tensor = self.head(self.embedding(tokens))
        return scores


def test_a_tied_weight_is_pruned_in_its_layer_alone() -> None:
    model = sparsify(Tied(), "bdwp", "2:8", policy=ALL_LAYERS).eval()
    plain = densify(model)
    tokens = torch.arange(16)
    torch.testing.assert_close(plain(tokens), model(tokens))
    assert torch.equal(plain.get_parameter("embedding.weight"), model.get_parameter("embedding.weight"))
    mask = top_n_mask(model.get_parameter("head.weight"), parse_sparsity("2:8"), 1)
    assert torch.equal(plain.get_parameter("head.weight") != 0, mask)


def test_the_machines_arithmetic_goes_too() -> None:
    model = sparsify(SelfAttention(16, 2), "bdwp", "2:8", arithmetic="fp16", policy=ALL_LAYERS).eval()
    assert any(isinstance(module, MachineMatmul) for module in model.modules())
    plain = densify(model)
    assert [type(module) for module in plain.modules()] == [type(module) for module in SelfAttention(16, 2).modules()]
    x = torch.randn(2, 4, 16)
    torch.testing.assert_close(plain(x), model(x), rtol=2.0**-6, atol=2.0**-6)


def test_it_exports_to_onnx_with_its_zeros(tmp_path: Path) -> None:
    plain = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(128, 8))
    model = stepped(sparsify(plain, "bdwp", "2:8", policy=ALL_LAYERS))
    path = tmp_path / "model.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the other exporter needs a package that Heddle does not
        torch.onnx.export(densify(model), (images(),), path, input_names=["x"], dynamo=False)
    (found,) = ReferenceEvaluator(onnx.load(path)).run(None, {"x": images().numpy()})
    np.testing.assert_allclose(found, model(images()).detach().numpy(), rtol=1e-4, atol=1e-5)
    assert [layer.parameters for layer in load_network(str(path)).weighted_layers] == [8 * 72 + 8, 128 * 8 + 8]
