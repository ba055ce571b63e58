"""N:M layer by layer: narrow layers keep more, wide ones less, and the network as a whole the same share.

The Erdős-Rényi-kernel rule (Evci et al. 2020, "Rigging the Lottery") makes a layer's density proportional to the sum of
its sizes over their product. Random masks need it (Liu et al. 2022): at one ratio for all, narrow layers are cut off.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import nn

from heddle.arch.design import SparsityConfig
from heddle.training.catalogue import RatioRule
from heddle.training.policy import LayerChoice


def layer_sparsities(
    rule: RatioRule, model: nn.Module, choices: tuple[LayerChoice, ...]
) -> Mapping[str, SparsityConfig]:
    """Return N:M of every layer of ``choices`` by ``rule``: the same for all, or by ``layer_ratios``."""
    if rule == "erk":
        return layer_ratios(model, choices)
    return {choice.name: choice.sparsity for choice in choices}


def layer_ratios(model: nn.Module, choices: tuple[LayerChoice, ...]) -> Mapping[str, SparsityConfig]:
    """Return N:M of every layer of ``choices``: each pruned one's N by the rule, at the M that it has.

    The densities are scaled so that the pruned layers together keep as many weights as ``choices`` have them keep, but
    for the rounding of each N to a whole number from 1 to M. What stays dense keeps its N:M.
    """
    pruned = {choice.name: choice.sparsity for choice in choices if choice.reason is None}
    shapes = {name: tuple(model.get_submodule(name).get_parameter("weight").shape) for name in pruned}
    densities = _densities(shapes, sum(_kept(shapes[name], ratio) for name, ratio in pruned.items()))
    own = {
        name: SparsityConfig(n=min(ratio.m, max(1, round(densities[name] * ratio.m))), m=ratio.m)
        for name, ratio in pruned.items()
    }
    return {choice.name: own.get(choice.name, choice.sparsity) for choice in choices}


def _kept(shape: tuple[int, ...], ratio: SparsityConfig) -> float:
    return math.prod(shape) * ratio.n / ratio.m


def _densities(shapes: Mapping[str, tuple[int, ...]], wanted: float) -> dict[str, float]:
    """Densities proportional to the rule, at most 1, that keep ``wanted`` weights: what is above 1 becomes dense."""
    scores = {name: sum(shape) / math.prod(shape) for name, shape in shapes.items()}
    dense: set[str] = set()
    while True:
        room = wanted - sum(math.prod(shapes[name]) for name in dense)
        rest = sum(scores[name] * math.prod(shapes[name]) for name in shapes if name not in dense)
        scale = room / rest if rest else 0.0
        above = {name for name in shapes if name not in dense and scale * scores[name] > 1}
        if not above:
            return {name: 1.0 if name in dense else scale * score for name, score in scores.items()}
        dense |= above
