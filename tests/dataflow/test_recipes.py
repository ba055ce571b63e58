"""Recipes as data: which operand of which pass is sparse, along its own reduction axis."""

from __future__ import annotations

import pytest

from heddle.arch.errors import HeddleError
from heddle.dataflow.recipes import RECIPES, recipe_named

# asp, random, mdgf-* and sdgf-* are masks along input channels as sr-ste's once they prune; a transposable mask
# (Hubara et al. 2021) is N:M both ways, and Bi-Mask (Zhang et al. 2023) has a mask for each.
# Sparse operand in FF, BP and WU: Fang et al. 2023 (bdwp, sdwp), McDanel et al. 2022 (sdgp), Zhou et al. 2021
# (sr-ste, whose mask lies along input channels in BP too, where the reduction runs over output channels).
STATED = {
    "dense": (None, None, None),
    "sr-ste": ("weight", None, None),
    "asp": ("weight", None, None),
    "random": ("weight", None, None),
    "mdgf-linear": ("weight", None, None),
    "mdgf-exponential": ("weight", None, None),
    "sdgf-stepwise": ("weight", None, None),
    "sdgf-geometric": ("weight", None, None),
    "sdgp": (None, "dy", None),
    "sdwp": (None, "weight", None),
    "bdwp": ("weight", "weight", None),
    "transposable": ("weight", "weight", None),
    "bi-mask": ("weight", "weight", None),
    "bdwp-wu": ("weight", "weight", "dy"),
    "bdwp-wu-x": ("weight", "weight", "x"),
}


def test_the_recipes_are_those_that_are_stated() -> None:
    assert {name: (recipe.ff, recipe.bp, recipe.wu) for name, recipe in RECIPES.items()} == STATED


def test_a_recipe_is_found_whatever_the_case() -> None:
    assert recipe_named("BDWP") is RECIPES["bdwp"]


def test_an_unknown_recipe_names_the_nearest_and_all() -> None:
    with pytest.raises(HeddleError) as refused:
        recipe_named("bwdp")
    assert str(refused.value) == (
        "unknown recipe 'bwdp'; did you mean 'bdwp'? "
        "(valid: dense, sr-ste, asp, random, mdgf-linear, mdgf-exponential, sdgf-stepwise, sdgf-geometric, sdgp, sdwp, "
        "bdwp, "
        "transposable, bi-mask, bdwp-wu, bdwp-wu-x)"
    )
