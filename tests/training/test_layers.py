"""Layers under a recipe are PyTorch's own in all but the weights: geometry, types, autocast, hooks, checkpoints."""

from __future__ import annotations

import copy
import weakref
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.utils.checkpoint import checkpoint

from heddle.arch.design import SparsityConfig
from heddle.training import Policy, TrainingRecipe, sparsified_layers, sparsify, training_recipe_names
from heddle.training.layers import NmConv2d, NmLayer, NmLinear
from heddle.training.masks import top_n
from heddle.training.pruner import Pruner, Views
from heddle.training.recipe import WeightPruning
from heddle.training.selections import TopN

#: A recipe that never prunes: its layers run all of the code and must give what PyTorch gives.
NOTHING_YET = TrainingRecipe("nothing yet", source="test", machine="sr-ste", ff=WeightPruning(TopN("in"), begins=1.0))
ALL_LAYERS = Policy(first_convolution=False, classifier=False)
PRUNING_RECIPES = tuple(name for name in training_recipe_names() if name != "dense")

LAYERS: list[tuple[nn.Module, tuple[int, ...]]] = [
    (nn.Linear(8, 4), (3, 8)),
    (nn.Linear(8, 4), (8,)),
    (nn.Linear(8, 4, bias=False), (2, 1, 3, 8)),
    (nn.Conv1d(4, 8, 3, stride=2, padding=1), (2, 4, 9)),
    (nn.Conv1d(4, 8, 3), (4, 9)),
    (nn.Conv1d(4, 8, 4, padding="same"), (2, 4, 9)),
    (nn.Conv2d(4, 8, 3, padding=(2, 0), stride=(1, 2), bias=False), (2, 4, 5, 7)),
    (nn.Conv2d(8, 8, (3, 2), groups=2, dilation=2, padding=1), (2, 8, 7, 5)),
    (nn.Conv2d(4, 8, 3, padding="valid"), (4, 5, 7)),
    (nn.Conv2d(4, 8, (3, 4), padding="same", dilation=2), (1, 4, 5, 7)),
    (nn.Conv2d(4, 8, 3, padding=1, padding_mode="reflect"), (2, 4, 5, 7)),
    (nn.Conv2d(4, 8, 3, padding=(1, 2), padding_mode="circular", stride=2), (2, 4, 5, 7)),
    (nn.Conv2d(4, 8, 3, padding="same", padding_mode="replicate"), (2, 4, 5, 7)),
    (nn.Conv3d(4, 4, 3, padding=1, stride=(1, 2, 1)), (1, 4, 3, 5, 4)),
    (nn.Conv3d(4, 4, 2), (4, 3, 5, 4)),
]
EVERY_LAYER = pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=[repr(layer) for layer, _ in LAYERS])


def converted(layer: nn.Module, recipe: str | TrainingRecipe = NOTHING_YET, sparsity: str = "2:4") -> NmLayer:
    """A copy of ``layer`` under ``recipe``."""
    twin = copy.deepcopy(layer)
    sparsify(twin, recipe, sparsity, steps=1_000_000 if recipe is NOTHING_YET else 4, policy=ALL_LAYERS)
    assert isinstance(twin, NmLayer)
    return twin


def results(layer: nn.Module, x: Tensor, **autocast: Any) -> dict[str, Tensor]:
    """The output and all gradients for a fixed gradient of the output."""
    x = x.clone().requires_grad_()
    layer.zero_grad()
    with torch.autocast("cpu", enabled=bool(autocast), **autocast):
        y = layer(x)
    y.backward(torch.linspace(-1, 1, y.numel(), dtype=y.dtype).reshape(y.shape))
    gradients = {name: parameter.grad for name, parameter in layer.named_parameters()}
    return {"y": y.detach(), "x": x.grad, **gradients}  # type: ignore[dict-item]


def random(shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(0))


# The dense path is PyTorch's


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@EVERY_LAYER
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_without_pruning_it_gives_what_pytorch_gives(
    layer: nn.Module, shape: tuple[int, ...], dtype: torch.dtype
) -> None:
    layer = copy.deepcopy(layer).to(dtype)
    x = random(shape, dtype)
    torch.testing.assert_close(results(converted(layer), x), results(layer, x))


@EVERY_LAYER
def test_its_gradients_are_derivatives(layer: nn.Module, shape: tuple[int, ...]) -> None:
    twin = converted(layer).double()
    assert torch.autograd.gradcheck(twin, (random(shape, torch.float64).requires_grad_(),), fast_mode=True)
    x, weight = random(shape, torch.float64), twin.weight.detach().clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda w: functional_call(twin, {"weight": w}, (x,)), (weight,), fast_mode=True)


@pytest.mark.parametrize("shape", [(3, 8), (2, 4, 5, 7)], ids=["linear", "convolution"])
def test_only_the_gradients_that_are_wanted_are_made(shape: tuple[int, ...]) -> None:
    layer = nn.Linear(8, 4) if len(shape) == 2 else nn.Conv2d(4, 8, 3)
    twin = converted(layer, "bdwp")
    twin(random(shape)).sum().backward()
    assert twin.weight.grad is not None
    twin.zero_grad()
    twin.weight.requires_grad_(False)
    x = random(shape).requires_grad_()
    twin(x).sum().backward()
    assert x.grad is not None
    assert twin.weight.grad is None
    with torch.no_grad():
        assert not twin(x).requires_grad


def test_second_derivatives_are_refused_and_not_wrong() -> None:
    twin, x = converted(nn.Linear(8, 4), "sr-ste"), random((3, 8)).requires_grad_()
    (gradient,) = torch.autograd.grad(twin(x).square().sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


# Autocast and other types


@pytest.mark.parametrize("recipe", [NOTHING_YET, *PRUNING_RECIPES], ids=lambda recipe: getattr(recipe, "name", recipe))
@pytest.mark.parametrize(("layer", "shape"), [LAYERS[2], LAYERS[7]], ids=["linear", "convolution"])
def test_autocast_gives_pytorchs_own_types(recipe: str, layer: nn.Module, shape: tuple[int, ...]) -> None:
    expected = results(layer, random(shape), dtype=torch.bfloat16)
    found = results(converted(layer, recipe), random(shape), dtype=torch.bfloat16)
    assert {name: tensor.dtype for name, tensor in found.items()} == {n: t.dtype for n, t in expected.items()}
    assert all(tensor.isfinite().all() for tensor in found.values())
    assert found["y"].dtype == torch.bfloat16
    assert found["weight"].dtype == torch.float32


@EVERY_LAYER
def test_under_autocast_it_rounds_as_pytorch_does(layer: nn.Module, shape: tuple[int, ...]) -> None:
    x = random(shape)
    found, expected = (results(each, x, dtype=torch.bfloat16) for each in (converted(layer), layer))
    for name, tensor in expected.items():  # a few roundings to 8 bits, in another order
        torch.testing.assert_close(found[name], tensor, rtol=2.0**-6, atol=2.0**-6 * float(tensor.abs().max()))


def test_autocast_leaves_float64_as_it_is() -> None:
    layer, x = nn.Linear(8, 4).double(), random((3, 8), torch.float64)
    found, expected = (results(each, x, dtype=torch.bfloat16) for each in (converted(layer), layer))
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("name", PRUNING_RECIPES)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_a_model_of_another_type_trains(name: str, dtype: torch.dtype) -> None:
    layer = converted(nn.Linear(8, 4).to(dtype), name)
    found = results(layer, random((6, 8), dtype))
    assert {tensor.dtype for tensor in found.values()} == {dtype}
    assert all(tensor.isfinite().all() for tensor in found.values())


def test_rescaling_survives_gradients_whose_sum_is_beyond_fp16() -> None:
    layer = converted(nn.Conv1d(8, 8, 1, bias=False).half(), "sdgp-rescaled")
    x = torch.zeros(1, 8, 128, dtype=torch.float16, requires_grad=True)
    dy = torch.full((1, 8, 128), 1024.0, dtype=torch.float16)
    dy[:, :, 64:] *= torch.arange(1, 9).view(-1, 1)  # the first half keeps low channels, the second one high ones
    layer(x).backward(dy)
    assert x.grad is not None
    kept = top_n(dy.float(), SparsityConfig(n=2, m=4), 1)
    kept *= dy.float().sum(2, keepdim=True) / kept.sum(2, keepdim=True)
    expected = layer.weight.float()[:, :, 0].T @ kept[0]
    torch.testing.assert_close(x.grad[0].float(), expected, rtol=2.0**-8, atol=4)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("autocast", [None, torch.bfloat16, torch.float16])
def test_a_cuda_device_keeps_what_the_cpu_keeps(autocast: torch.dtype | None) -> None:
    for name in PRUNING_RECIPES:
        assert_same_on_cuda(name, autocast)


def assert_same_on_cuda(name: str, autocast: torch.dtype | None) -> None:
    on_cpu = converted(nn.Conv2d(8, 8, 3), name)
    on_cuda = copy.deepcopy(on_cpu).cuda()
    x = random((2, 8, 5, 5))
    on_cpu(x).sum().backward()
    with torch.autocast("cuda", enabled=autocast is not None, dtype=autocast):
        on_cuda(x.cuda()).float().sum().backward()
    for here, there in zip(on_cpu.operands(), on_cuda.operands(), strict=True):
        torch.testing.assert_close(there.tensor.cpu(), here.tensor, rtol=1e-6, atol=0)
        assert here.kept == there.kept
    assert on_cuda.weight.grad is not None


@pytest.mark.parametrize("name", ["dense-like", *PRUNING_RECIPES])
@pytest.mark.parametrize("weights_too", [False, True])
def test_channels_last_stay_last(name: str, weights_too: bool) -> None:
    plain = nn.Conv2d(8, 8, 3, padding=1)
    if weights_too:
        plain = plain.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    layer = converted(plain, NOTHING_YET if name == "dense-like" else name)
    x = random((2, 8, 5, 7)).contiguous(memory_format=torch.channels_last)
    found, expected = (results(each, x) for each in (layer, plain))
    assert expected["x"].is_contiguous(memory_format=torch.channels_last)
    assert {key: each.stride() for key, each in found.items()} == {key: each.stride() for key, each in expected.items()}


# A layer in a model


@pytest.mark.parametrize("name", PRUNING_RECIPES)
@pytest.mark.parametrize("reentrant", [False, True])
def test_checkpointed_activations_change_nothing(name: str, reentrant: bool) -> None:
    plain = nn.Sequential(*(nn.Linear(8, 8) for _ in range(3)))
    sparsify(plain, name, "2:4", steps=4, policy=ALL_LAYERS)
    saving = copy.deepcopy(plain)
    for step in range(4):
        x = random((6, 8)) + step
        plain(x).square().sum().backward()
        saved = checkpoint(saving, x.clone().requires_grad_(), use_reentrant=reentrant)
        saved.square().sum().backward()
        for left, right in zip(plain.parameters(), saving.parameters(), strict=True):
            assert torch.equal(left.grad, right.grad)  # type: ignore[arg-type]
        for model in (plain, saving):
            torch.optim.SGD(model.parameters(), lr=0.01).step()


def test_hooks_and_optimisers_go_on() -> None:
    layer, seen = nn.Linear(8, 4), []
    layer.register_forward_hook(lambda module, inputs, output: seen.append("forward"))
    layer.register_full_backward_hook(lambda module, inputs, outputs: seen.append("backward"))
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.5)
    weight = layer.weight
    sparsify(layer, "bdwp", "2:4")
    assert layer.weight is weight
    before = weight.detach().clone()
    layer(random((3, 8)).requires_grad_()).sum().backward()
    optimizer.step()
    assert seen == ["forward", "backward"]
    torch.testing.assert_close(weight.detach(), before - 0.5 * weight.grad)


def test_a_change_of_weights_between_forward_and_backward_is_noticed() -> None:
    layer = converted(nn.Linear(8, 4), "bdwp")
    y = layer(random((3, 8)).requires_grad_())
    with torch.no_grad():
        layer.weight.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_it_says_by_what_it_is_pruned() -> None:
    assert repr(converted(nn.Linear(8, 4), "bdwp")).startswith(
        "NmLinear(\n  in_features=8, out_features=4, bias=True, bdwp 2:4"
    )
    assert "8, 8, kernel_size=(3, 3), stride=(1, 1), sr-ste 1:4" in repr(converted(nn.Conv2d(8, 8, 3), "sr-ste", "1:4"))


def test_it_is_still_a_layer_of_its_kind() -> None:
    for layer, kind in ((nn.Linear(8, 4), NmLinear), (nn.Conv2d(4, 4, 3), NmConv2d)):
        twin = converted(layer)
        assert type(twin) is kind
        assert isinstance(twin, type(layer))


# PyTorch's fused transformer kernels


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("gradients", [False, True])
def test_transformer_layers_evaluate_with_pruned_weights(padded: bool, gradients: bool) -> None:
    torch.manual_seed(0)
    block = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, dropout=0.0)
    model = nn.TransformerEncoder(block, 2)
    by_hand = copy.deepcopy(model).train()
    sparsify(model, "sr-ste", "2:8", policy=ALL_LAYERS)
    assert len(list(sparsified_layers(model))) == 4
    for module in by_hand.modules():
        if type(module) is nn.Linear:
            module.weight.data = top_n(module.weight.data, SparsityConfig(n=2, m=8), 1)
    x = random((2, 4, 16))
    mask = torch.tensor([[False] * 4, [False, False, True, True]]) if padded else None
    with torch.set_grad_enabled(gradients):
        found = model.eval()(x, src_key_padding_mask=mask)
    kept = ~mask if mask is not None else torch.ones(2, 4, dtype=torch.bool)
    expected = by_hand(x, src_key_padding_mask=mask)
    torch.testing.assert_close(found[kept], expected[kept], rtol=1e-4, atol=1e-5)


def test_what_a_step_makes_is_freed_by_its_backward_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[Tensor]] = []
    real = Pruner.views

    def views(*arguments: Any, **keywords: Any) -> Views:
        result = real(*arguments, **keywords)
        made.extend(weakref.ref(tensor) for tensor in (result.ff.tensor, result.bp.tensor, result.mask))
        return result

    monkeypatch.setattr(Pruner, "views", views)
    model = sparsify(nn.Sequential(nn.Linear(16, 16)), "bi-mask", "2:8")
    loss = model(torch.randn(4, 16, requires_grad=True)).sum()
    assert len(made) == 3
    loss.backward()
    assert [tensor() for tensor in made] == [None, None, None]
    assert float(loss.detach()) == float(loss.detach())  # the loss itself is still held


def test_backward_passes_of_one_step_are_drawn_apart_and_a_run_draws_the_same_again() -> None:
    def gradients() -> list[Tensor]:
        torch.manual_seed(0)
        model = sparsify(nn.Sequential(nn.Linear(16, 16)), "bdwp-wu-sampled", "2:8", seed=3)
        x, found = torch.randn(64, 16), []
        for _ in range(2):
            model.zero_grad()
            model(x).square().sum().backward()
            found.append(model.get_parameter("0.weight").grad.clone())
        return found

    first, second = gradients()
    assert not torch.equal(first, second)
    assert all(torch.equal(a, b) for a, b in zip(gradients(), (first, second), strict=True))
