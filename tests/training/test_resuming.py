"""A run goes on from a saved state, a copy or a pickle as if nothing had happened, and a state holds what it must."""

from __future__ import annotations

import copy
import io
import pickle

import pytest
import torch
from torch import nn

from heddle.training import Policy, sparsified_layers, sparsify, training_recipe_names

STEPS = 10  # the whole training; half of it is after step 5, and operands are measured in the first eight
ALL_LAYERS = Policy(first_convolution=False, classifier=False)
EVERY_RECIPE = pytest.mark.parametrize("name", training_recipe_names())
STATEFUL = ("asp", "random", "bi-mask", "transposable", "mdgf-linear", "mdgf-exponential", "sdgf-stepwise")
STATEFUL += ("sdgf-geometric", "bdwp-wu-sampled", "bdwp-wu-x-sampled", "bdwp-wu-measured")
OPTIMIZERS = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}


class Run:
    """A small network in training under a recipe; every step has its own batch."""

    def __init__(self, name: str, seed: int = 0, optimizer: str = "adam") -> None:
        torch.manual_seed(seed)
        self.model = nn.Sequential(
            nn.Conv2d(2, 4, 3),
            nn.ReLU(),
            nn.Conv2d(4, 8, 2),
            nn.Flatten(),
            nn.Linear(32, 8),
            nn.ReLU(),
            nn.Linear(8, 4),
        )
        sparsify(self.model, name, {"0": "1:2", "*": "2:4"}, steps=STEPS, policy=ALL_LAYERS, seed=7)
        self.optimizer = OPTIMIZERS[optimizer](list(self.model.parameters()))

    def gradients(self, step: int) -> None:
        batch = torch.Generator().manual_seed(step)
        images, labels = torch.randn(5, 2, 5, 5, generator=batch), torch.randint(0, 4, (5,), generator=batch)
        self.optimizer.zero_grad()
        nn.functional.cross_entropy(self.model(images), labels).backward()

    def steps(self, first: int, end: int) -> Run:
        for step in range(first, end):
            self.gradients(step)
            self.optimizer.step()
        return self

    def saved(self) -> bytes:
        file = io.BytesIO()
        torch.save({"model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}, file)
        return file.getvalue()

    def load(self, saved: bytes) -> Run:
        state = torch.load(io.BytesIO(saved), weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        return self


def assert_same(left: nn.Module, right: nn.Module) -> None:
    for one, other in zip(left.parameters(), right.parameters(), strict=True):
        assert torch.equal(one, other)
    for (_, one_layer), (_, other_layer) in zip(sparsified_layers(left), sparsified_layers(right), strict=True):
        for one_view, other_view in zip(one_layer.operands(), other_layer.operands(), strict=True):
            assert torch.equal(one_view.tensor, other_view.tensor)
            assert one_view.kept == other_view.kept


@EVERY_RECIPE
@pytest.mark.parametrize("stop", [1, 5, 8])
def test_a_loaded_run_goes_on_bit_for_bit(name: str, stop: int) -> None:
    undisturbed = Run(name).steps(0, STEPS + 1)
    saved = Run(name).steps(0, stop).saved()
    resumed = Run(name, seed=1).load(saved).steps(stop, STEPS + 1)
    assert_same(resumed.model, undisturbed.model)


@pytest.mark.parametrize("name", STATEFUL)
def test_a_run_can_be_loaded_again_and_again(name: str) -> None:
    run = Run(name)
    for step in range(STEPS):
        run = Run(name, seed=step).load(run.saved()).steps(step, step + 1)
    assert_same(run.model, Run(name).steps(0, STEPS).model)


@EVERY_RECIPE
def test_saving_evaluating_and_copying_do_not_disturb_a_run(name: str) -> None:
    run = Run(name)
    for step in range(STEPS):
        run.saved()
        run.gradients(step)
        run.saved()
        copy.deepcopy(run.model)
        run.optimizer.step()
        with torch.no_grad():
            run.model.eval()(torch.ones(1, 2, 5, 5))
        run.model.train()
        run.model.to(torch.float32)
    assert_same(run.model, Run(name).steps(0, STEPS).model)


@EVERY_RECIPE
@pytest.mark.parametrize("pickled", [False, True])
def test_a_copy_goes_on_as_the_original_does(name: str, pickled: bool) -> None:
    run = Run(name, optimizer="sgd").steps(0, 4)
    twin = Run(name, optimizer="sgd")
    twin.model = pickle.loads(pickle.dumps(run.model)) if pickled else copy.deepcopy(run.model)
    twin.optimizer = OPTIMIZERS["sgd"](list(twin.model.parameters()))
    assert_same(run.steps(4, STEPS).model, twin.steps(4, STEPS).model)


@EVERY_RECIPE
def test_a_state_is_the_dense_models_unless_the_recipe_remembers_something(name: str) -> None:
    dense = nn.Sequential(nn.Linear(8, 8))
    state, sparse = dense.state_dict(), copy.deepcopy(dense)
    sparsify(sparse, name, "2:4", steps=STEPS)
    extra = set(sparse.state_dict()) - set(state)
    assert bool(extra) == (name in STATEFUL)
    assert all(key.startswith("0.pruner.") for key in extra)
    found = sparse.load_state_dict(state, strict=bool(not extra))
    assert set(found.missing_keys) == extra
    assert not found.unexpected_keys


@EVERY_RECIPE
def test_the_weights_of_a_sparse_state_load_into_the_dense_model(name: str) -> None:
    dense = nn.Sequential(nn.Linear(8, 8))
    sparse = copy.deepcopy(dense)
    sparsify(sparse, name, "2:4", steps=STEPS)
    with torch.no_grad():
        sparse[0].weight.add_(1)
    dense.load_state_dict(sparse.state_dict(), strict=False)
    assert torch.equal(dense[0].weight, sparse[0].weight)
