"""Steps are counted by the updates of a weight, whoever makes them; what is held is made anew when it is due."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from heddle.arch.design import SparsityConfig
from heddle.training import sparsify
from heddle.training.clock import Clock, HeldTensor, step_generator
from heddle.training.layers import NmLayer
from heddle.training.masks import top_n_mask
from heddle.training.selections import Held, TopN

STEPS = 10
Optimizer = Callable[[list[nn.Parameter]], torch.optim.Optimizer]


def layer_under(name: str) -> NmLayer:
    layer = nn.Linear(8, 8)
    sparsify(layer, name, "2:4", steps=STEPS)
    assert isinstance(layer, NmLayer)
    return layer


def steps_of(layer: nn.Module) -> int:
    assert isinstance(layer, NmLayer)
    assert layer.pruner.clock is not None
    return layer.pruner.clock.step


def forward(layer: nn.Module) -> Tensor:
    loss: Tensor = layer(torch.ones(4, 8)).square().sum()
    return loss


# Counting

OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.01),
    "sgd-momentum-foreach": lambda parameters: torch.optim.SGD(parameters, lr=0.01, momentum=0.9, foreach=True),
    "sgd-loop": lambda parameters: torch.optim.SGD(parameters, lr=0.01, foreach=False),
    "sgd-fused": lambda parameters: torch.optim.SGD(parameters, lr=0.01, fused=True),
    "adam": torch.optim.Adam,
    "adam-foreach": lambda parameters: torch.optim.Adam(parameters, foreach=True),
    "adam-fused": lambda parameters: torch.optim.Adam(parameters, fused=True),
    "adamw": torch.optim.AdamW,
    "adamw-foreach": lambda parameters: torch.optim.AdamW(parameters, foreach=True),
    "rmsprop": torch.optim.RMSprop,
}


@pytest.mark.parametrize("passes", [1, 3])
@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_an_update_is_one_step_however_many_forward_passes_it_takes(make: Optimizer, passes: int) -> None:
    layer = layer_under("asp")
    optimizer = make(list(layer.parameters()))
    for step in range(4):
        for _ in range(passes):
            forward(layer).backward()
            assert steps_of(layer) == step
        optimizer.step()
        optimizer.zero_grad()


@pytest.mark.parametrize("fused", [False, True])
def test_a_step_that_loss_scaling_skips_is_none(fused: bool) -> None:
    layer = layer_under("asp")
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.01, fused=fused)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    for factor, steps_before in ((1.0, 0), (float("inf"), 1), (1.0, 1), (1.0, 2)):
        optimizer.zero_grad()
        scaler.scale(forward(layer) * factor).backward()
        assert steps_of(layer) == steps_before
        scaler.step(optimizer)
        scaler.update()


def test_an_optimizer_that_writes_past_autograd_is_counted_too() -> None:
    class Plain(torch.optim.Optimizer):
        def __init__(self, parameters: list[nn.Parameter]) -> None:
            super().__init__(parameters, {})

        def step(self, closure: Any = None) -> None:
            for parameter in self.param_groups[0]["params"]:
                parameter.data = parameter.data - 0.01 * parameter.grad

    layer = layer_under("asp")
    optimizer = Plain(list(layer.parameters()))
    for step in range(3):
        forward(layer).backward()
        assert steps_of(layer) == step
        optimizer.step()


def test_an_optimizers_step_on_other_weights_is_none() -> None:
    layer, other = layer_under("asp"), layer_under("asp")
    for _ in range(3):
        forward(layer)
        forward(other).backward()
        torch.optim.SGD([*other.parameters(), *layer.parameters()], lr=0.1).step()
    assert (steps_of(layer), steps_of(other)) == (0, 2)


def test_weights_that_no_clock_counts_are_left_to_pytorch() -> None:
    layer = nn.Linear(8, 8)
    optimizer = torch.optim.Adam(layer.parameters(), fused=True)
    forward(layer).backward()
    before = layer.weight._version
    optimizer.step()
    assert layer.weight._version == before  # PyTorch's fused kernels give none


def test_what_happens_before_the_first_forward_pass_is_no_step() -> None:
    layer = layer_under("asp")
    nn.init.ones_(layer.weight)
    forward(layer)
    assert steps_of(layer) == 0


def test_evaluation_counts_nothing_and_hides_nothing() -> None:
    layer = layer_under("asp")
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.01)
    for step in range(3):
        forward(layer.train()).backward()
        assert steps_of(layer) == step
        optimizer.step()
        with torch.no_grad():
            forward(layer.eval())
            forward(layer)


def test_averaged_weights_swapped_in_for_evaluation_are_no_step() -> None:
    layer = layer_under("asp")
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.01)
    for step in range(3):
        forward(layer.train()).backward()
        assert steps_of(layer) == step
        optimizer.step()
        trained = layer.weight.detach().clone()
        with torch.no_grad():
            layer.weight.copy_(trained / 2)
            forward(layer.eval())
            layer.weight.copy_(trained)


def with_new_parameters(layer: NmLayer) -> None:
    torch.__future__.set_overwrite_module_params_on_conversion(True)
    try:
        layer.double().float()
    finally:
        torch.__future__.set_overwrite_module_params_on_conversion(False)


MOVES: dict[str, Callable[[NmLayer], Any]] = {
    "to a type": lambda layer: layer.to(torch.float64).to(torch.float32),
    "to a device": lambda layer: layer.to("cpu"),
    "to a type, as new parameters": with_new_parameters,
    "half and back": lambda layer: layer.half().float(),
    "saved": lambda layer: layer.state_dict(),
    "loaded": lambda layer: layer.load_state_dict(layer.state_dict()),
    "loaded by assignment": lambda layer: layer.load_state_dict(layer.state_dict(), assign=True),
    "copied": copy.deepcopy,
    "pickled": pickle.dumps,
    "looked at": lambda layer: layer.operands(),
}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
@pytest.mark.parametrize("updated", [False, True])
def test_moving_saving_and_looking_are_no_steps_and_lose_none(move: Callable[[NmLayer], Any], updated: bool) -> None:
    layer = layer_under("asp")
    for _ in range(2):
        forward(layer).backward()
        if updated:
            with torch.no_grad():
                layer.weight.add_(1.0)
        move(layer)
        move(layer)
    forward(layer)
    assert steps_of(layer) == (2 if updated else 0)


def test_a_clock_goes_on_from_its_saved_step() -> None:
    clock, weight = Clock(), torch.zeros(3)
    for _ in range(4):
        clock.advance(weight)
        weight.add_(1)
    fresh = Clock()
    fresh.load_state_dict(clock.state_dict())
    assert (clock.step, fresh.step) == (3, 3)
    assert fresh.advance(weight) == 3
    weight.add_(1)
    assert fresh.advance(weight) == 4


# What is held


def test_what_is_held_is_made_anew_when_due() -> None:
    ratio, draws = SparsityConfig(n=1, m=2), torch.Generator()
    weights = [torch.tensor([[1.0, 2.0]]), torch.tensor([[2.0, 1.0]])]
    masks = [top_n_mask(weight, ratio, 1) for weight in weights]
    held = HeldTensor(Held(TopN("in"), refresh_steps=3), masks[1], 3)
    seen = []
    for step in range(8):
        held.renew(step, weights[step % 2], ratio, draws)
        seen.append([torch.equal(held.tensor, mask) for mask in masks].index(True))
    assert seen == [0, 0, 0, 1, 1, 1, 0, 0]


@pytest.mark.parametrize("name", ["transposable", "bi-mask", "random"])
def test_loaded_weights_are_evaluated_with_a_mask_of_their_own(name: str) -> None:
    """As training on from them would have it, and not with that of the weights the layer was built with."""
    dense = nn.Linear(8, 8)
    layer, twin = layer_under(name), copy.deepcopy(dense)
    layer.load_state_dict(dense.state_dict(), strict=False)
    sparsify(twin, name, "2:4", steps=STEPS)
    assert isinstance(twin, NmLayer)
    with torch.no_grad():
        found = layer.eval()(torch.eye(8))
    expected = twin(torch.eye(8).requires_grad_())
    assert torch.equal(found, expected)
    for left, right in zip(layer.operands(), twin.operands(), strict=True):
        assert torch.equal(left.tensor, right.tensor)
    forward(layer.train())
    assert torch.equal(layer(torch.eye(8)), expected)


def test_looking_at_a_layer_fixes_no_mask() -> None:
    layer, other = layer_under("transposable"), nn.Linear(8, 8)
    forward(layer.eval())
    layer.operands()
    layer.load_state_dict(other.state_dict(), strict=False)
    forward(layer.train())
    sparsify(other, "transposable", "2:4")
    forward(other)
    assert isinstance(other, NmLayer)
    assert torch.equal(layer.operands()[0].tensor, other.operands()[0].tensor)


def test_a_generator_depends_on_each_of_its_numbers_and_on_nothing_else() -> None:
    def draw(*numbers: int) -> float:
        return float(torch.rand(1, generator=step_generator(*numbers)))  # type: ignore[arg-type]

    numbers = [(0, 0, 0, 0), (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (2**40, 3, 10**7, 4)]
    assert len({draw(*each) for each in numbers}) == len(numbers)
    assert draw(5, 6, 7, 8) == draw(5, 6, 7, 8)
