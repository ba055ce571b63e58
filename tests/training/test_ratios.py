"""N:M layer by layer by the Erdős-Rényi-kernel rule."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from heddle.arch.sparsity import parse_sparsity
from heddle.training.policy import Policy, layer_choices
from heddle.training.ratios import layer_ratios
from heddle.training.sparsifying import sparsified_layers, sparsify

NOTHING_SET_ASIDE = Policy(first_convolution=False, classifier=False)


def chain(*widths: int) -> nn.Sequential:
    return nn.Sequential(*(nn.Linear(a, b) for a, b in itertools.pairwise(widths)))


def ratios_of(model: nn.Module, sparsity: str, policy: Policy = NOTHING_SET_ASIDE) -> dict[str, str]:
    choices = layer_choices(model, "random", sparsity, policy)
    return {name: f"{ratio.n}:{ratio.m}" for name, ratio in layer_ratios(model, choices).items()}


def test_layers_of_one_shape_keep_the_ratio_that_was_asked_for() -> None:
    assert ratios_of(chain(64, 64, 64), "2:8") == {"0": "2:8", "1": "2:8"}


def test_narrow_layers_keep_more_than_wide_ones() -> None:
    # Densities are as (64 + 64) / 64^2 to (256 + 256) / 256^2, 4 to 1, and 64^2 d + 256^2 d / 4 keeps a quarter of all.
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(256, 256))
    kept = 0.25 * (64**2 + 256**2)
    narrow = kept / (64**2 + 256**2 / 4)
    assert narrow == pytest.approx(0.85)
    assert ratios_of(model, "4:16") == {"0": f"{round(narrow * 16)}:16", "2": f"{round(narrow / 4 * 16)}:16"}


def test_a_layer_that_would_keep_more_than_all_is_dense_and_the_others_share_the_rest() -> None:
    model = nn.Sequential(nn.Linear(8, 8), nn.Linear(256, 256), nn.Linear(256, 256))
    assert ratios_of(model, "2:8")["0"] == "8:8"


def test_what_the_policy_keeps_dense_is_not_shared_in() -> None:
    model = chain(64, 64, 64, 10)
    assert ratios_of(model, "2:8", Policy()) == {"0": "2:8", "1": "2:8", "2": "2:8"}


@given(
    st.lists(st.sampled_from([16, 32, 64, 128, 256]), min_size=3, max_size=6), st.sampled_from(["2:8", "1:8", "4:8"])
)
def test_the_network_keeps_what_was_asked_for_but_for_rounding(widths: list[int], sparsity: str) -> None:
    model, asked = chain(*widths), parse_sparsity(sparsity)
    sizes = {str(place): a * b for place, (a, b) in enumerate(itertools.pairwise(widths))}
    kept = sum(sizes[name] * int(ratio.split(":")[0]) / asked.m for name, ratio in ratios_of(model, sparsity).items())
    wanted = sum(sizes.values()) * asked.n / asked.m
    # Each layer's N is a whole number, at least 1 where the rule gives less than a half.
    assert math.isclose(kept, wanted, abs_tol=sum(sizes.values()) / asked.m)


def test_the_ratios_are_what_sparsify_takes() -> None:
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(256, 256))
    ratios = layer_ratios(model, layer_choices(model, "random", "4:16", NOTHING_SET_ASIDE))
    sparsify(model, "random", ratios, policy=NOTHING_SET_ASIDE)
    for name, layer in sparsified_layers(model):
        groups = layer.operands()[0].tensor.reshape(-1, 16)
        assert int((groups != 0).sum(1).max()) == ratios[name].n
