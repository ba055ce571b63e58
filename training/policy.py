"""Which layers of a model a recipe prunes, by which recipe and N:M, and why others stay dense."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar

from torch import nn

from heddle.arch.design import SparsityConfig
from heddle.arch.errors import HeddleError, unknown
from heddle.arch.sparsity import parse_sparsity
from heddle.training.recipe import TrainingRecipe
from heddle.training.recipe_file import resolve_recipe

Prunable = nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d
PRUNABLE: tuple[type[Prunable], ...] = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
RecipeChoice = str | Path | TrainingRecipe
SparsityChoice = str | SparsityConfig
Choice = TypeVar("Choice", str | Path | TrainingRecipe, str | SparsityConfig)

# With one or two weighted layers there would be nothing left to prune: as dataflow.assemble has it for networks.
_FEWEST_LAYERS_WITH_DENSE_ENDS = 3


@dataclass(frozen=True)
class Policy:
    """What stays dense: the first layer if it is a convolution, the last if it is linear (the classifier), and more.

    A model with fewer than three weighted layers has neither: there would be nothing left to prune.
    ``dense`` are patterns of layer names, as in ``blocks.0.*``. First and last are by the order in which the model
    holds its layers. A layer whose channel counts M does not both divide stays dense in any case.
    """

    first_convolution: bool = True
    classifier: bool = True
    dense: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.dense, str):
            raise HeddleError(f"policy: dense is {self.dense!r}; give a tuple of patterns, as in ({self.dense!r},)")


@dataclass(frozen=True)
class LayerChoice:
    """One weighted layer: its recipe and N:M, or ``reason``, why it stays dense."""

    name: str
    recipe: TrainingRecipe
    sparsity: SparsityConfig
    reason: str | None


def layer_choices(
    model: nn.Module,
    recipe: RecipeChoice | Mapping[str, RecipeChoice],
    sparsity: SparsityChoice | Mapping[str, SparsityChoice],
    policy: Policy,
) -> tuple[LayerChoice, ...]:
    """Return the choice for every linear layer and convolution of ``model``, in its order.

    A recipe is a name, the path of a file (.toml, or .py, which is run), or the recipe itself. A mapping gives recipes
    or N:M by patterns of layer names, the first that fits; ``*`` fits all. Raises HeddleError for a pattern that no
    layer has, for a layer that no pattern fits, and for what the recipe or N:M itself is refused.
    """
    layers = {name: module for name, module in model.named_modules() if type(module) in PRUNABLE}
    if not layers:
        raise HeddleError("the model has no linear layer and no convolution to prune")
    names = tuple(layers)
    for pattern in policy.dense:
        _check_pattern(pattern, names)
    recipes = _by_layer(recipe, names, "recipe")
    sparsities = _by_layer(sparsity, names, "sparsity")
    named = _named_recipes(recipes.values())
    dense_ends = _dense_ends(layers, policy)
    choices = []
    for name, layer in layers.items():
        given = recipes[name]
        chosen = given if isinstance(given, TrainingRecipe) else named[str(given)]
        ratio = _ratio(sparsities[name])
        reason = dense_ends.get(name) or _reason(name, layer, chosen, ratio, policy)
        choices.append(LayerChoice(name, chosen, ratio, reason))
    return tuple(choices)


def _named_recipes(choices: Iterable[RecipeChoice]) -> dict[str, TrainingRecipe]:
    """The recipes that are given by name or file; a file is read once for all of its layers."""
    words = dict.fromkeys(str(choice) for choice in choices if not isinstance(choice, TrainingRecipe))
    return {word: resolve_recipe(word) for word in words}


def _ratio(choice: SparsityChoice) -> SparsityConfig:
    return choice if isinstance(choice, SparsityConfig) else parse_sparsity(choice)


def _by_layer(choice: Choice | Mapping[str, Choice], names: tuple[str, ...], what: str) -> dict[str, Choice]:
    if not isinstance(choice, Mapping):
        return dict.fromkeys(names, choice)
    for pattern in choice:
        _check_pattern(pattern, names)
    found = {}
    for name in names:
        fitting = next((pattern for pattern in choice if fnmatchcase(name, pattern)), None)
        if fitting is None:
            raise HeddleError(f"layer {name!r} has no {what}: no pattern fits it; add one, such as '*'")
        found[name] = choice[fitting]
    return found


def _check_pattern(pattern: str, names: tuple[str, ...]) -> None:
    if not any(fnmatchcase(name, pattern) for name in names):
        raise unknown("layer pattern", pattern, names)


def _dense_ends(layers: Mapping[str, nn.Module], policy: Policy) -> dict[str, str]:
    if len(layers) < _FEWEST_LAYERS_WITH_DENSE_ENDS:
        return {}
    names = tuple(layers)
    ends = {}
    if policy.first_convolution and not isinstance(layers[names[0]], nn.Linear):
        ends[names[0]] = "the first convolution"
    if policy.classifier and isinstance(layers[names[-1]], nn.Linear):
        ends[names[-1]] = "the classifier"
    return ends


def _reason(
    name: str, layer: nn.Module, recipe: TrainingRecipe, sparsity: SparsityConfig, policy: Policy
) -> str | None:
    if any(fnmatchcase(name, pattern) for pattern in policy.dense):
        return "named by the policy"
    if recipe.is_dense:
        return "the recipe is dense"
    if sparsity.n == sparsity.m:
        return f"{sparsity.n}:{sparsity.m} prunes nothing"
    channels = _channels(layer)
    if any(count % sparsity.m for count in channels):
        return f"its {channels[0]} input and {channels[1]} output channels are not both multiples of {sparsity.m}"
    return None


def _channels(layer: nn.Module) -> tuple[int, int]:
    """Input and output channels of one group."""
    if isinstance(layer, nn.Linear):
        return layer.in_features, layer.out_features
    assert isinstance(layer, nn.Conv1d | nn.Conv2d | nn.Conv3d)
    return layer.in_channels // layer.groups, layer.out_channels // layer.groups
