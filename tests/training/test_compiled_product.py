"""Under torch.compile a sparsified model computes what it computes without."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from torch import Tensor, nn

from heddle.arch.errors import HeddleError
from heddle.training import Policy, sparsified_layers, sparsify

STEPS = 4
#: A layer each: chosen in every step, held, begun half-way, permuted, drawn, measured.
RECIPES = ("sr-ste", "transposable", "asp", "bi-mask", "bdwp-wu-sampled", "bdwp-wu-measured")


class Stack(nn.Module):
    """A convolution, then a linear layer for every recipe; no operator that a back end would compile a kernel for."""

    def __init__(self) -> None:
        super().__init__()
        self.map = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.layers = nn.ModuleList(nn.Linear(8, 8, bias=False) for _ in RECIPES)

    def forward(self, x: Tensor) -> Tensor:
        """Map images [batch, 8, h, w], and every pixel's channels through the layers."""
        x = self.map(x).flatten(2).transpose(1, 2)
        for layer in self.layers:
            x = layer(x)
        return x


def sparse_stack() -> Stack:
    torch.manual_seed(0)
    model = Stack()
    recipes = {f"layers.{index}": recipe for index, recipe in enumerate(RECIPES)} | {"map": "bdwp-wu"}
    sparsify(model, recipes, "2:4", steps=STEPS, policy=Policy(False, False), seed=1)
    return model


def trained(model: nn.Module, forward: nn.Module, autocast: torch.dtype | None = None) -> list[Tensor]:
    """The parameters after a few steps through ``forward``, and the last gradient of the input."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    generator = torch.Generator().manual_seed(2)
    for _ in range(STEPS):
        x = torch.randn(2, 8, 3, 3, generator=generator).requires_grad_()
        with torch.autocast("cpu", enabled=autocast is not None, dtype=autocast):
            loss = forward(x).float().square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert x.grad is not None
    return [*(parameter.detach() for parameter in model.parameters()), x.grad]


@pytest.mark.parametrize(("backend", "autocast"), [("aot_eager", torch.bfloat16), ("inductor", None)])
def test_a_compiled_model_trains_as_it_does_without(backend: str, autocast: torch.dtype | None) -> None:
    torch.compiler.reset()
    plain, compiled = sparse_stack(), sparse_stack()
    expected = trained(plain, plain, autocast)
    found = trained(compiled, torch.compile(compiled, backend=backend, fullgraph=True), autocast)
    for left, right in zip(found, expected, strict=True):
        torch.testing.assert_close(left, right)
    clocks = [[each.pruner.clock for _, each in sparsified_layers(model)] for model in (plain, compiled)]
    assert [clock and clock.step for clock in clocks[0]] == [clock and clock.step for clock in clocks[1]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_operators_are_as_pytorch_asks(dtype: torch.dtype) -> None:
    layer = sparsify(nn.Sequential(nn.Conv2d(8, 8, 3)), "sr-ste", "2:4")[0].to(dtype)  # type: ignore[index]
    x = torch.randn(2, 8, 5, 5, dtype=dtype).to(memory_format=torch.channels_last).requires_grad_()
    arguments = (x, layer.weight, layer.number, 1, True, True, False)
    tests = ("test_schema", "test_faketensor", "test_autograd_registration")
    torch.library.opcheck(torch.ops.heddle.product, arguments, test_utils=tests)


def test_a_copy_is_a_layer_of_its_own() -> None:
    model = sparse_stack()
    copies = [model, copy.deepcopy(model), pickle.loads(pickle.dumps(model))]
    numbers = [layer.number for each in copies for _, layer in sparsified_layers(each)]
    assert len(set(numbers)) == 3 * (len(RECIPES) + 1)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_export_is_refused_and_told_of_densify() -> None:
    with pytest.raises(HeddleError, match=r"export heddle.densify\(model\)$"):
        torch.export.export(sparse_stack(), (torch.randn(2, 8, 3, 3),), strict=False)
    model = sparsify(nn.Sequential(nn.Linear(8, 8)), "bdwp", "2:4")
    with pytest.raises(HeddleError, match=r"export heddle.densify\(model\)$"):
        torch.jit.trace(model, torch.randn(2, 8))
