"""Weights, gradients and scalars for the optimiser lanes, and what exact arithmetic makes of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import naive_update
import numpy as np
from amaranth.hdl import Module
from fp_bench import words
from naive_float import BF16, FP16, FP32, convert

from heddle.arch import formats
from heddle.hls.lanes.wuve import ADAM, SGD, UpdateRule
from heddle.sim.functional.update import AdamHyperparameters, SgdScalars

_NAIVE_OPERAND = {formats.FP16: FP16, formats.BF16: BF16}

Word = dict[str, int]


def _patterns(scalars: Any) -> Word:
    return {name: int(np.float32(value).view(np.uint32)) for name, value in asdict(scalars).items()}


@dataclass(frozen=True)
class Optimizer:
    """A rule, its scalars as bit patterns, and its naive twin on bit patterns."""

    rule: UpdateRule
    scalars: Word
    naive: Callable[[int, Mapping[str, int], Mapping[str, int]], Word]

    def updated(self, weight: Word, operand: formats.FloatFormat) -> Word:
        """What a lane makes of ``weight``."""
        state = self.naive(weight["gradient"], weight, self.scalars)
        return {**state, "operand": convert(FP32, _NAIVE_OPERAND[operand], state["master"])}

    def weights(self, count: int, seed: int) -> list[Word]:
        """Weights as in training, every fourth one of hard words instead; variances are not negative."""
        draws = random.Random(seed)
        names = ("gradient", *self.rule.state)
        hard = {name: words(count, seed + place) for place, name in enumerate(names)}
        drawn = [{name: hard[name][i] if i % 4 == 0 else _trained(draws) for name in names} for i in range(count)]
        return [{name: bits & 0x7FFF_FFFF if name == "variance" else bits for name, bits in w.items()} for w in drawn]


def _trained(draws: random.Random) -> int:
    return int(np.float32(draws.gauss(0, 0.05)).view(np.uint32))


OPTIMIZERS = (
    Optimizer(SGD, _patterns(SgdScalars(1 / 1024, 1e-4, 0.9, 0.1)), naive_update.sgd),
    Optimizer(
        ADAM,
        _patterns(AdamHyperparameters(weight_decay=0.01, gradient_scale=1 / 1024).scalars(step=3)),
        naive_update.adam,
    ),
)


def with_scalars(component: Any, scalars: Word) -> Module:
    """``component`` with its scalars tied to ``scalars``."""
    m = Module()
    m.submodules.component = component
    m.d.comb += component.scalars.eq(component.scalars.shape().const(scalars))
    return m


def fields(moved: Sequence[Any], names: Sequence[str]) -> list[list[Word]]:
    """The words of a stream of arrays of structures, as dictionaries."""
    return [[{name: lane[name] for name in names} for lane in word] for word in moved]
