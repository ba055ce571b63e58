"""A training step: which passes run, in which order, and how many multiply-adds pruning leaves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_step import naive_items
from samples import conv, layers, network_of, step_of, steps

from heddle.arch.design import SparsityConfig
from heddle.arch.sparsity import parse_sparsity
from heddle.dataflow.assemble import assemble_network
from heddle.dataflow.network import ConvLayer, Layer, LinearLayer, MatmulLayer, VectorLayer
from heddle.dataflow.recipes import RECIPES, recipe_named
from heddle.dataflow.step_items import PASSES, Pass, Product, ProductPass, TrainingStep, UpdatePass, VectorPass
from heddle.dataflow.training import StepOptions, recipe_on, training_step
from heddle.dataflow.zoo import zoo_names, zoo_network

RATIOS = {"2:4": 1 / 2, "1:4": 1 / 4, "2:8": 1 / 4, "1:8": 1 / 8, "1:16": 1 / 16}


def uniform_network() -> tuple[ConvLayer, ...]:
    """Layers of which all three products run, in channels and pixels that 32 divides."""
    return tuple(conv(name=f"conv{i}", size=8, channels=(32, 32), kernel=kernel) for i, kernel in enumerate((3, 1)))


def products_of(step: TrainingStep, pass_name: str) -> list[Product]:
    return [
        product
        for item in step.items
        if isinstance(item, ProductPass) and item.pass_name == pass_name
        for product in item.products
    ]


def is_sparse(step: TrainingStep, pass_name: str) -> bool:
    return any(product.keep_n < product.group_m for product in products_of(step, pass_name))


# By multiply-adds alone, first convolution and classifier dense and no dX for the first layer.
@pytest.mark.parametrize(
    ("network", "speedup"), [("resnet9", 2.00), ("vgg19", 1.99), ("resnet18", 1.92), ("resnet50", 1.96)]
)
def test_bdwp_2_8_leaves_about_half_of_the_multiply_adds(network: str, speedup: float) -> None:
    step = step_of(zoo_network(network), "bdwp", "2:8", StepOptions(batch=32))
    assert step.dense_macs / step.macs == pytest.approx(speedup, abs=0.01)


@pytest.mark.parametrize(("sparsity", "r"), RATIOS.items())
def test_the_fraction_of_multiply_adds_left_is_the_recipes(sparsity: str, r: float) -> None:
    network = network_of(*uniform_network())
    expected = {
        "dense": 1.0,
        "sr-ste": (2 + r) / 3,
        "sdgp": (2 + r) / 3,
        "sdwp": (2 + r) / 3,
        "bdwp": (1 + 2 * r) / 3,
        "bdwp-wu": r,
        "bdwp-wu-x": r,
    }
    for recipe, fraction in expected.items():
        step = step_of(network, recipe, sparsity, StepOptions(batch=4))
        assert step.macs / step.dense_macs == pytest.approx(fraction), recipe


@pytest.mark.parametrize(
    ("recipe", "sparse_passes"),
    [
        ("dense", set()),
        ("sr-ste", {"ff"}),
        ("sdgp", {"bp"}),
        ("sdwp", {"bp"}),
        ("bdwp", {"ff", "bp"}),
        ("bdwp-wu", {"ff", "bp", "wu"}),
        ("bdwp-wu-x", {"ff", "bp", "wu"}),
    ],
)
def test_groups_lie_along_the_reduction_of_the_sparse_passes(recipe: str, sparse_passes: set[str]) -> None:
    step = step_of(network_of(conv(channels=(16, 24), kernel=3, stride=1)), recipe, "2:8")
    assert {name for name in ("ff", "bp", "wu") if is_sparse(step, name)} == sparse_passes
    reductions = {"ff": 9 * 16, "bp": 9 * 24, "wu": 64}
    for name in sparse_passes:
        (product,) = products_of(step, name)
        assert product.k == reductions[name]
        assert product.macs * 4 == product.dense_macs


def test_n_equal_to_m_is_dense() -> None:
    network = network_of(*uniform_network())
    for recipe in ("bdwp", "bdwp-wu", "bdwp-wu-x", "sdgp"):
        assert step_of(network, recipe, "8:8").items == step_of(network, "dense", "8:8").items


@pytest.mark.parametrize(
    "layer",
    [
        conv(channels=(3, 64)),
        conv(channels=(64, 10)),
        conv(channels=(16, 16), groups=4),
        conv(channels=(16, 16), keep_dense=True),
        LinearLayer("l", 1, 64, 10),
    ],
    ids=["3 inputs", "10 outputs", "4 channels a group", "kept dense", "10 classes"],
)
def test_a_layer_stays_dense_when_m_does_not_divide_it_or_the_policy_says_so(
    layer: ConvLayer | LinearLayer,
) -> None:
    assert recipe_on(layer, recipe_named("bdwp"), parse_sparsity("2:8")).name == "dense"
    step = step_of(network_of(layer), "bdwp", "2:8")
    assert step.macs == step.dense_macs


def test_a_layer_whose_channels_m_divides_runs_the_recipe() -> None:
    assert recipe_on(conv(channels=(8, 16)), recipe_named("bdwp"), parse_sparsity("2:8")).name == "bdwp"


def test_a_layer_without_input_gradient_has_no_bp_and_no_weights_packed_for_it() -> None:
    with_bp = step_of(network_of(conv(channels=(8, 8))))
    without = step_of(network_of(conv(channels=(8, 8), input_gradient=False)))
    assert products_of(without, "bp") == []
    written = [next(item for item in s.items if isinstance(item, UpdatePass)).write_bytes for s in (with_bp, without)]
    packed_bytes = 9 * 8 * 8 // 4 * 19 // 8
    assert written[0] - written[1] == packed_bytes


def test_passes_run_forward_then_backward_and_each_update_follows_its_wu() -> None:
    network = network_of(conv(name="a"), VectorLayer("relu", "activation", 8, 8), conv(name="b"))
    order = [(item.layer, item.pass_name) for item in step_of(network, "dense").items]
    assert order == [
        ("a", "ff"),
        ("relu", "ff"),
        ("b", "ff"),
        ("b", "bp"),
        ("b", "wu"),
        ("b", "update"),
        ("relu", "bp"),
        ("a", "bp"),
        ("a", "wu"),
        ("a", "update"),
    ]


def test_only_the_passes_asked_for_are_made() -> None:
    network = network_of(*uniform_network())
    step = step_of(network, "bdwp", "2:8", StepOptions(batch=1, passes=("ff", "update")))
    assert {item.pass_name for item in step.items} == {"ff", "update"}


def test_attention_products_stay_dense_and_have_two_gradients() -> None:
    step = step_of(network_of(MatmulLayer("qk", 16, 8, 24, count=3)), "bdwp-wu", "2:8", StepOptions(batch=2))
    sizes = {item.pass_name: (p.m, p.k, p.n, p.count) for item in step.items for p in item.products}  # type: ignore[union-attr]
    assert sizes == {"ff": (16, 8, 24, 6), "bp": (16, 24, 8, 6), "wu": (8, 16, 24, 6)}
    assert step.macs == step.dense_macs


def test_a_depthwise_convolution_runs_on_the_vector_unit() -> None:
    step = step_of(network_of(conv(channels=(8, 8), groups=8)), "bdwp", "2:8")
    assert [(item.pass_name, type(item)) for item in step.items] == [
        ("ff", VectorPass),
        ("bp", VectorPass),
        ("wu", VectorPass),
        ("update", UpdatePass),
    ]


def test_without_pregeneration_weights_lie_dense_and_sore_prunes_them_at_every_load() -> None:
    network = network_of(*uniform_network())
    step = step_of(network, "bdwp", "2:8", StepOptions(batch=1, pregenerate=False))
    for product in (*products_of(step, "ff"), *products_of(step, "bp")):
        assert product.prune_on_load
        assert product.right.bits == 16
        assert product.macs * 4 == product.dense_macs
    assert all(item.sore_elements == 0 for item in step.items if isinstance(item, UpdatePass))


def test_gradients_are_packed_once_for_each_pass_that_prunes_them() -> None:
    layer = conv(size=8, channels=(16, 16))
    for recipe, pass_name in (("sdgp", "bp"), ("bdwp-wu", "wu")):
        step = step_of(network_of(layer), recipe, "2:8", StepOptions(batch=2))
        (packing,) = [item for item in step.items if isinstance(item, VectorPass)]
        assert (packing.op, packing.pass_name) == ("sore", pass_name)
        assert packing.sore_elements == 2 * 64 * 16
        assert packing.write_bytes == 2 * 64 * 16 // 4 * 19 // 8


@settings(max_examples=60, deadline=None)
@given(step=steps())
def test_pruning_never_adds_multiply_adds(step: TrainingStep) -> None:
    assert 0 <= step.macs <= step.dense_macs


@pytest.mark.parametrize("name", zoo_names())
def test_the_dense_multiply_adds_do_not_depend_on_the_recipe(name: str) -> None:
    network = zoo_network(name)
    found = {step_of(network, recipe).dense_macs for recipe in ("dense", "bdwp", "bdwp-wu", "bdwp-wu-x", "sdgp")}
    assert len(found) == 1


def test_a_layer_can_have_a_recipe_and_an_n_of_m_of_its_own() -> None:
    network, sparsity = zoo_network("resnet9"), parse_sparsity("2:8")
    other = parse_sparsity("4:8")
    options = StepOptions(
        batch=4,
        layer_recipes={"conv3.conv": recipe_named("bdwp-wu")},
        layer_sparsities={"res1.0.conv": other},
    )
    mixed = training_step(network, recipe_named("bdwp"), sparsity, options)
    of = {
        "conv3.conv": training_step(network, recipe_named("bdwp-wu"), sparsity, StepOptions(batch=4)),
        "res1.0.conv": training_step(network, recipe_named("bdwp"), other, StepOptions(batch=4)),
    }
    plain = training_step(network, recipe_named("bdwp"), sparsity, StepOptions(batch=4))
    for item in mixed.items:
        assert item in of.get(item.layer, plain).items


def test_equal_layers_share_their_products_and_keep_their_names() -> None:
    layers = [LinearLayer(name, rows=8, in_features=64, out_features=64) for name in "abc"]
    network = assemble_network("n", "s", [*layers, VectorLayer("relu", "activation", 64, 64)], frozenset())
    step = training_step(network, recipe_named("bdwp"), SparsityConfig(n=2, m=8), StepOptions(batch=2))
    passes = {(item.layer, item.pass_name): item for item in step.items}
    assert len(passes) == len(step.items)
    first, second, last = (passes[name, "ff"] for name in "abc")
    assert isinstance(first, ProductPass)
    assert isinstance(second, ProductPass)
    assert isinstance(last, ProductPass)
    assert first.products is second.products
    assert first.products[0].keep_n != last.products[0].keep_n  # the classifier stays dense


def test_a_layer_with_an_n_m_of_its_own_is_no_other_s_equal() -> None:
    layers = [LinearLayer(name, rows=8, in_features=64, out_features=64) for name in "abc"]
    network = assemble_network("n", "s", layers, frozenset())
    own = {"b": SparsityConfig(n=4, m=8)}
    options = StepOptions(batch=2, passes=("ff",), layer_sparsities=own)
    step = training_step(network, recipe_named("bdwp"), SparsityConfig(n=2, m=8), options)
    assert [item.products[0].keep_n for item in step.items if isinstance(item, ProductPass)] == [2, 4, 1]


@settings(max_examples=40, deadline=None)
@given(
    some=st.lists(layers(), min_size=1, max_size=3),
    places=st.lists(st.integers(0, 2), min_size=1, max_size=8),
    recipe=st.sampled_from(sorted(RECIPES)),
    own=st.booleans(),
    passes=st.sampled_from([PASSES, ("ff", "wu"), ("update",)]),
)
def test_layers_that_come_again_have_the_work_of_each_alone(
    some: list[Layer], places: list[int], recipe: str, own: bool, passes: tuple[Pass, ...]
) -> None:
    repeated = [replace(some[place % len(some)], name=f"l{at}") for at, place in enumerate(places)]
    by_name = {"l0": parse_sparsity("1:4"), "l2": parse_sparsity("2:4")} if own else {}
    options = StepOptions(2, passes=passes, layer_sparsities=by_name)
    sparsity = parse_sparsity("2:8")
    network = network_of(*repeated)
    step = training_step(network, recipe_named(recipe), sparsity, options)
    assert step.items == naive_items(network, recipe_named(recipe), sparsity, options)
    plain = replace(step, items=tuple(step.items))
    assert (step.macs, step.dense_macs) == (plain.macs, plain.dense_macs)


def test_equal_layers_are_planned_once() -> None:
    network = network_of(*(conv(name=f"c{at}") for at in range(500)))
    own = {"c7": parse_sparsity("1:8"), "c8": parse_sparsity("4:8"), "c9": parse_sparsity("1:8")}
    step = step_of(network, options=StepOptions(1, layer_sparsities=own))
    assert (len(step.items), len(step.rows.distinct)) == (2000, 12)
    forward = [item.products[0].sparsity_text for item in step.items[6:11] if isinstance(item, ProductPass)]
    assert forward == ["2:8", "1:8", "4:8", "1:8", "2:8"]
