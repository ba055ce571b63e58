"""Which layers a recipe prunes, by which recipe and N:M, why others stay dense, and what is refused."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace

import pytest
from torch import nn

from heddle.arch.design import SparsityConfig
from heddle.arch.errors import HeddleError
from heddle.training import Policy, TrainingRecipe, training_recipe
from heddle.training.policy import LayerChoice, layer_choices

FIRST, LAST = "the first convolution", "the classifier"


def network() -> nn.Module:
    """Two convolutions and three linear layers."""
    return nn.Sequential(
        OrderedDict(
            stem=nn.Conv2d(16, 16, 3),
            body=nn.Sequential(nn.Conv2d(16, 32, 3, groups=2), nn.BatchNorm2d(32), nn.Linear(32, 64)),
            fc1=nn.Linear(64, 64),
            fc2=nn.Linear(64, 16),
        )
    )


def reasons(
    model: nn.Module, policy: Policy | None = None, recipe: str = "bdwp", n_of_m: str = "2:8"
) -> dict[str, str]:
    """What stays dense, and why."""
    choices = layer_choices(model, recipe, n_of_m, policy or Policy())
    return {choice.name: choice.reason for choice in choices if choice.reason is not None}


def chosen(recipe: object, n_of_m: object, policy: Policy | None = None) -> dict[str, LayerChoice]:
    choices = layer_choices(network(), recipe, n_of_m, policy or Policy())  # type: ignore[arg-type]
    return {choice.name: choice for choice in choices}


# What stays dense


def test_the_first_convolution_and_the_classifier_stay_dense() -> None:
    assert reasons(network()) == {"stem": FIRST, "fc2": LAST}


@pytest.mark.parametrize(
    ("policy", "dense"),
    [
        (Policy(first_convolution=False), {"fc2": LAST}),
        (Policy(classifier=False), {"stem": FIRST}),
        (Policy(first_convolution=False, classifier=False), {}),
        (Policy(dense=("fc1",)), {"stem": FIRST, "fc2": LAST, "fc1": "named by the policy"}),
        (
            Policy(dense=("body.*",)),
            {"stem": FIRST, "fc2": LAST, "body.0": "named by the policy", "body.2": "named by the policy"},
        ),
    ],
)
def test_a_policy_says_what_stays_dense(policy: Policy, dense: dict[str, str]) -> None:
    assert reasons(network(), policy) == dense


def test_a_first_linear_layer_and_a_last_convolution_are_pruned() -> None:
    model = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 8), nn.Conv2d(8, 8, 1))
    assert reasons(model) == {}


@pytest.mark.parametrize("layers", [1, 2])
def test_of_one_or_two_layers_all_are_pruned(layers: int) -> None:
    assert reasons(nn.Sequential(nn.Conv2d(8, 8, 1), nn.Linear(8, 8))[:layers]) == {}


def test_channels_are_those_of_one_group_and_m_divides_both() -> None:
    model = nn.Sequential(
        nn.Linear(8, 8),
        nn.Linear(12, 16),
        nn.Linear(16, 12),
        nn.Conv2d(16, 16, 1, groups=4),
        nn.Conv2d(32, 32, 1, groups=4),
        nn.Conv1d(32, 48, 1, groups=4),
        nn.Conv3d(8, 8, 1),
        nn.Conv2d(8, 8, 3, groups=8),
        nn.Linear(8, 8),
        nn.Linear(8, 8),
    )
    assert reasons(model) == {
        "1": "its 12 input and 16 output channels are not both multiples of 8",
        "2": "its 16 input and 12 output channels are not both multiples of 8",
        "3": "its 4 input and 4 output channels are not both multiples of 8",
        "5": "its 8 input and 12 output channels are not both multiples of 8",
        "7": "its 1 input and 1 output channels are not both multiples of 8",
        "9": LAST,
    }


@pytest.mark.parametrize(("recipe", "n_of_m"), [("dense", "2:8"), ("bdwp", "8:8")])
def test_nothing_is_pruned_by_the_dense_recipe_or_where_n_is_m(recipe: str, n_of_m: str) -> None:
    assert len(reasons(network(), None, recipe, n_of_m)) == 5


# Recipe and N:M by layer


def test_recipe_and_sparsity_may_differ_by_layer_and_the_first_pattern_that_fits_counts() -> None:
    found = chosen({"fc1": "sdgp", "body.*": "bdwp", "*": "dense"}, {"body.0": "1:4", "body.*": "2:8", "*": "1:2"})
    assert [(name, each.recipe.name, each.sparsity.n, each.sparsity.m) for name, each in found.items()] == [
        ("stem", "dense", 1, 2),
        ("body.0", "bdwp", 1, 4),
        ("body.2", "bdwp", 2, 8),
        ("fc1", "sdgp", 1, 2),
        ("fc2", "dense", 1, 2),
    ]


def test_recipes_and_sparsities_may_be_objects() -> None:
    own = replace(training_recipe("sr-ste"), name="own")
    found = chosen({"fc?": own, "*": "BDWP"}, SparsityConfig(n=1, m=4))
    assert found["fc1"].recipe is own
    assert found["body.0"].recipe is training_recipe("bdwp")
    assert found["fc1"].sparsity == SparsityConfig(n=1, m=4)


# What is refused

LAYER_NAMES = "stem, body.0, body.2, fc1, fc2"


@pytest.mark.parametrize(
    ("recipe", "n_of_m", "dense", "message"),
    [
        ("bwdp", "2:8", (), "unknown training recipe 'bwdp'; did you mean 'bdwp'? (valid: dense, sr-ste, "),
        ({"*": "ste"}, "2:8", (), "unknown training recipe 'ste'; did you mean 'sr-ste'? (valid: dense, sr-ste, "),
        ("bdwp", "2-8", (), "sparsity '2-8' is not of the form N:M, as in 2:8"),
        ("bdwp", "2:6", (), "sparsity 2:6: M = 6 is not supported; M is one of 2, 4, 8, 16, 32"),
        ("bdwp", "9:8", (), "sparsity 9:8: N = 9 is not within 1 and M = 8"),
        ("bdwp", {"*": "0:8"}, (), "sparsity 0:8: N = 0 is not within 1 and M = 8"),
        (
            {"fc3": "bdwp", "*": "dense"},
            "2:8",
            (),
            f"unknown layer pattern 'fc3'; did you mean 'fc2'? (valid: {LAYER_NAMES})",
        ),
        ("bdwp", {"conv*": "2:8"}, (), f"unknown layer pattern 'conv*' (valid: {LAYER_NAMES})"),
        ("bdwp", "2:8", ("Stem",), f"unknown layer pattern 'Stem'; did you mean 'stem'? (valid: {LAYER_NAMES})"),
        ({"fc*": "bdwp"}, "2:8", (), "layer 'stem' has no recipe: no pattern fits it; add one, such as '*'"),
        ("bdwp", {"[!f]*": "2:8"}, (), "layer 'fc1' has no sparsity: no pattern fits it; add one, such as '*'"),
        ({}, "2:8", (), "layer 'stem' has no recipe: no pattern fits it; add one, such as '*'"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    recipe: str | TrainingRecipe | Mapping[str, str],
    n_of_m: str | Mapping[str, str],
    dense: tuple[str, ...],
    message: str,
) -> None:
    with pytest.raises(HeddleError, match=f"^{re.escape(message)}"):
        layer_choices(network(), recipe, n_of_m, Policy(dense=dense))  # type: ignore[arg-type]


def test_a_model_without_weighted_layers_is_refused() -> None:
    with pytest.raises(HeddleError, match=r"^the model has no linear layer and no convolution to prune$"):
        layer_choices(nn.Sequential(nn.ReLU(), nn.BatchNorm2d(3)), "bdwp", "2:8", Policy())


def test_a_single_pattern_that_is_no_tuple_is_refused() -> None:
    with pytest.raises(HeddleError, match=r"^policy: dense is 'fc1'; give a tuple of patterns, as in \('fc1',\)$"):
        Policy(dense="fc1")  # type: ignore[arg-type]
