"""A training on the machine: its share of multiply-adds by hand, and its time as the sum of its steps."""

from __future__ import annotations

from dataclasses import replace

import pytest
from samples import BOARD, TINY, network_of

from heddle.arch.design_io import override
from heddle.arch.sparsity import parse_sparsity
from heddle.dataflow.network import LinearLayer
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.training import StepOptions, training_step
from heddle.sim.estimate import estimate
from heddle.training.checkpoint import EpochPoint
from heddle.training.data.registry import load_data
from heddle.training.on_machine import MachineRun, machine_run, training_cost
from heddle.training.recipe import WeightPruning
from heddle.training.recipes import training_recipe
from heddle.training.run import RunResult
from heddle.training.selections import TopN
from heddle.training.settings import TrainSettings

# Three equal layers whose channels and batch all groups divide, each with all three products.
UNIFORM = network_of(*(LinearLayer(name, rows=1, in_features=64, out_features=64) for name in "abc"))
DATA = load_data("digits", train_samples=128)

#: Multiply-adds of the MLP for one sample: 64 to 128 (no gradient of the data), 128 to 128, 128 to 10.
FC1, FC2, FC3 = 64 * 128, 128 * 128, 128 * 10
MLP_DENSE = 2 * FC1 + 3 * FC2 + 3 * FC3


def uniform(recipe: str, sparsity: str, steps: int = 100) -> MachineRun:
    return MachineRun(UNIFORM, training_recipe(recipe), sparsity, StepOptions(batch=64), steps)


@pytest.mark.parametrize(
    ("recipes", "fractions"),
    [
        (("dense",), (1.0, 1.0, 1.0, 1.0, 1.0)),
        (("sr-ste", "random", "sdgp", "sdgp-rescaled", "sdwp"), (0.833, 0.750, 0.750, 0.708, 0.688)),
        (("bdwp", "bi-mask", "transposable"), (0.667, 0.500, 0.500, 0.417, 0.375)),
        (
            ("bdwp-wu", "bdwp-wu-x", "bdwp-wu-sampled", "bdwp-wu-x-sampled"),
            (0.500, 0.250, 0.250, 0.125, 0.0625),
        ),
    ],
)
def test_uniform_layers_have_the_textbook_fractions(recipes: tuple[str, ...], fractions: tuple[float, ...]) -> None:
    for recipe in recipes:
        found = [uniform(recipe, each).mac_fraction for each in ("2:4", "1:4", "2:8", "1:8", "1:16")]
        assert found == pytest.approx(fractions, abs=5e-4), recipe


def test_asp_is_dense_for_the_first_half_and_prunes_ff_in_the_second() -> None:
    assert uniform("asp", "2:8").mac_fraction == pytest.approx((1 + 0.75) / 2)
    assert uniform("asp", "2:8", steps=3).mac_fraction == pytest.approx((1 + 1 + 0.75) / 3)


@pytest.mark.parametrize("recipe", ["mdgf-linear", "mdgf-exponential"])
def test_weights_that_fade_are_dense_until_they_have_gone(recipe: str) -> None:
    assert uniform(recipe, "2:8").mac_fraction == pytest.approx((1 + 0.75) / 2)


def test_frames_count_with_the_n_of_their_steps() -> None:
    # Of eight steps two run at 7:8, two at 4:8, four at 2:8; FF alone is pruned.
    kept = (7, 7, 4, 4, 2, 2, 2, 2)
    by_hand = sum((n / 8 + 2) / 3 for n in kept) / len(kept)
    assert uniform("sdgf-stepwise", "2:8", steps=8).mac_fraction == pytest.approx(by_hand)


def test_frames_of_groups_wider_than_m_are_dense_to_the_machine() -> None:
    assert uniform("sdgf-geometric", "2:8").mac_fraction == pytest.approx((1 + 0.75) / 2)


def test_while_operands_are_measured_wu_is_dense() -> None:
    run = uniform("bdwp-wu-measured", "2:8", steps=32)
    assert run.mac_fraction == pytest.approx((8 * 0.5 + 24 * 0.25) / 32)
    assert [sum(run.kinds(*part).values()) for part in ((0, 5), (5, 20), (20, 32))] == [5, 15, 12]
    assert len(run.kinds(0, 5)) == len(run.kinds(20, 32)) == 1


@pytest.mark.parametrize("recipe", ["bdwp", "asp", "sdgf-stepwise", "bdwp-wu-measured"])
def test_the_kinds_of_all_parts_make_those_of_the_whole(recipe: str) -> None:
    run = uniform(recipe, "2:8", steps=20)
    whole = run.kinds(0, 20)
    parts = [run.kinds(first, first + 5) for first in range(0, 20, 5)]
    assert {kind: sum(part.get(kind, 0) for part in parts) for kind in whole} == whole
    assert not run.kinds(5, 5)


def settings(**changes: object) -> TrainSettings:
    base = TrainSettings(model="mlp", data="digits", recipe="bdwp", epochs=4, train_samples=128, batch=32)
    return base.model_copy(update=changes)


def test_a_model_has_the_macs_of_its_layers_those_that_stay_dense_too() -> None:
    run = machine_run(settings(), DATA, 4, ())
    assert run.total_steps == 16
    sparse = FC1 / 4 + FC1 + FC2 / 4 + FC2 / 4 + FC2 + 3 * FC3
    assert run.mac_fraction == pytest.approx(sparse / MLP_DENSE)


def test_a_layer_that_is_kept_dense_counts_as_dense() -> None:
    run = machine_run(settings(dense=("fc2",)), DATA, 4, ())
    assert run.mac_fraction == pytest.approx((FC1 / 4 + FC1 + 3 * FC2 + 3 * FC3) / MLP_DENSE)


@pytest.mark.parametrize("changes", [{"sparsity": "8:8"}, {"recipe": "dense"}, {"dense": ("*",)}])
def test_a_run_that_prunes_nothing_has_all_macs(changes: dict[str, object]) -> None:
    assert machine_run(settings(**changes), DATA, 4, ()).mac_fraction == 1.0


def test_a_batch_larger_than_the_training_set_is_all_of_it() -> None:
    assert machine_run(settings(batch=4096), DATA, 1, ()).options.batch == 128


def test_what_layers_chose_by_measuring_is_what_runs() -> None:
    result = RunResult(settings(), (EpochPoint(1, 4, 1.0, 50.0, 0),), (("fc1", "x"), ("fc2", "dy")))
    run = machine_run(settings(recipe="bdwp-wu-measured"), DATA, 4, [result])
    assert {name: recipe.wu for name, recipe in run.options.layer_recipes.items()} == {"fc1": "x", "fc2": "dy"}
    (lasting,) = run.kinds(8, 16)
    packed = {item.layer: item.pass_name for item in run.step(lasting).items if getattr(item, "op", "") == "sore"}
    assert packed == {"fc1": "ff", "fc2": "wu"}  # SORE packs X as FF reads it, and dY before WU
    (measuring,) = run.kinds(0, 8)
    dense_wu = training_step(run.network, recipe_named("bdwp"), parse_sparsity("2:8"), StepOptions(batch=32))
    assert run.step(measuring).macs == dense_wu.macs


@pytest.mark.parametrize("recipe", ["dense", "bdwp", "bdwp-wu"])
def test_a_recipe_that_stays_the_same_costs_its_step_times_the_steps(recipe: str) -> None:
    design = override(TINY, {"sparsity.n": 2, "sparsity.m": 8})
    run = uniform(recipe, "2:8", steps=12)
    step = training_step(UNIFORM, recipe_named(recipe), parse_sparsity("2:8"), StepOptions(batch=64))
    one = estimate(step, design, BOARD)
    cost = training_cost(run, 3, design, BOARD)
    assert cost.time_s == pytest.approx([4 * one.time_s, 8 * one.time_s, 12 * one.time_s])
    assert cost.energy_j == pytest.approx([4 * one.energy_j, 8 * one.energy_j, 12 * one.energy_j])


def test_a_recipe_that_sets_in_costs_what_each_of_its_steps_costs() -> None:
    design = override(TINY, {"sparsity.n": 2, "sparsity.m": 8})
    cost = training_cost(uniform("asp", "2:8", steps=12), 4, design, BOARD)
    by_recipe = {
        name: estimate(training_step(UNIFORM, recipe_named(name), parse_sparsity("2:8"), StepOptions(batch=64)), design,
                       BOARD).time_s
        for name in ("dense", "asp")
    }  # fmt: skip
    dense, pruned = by_recipe["dense"], by_recipe["asp"]
    assert cost.time_s == pytest.approx([3 * dense, 6 * dense, 6 * dense + 3 * pruned, 6 * dense + 6 * pruned])


def test_the_optimiser_of_the_run_is_the_machines() -> None:
    adam = machine_run(settings(optimizer="adam"), DATA, 4, ())
    sgd = machine_run(settings(), DATA, 4, ())
    assert adam.options.optimizer == "adam"
    assert replace(adam.options, optimizer="sgd") == sgd.options


def test_ratios_spread_over_layers_are_what_the_machine_runs() -> None:
    settings = TrainSettings(
        model="mlp", data="digits", recipe="random", sparsity="4:16", ratios="erk", train_samples=128
    )
    run = machine_run(settings, DATA, 2, ())
    fc1, fc2 = (run.options.layer_sparsities[name] for name in ("fc1", "fc2"))
    # Densities are as (64 + 128) / FC1 to (128 + 128) / FC2, and together keep a quarter of both.
    narrow, wide = (64 + 128) / FC1, (128 + 128) / FC2
    scale = 0.25 * (FC1 + FC2) / (narrow * FC1 + wide * FC2)
    assert (fc1.n, fc2.n) == (round(scale * narrow * 16), round(scale * wide * 16)) == (5, 3)
    kept = (5 * FC1 + 3 * FC2) / 16 + FC1 + 2 * FC2 + 3 * FC3
    assert run.mac_fraction == pytest.approx(kept / MLP_DENSE)


def test_passes_that_have_set_in_are_sparse_while_others_are_still_dense() -> None:
    late_ff = replace(training_recipe("bdwp"), ff=WeightPruning(TopN("in"), begins=0.5))
    run = replace(uniform("bdwp", "2:8"), recipe=late_ff)
    assert run.mac_fraction == pytest.approx((2.25 / 3 + 1.5 / 3) / 2)
