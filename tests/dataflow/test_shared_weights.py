"""A weight that several layers use: a gradient for each use, their sum, one update."""

from __future__ import annotations

from heddle.arch.design import SparsityConfig
from heddle.dataflow.network import ConvLayer, LinearLayer, Network, VectorLayer
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.step_items import ProductPass, TrainingStep, UpdatePass, VectorPass
from heddle.dataflow.training import StepOptions, training_step

SPARSITY = SparsityConfig(n=2, m=8)


def step_of(*layers: LinearLayer | ConvLayer | VectorLayer, recipe: str = "bdwp") -> TrainingStep:
    network = Network("n", "test", layers)
    return training_step(network, recipe_named(recipe), SPARSITY, StepOptions(batch=4))


def updates(step: TrainingStep) -> list[UpdatePass]:
    return [item for item in step.items if isinstance(item, UpdatePass)]


def sums(step: TrainingStep) -> list[tuple[str, int, int]]:
    found = [item for item in step.items if isinstance(item, VectorPass) and item.op == "gradient_sum"]
    return [(item.layer, item.read_bytes, item.write_bytes) for item in found]


def test_three_uses_have_three_gradients_two_sums_and_one_update() -> None:
    owner = LinearLayer("a", 1, 64, 64, bias=True)
    alone = step_of(owner)
    shared = step_of(owner, *(LinearLayer(name, 1, 64, 64, weight_of="a") for name in "bc"))
    gradients = [item.layer for item in shared.items if isinstance(item, ProductPass) and item.pass_name == "wu"]
    assert gradients == ["c", "b", "a"]
    assert sums(shared) == [("c", 2 * 4 * 4096, 4 * 4096), ("b", 2 * 4 * 4096, 4 * 4096)]
    assert updates(shared) == updates(alone)
    assert shared.items[-1] == updates(shared)[0]


def test_a_bias_of_its_own_is_updated_by_itself() -> None:
    found = updates(step_of(LinearLayer("a", 1, 64, 64), LinearLayer("b", 1, 64, 64, bias=True, weight_of="a")))
    assert [(update.layer, update.weights) for update in found] == [("b", 64), ("a", 4096)]


def test_the_update_of_a_table_writes_the_packed_copies_of_its_other_user() -> None:
    table = VectorLayer("words", "embedding", 64, 64, parameters=4096)
    (alone,) = updates(step_of(table))
    (update,) = updates(step_of(table, LinearLayer("logits", 1, 64, 64, weight_of="words")))
    packed_bytes = 4096 * 2 // 8 * (16 + 3) // 8
    assert update.write_bytes == alone.write_bytes + 2 * packed_bytes
    assert (update.weights, update.sore_elements) == (4096, 4096)


def test_a_dense_user_keeps_the_dense_copy() -> None:
    sparse = LinearLayer("a", 1, 64, 64)
    (alone,) = updates(step_of(sparse))
    (both,) = updates(step_of(sparse, LinearLayer("b", 1, 64, 64, keep_dense=True, weight_of="a")))
    assert both.write_bytes == alone.write_bytes + 2 * 4096


def test_a_depthwise_kernel_that_is_used_twice_is_updated_once() -> None:
    first = ConvLayer("a", 8, 8, 16, 8, 8, 16, 3, 3, groups=16)
    second = ConvLayer("b", 8, 8, 16, 8, 8, 16, 3, 3, groups=16, weight_of="a")
    step = step_of(first, second)
    assert [(update.layer, update.weights) for update in updates(step)] == [("a", 144)]
    assert [layer for layer, _, _ in sums(step)] == ["b"]
