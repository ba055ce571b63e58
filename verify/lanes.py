"""Cases of the lanes: SORE against ``heddle.arch.nm``, WUVE against ``heddle.sim.functional.update``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from amaranth.lib import data

from heddle.arch import nm
from heddle.arch.design import Design
from heddle.arch.timing import lane_cycles, sore_cycles, sore_tail_cycles
from heddle.hls.generate import lane_units
from heddle.hls.lanes.ranking import packed_layout
from heddle.hls.lanes.wuve import ADAM, SGD, UpdateRule, update_schedule
from heddle.sim.functional.formats import from_float32
from heddle.sim.functional.update import AdamHyperparameters, AdamState, SgdScalars, SgdState, adam, sgd
from heddle.verify.cases import Case, Stalls, Words, pack_lanes
from heddle.verify.operands import Extents, draw
from heddle.verify.stream_case import stream_case

_BLOCKS = 16
_WEIGHTS = 256

Float32 = npt.NDArray[np.float32]
Fields = Mapping[str, npt.NDArray[np.generic]]


def sore_case(design: Design, distribution: str, seed: int, stalls: Stalls, rerun: str = "") -> Case:
    """Return blocks of M x M drawn values packed along rows and columns by one lane."""
    n, m = design.sparsity.n, design.sparsity.m
    values = draw(distribution, Extents(1, _BLOCKS * m, m), design.numbers.operand, seed).right
    by_row = nm.pack(values, n, m, axis=1)
    by_column = nm.pack(values.reshape(_BLOCKS, m, m), n, m, axis=1)
    cycles = int(sore_cycles(values.size, m, 1)) + sore_tail_cycles(m)
    return stream_case(
        f"sore-{n}:{m}-{distribution}",
        ("rows", pack_lanes(values, design.numbers.operand_format.width)),
        {
            "row_groups": _packed_words(by_row, design),
            "column_groups": _packed_words(by_column, design),
        },
        cycles,
        stalls,
        {},
        rerun,
    )


def _packed_words(packed: nm.Packed, design: Design) -> tuple[Words, int]:
    """Packed groups as words of ``heddle.hls.lanes.ranking.packed_layout``, and their width."""
    layout = packed_layout(packed.n, packed.m, design.numbers.operand_format.width)
    flat = {"values": packed.values.reshape(-1, packed.n), "indices": packed.indices.reshape(-1, packed.n)}
    return _struct_words(layout, flat), layout.size


def wuve_case(design: Design, rule: UpdateRule, distribution: str, seed: int, stalls: Stalls, rerun: str = "") -> Case:
    """Return a step of weights through one lane of ``design`` for the optimiser ``rule``.

    ``distribution`` is one of UPDATE_OPERANDS: a trained net's scale, all corners of FP32, or vanishing words.
    """
    step = _RULES[rule.name](np.random.default_rng(seed), UPDATE_OPERANDS[distribution])
    operand = from_float32(step.after["master"], design.numbers.operand_format)
    lane = update_schedule(rule, lane_units(design))
    entering, leaving = lane.entering, lane.leaving
    scalars = {name: int(_bits(np.float32(value))) for name, value in step.scalars.items()}
    after = {name: _bits(array) for name, array in step.after.items()}
    return stream_case(
        f"wuve-{rule.name}-{design.numbers.operand}-{distribution}",
        ("weights", _struct_words(entering, {name: _bits(array) for name, array in step.before.items()})),
        {"updated": (_struct_words(leaving, {**after, "operand": operand}), leaving.size)},
        int(lane_cycles(_WEIGHTS, 1)) + lane.latency,
        stalls,
        {"scalars": lane.scalars.const(scalars).as_value().value},
        rerun,
    )


@dataclass(frozen=True)
class _Step:
    """One step of an optimiser: arrays before and after by their names in the lane's words, and its scalars."""

    before: dict[str, Float32]
    after: dict[str, Float32]
    scalars: dict[str, float]


_Draw = Callable[[np.random.Generator], Float32]


def _trained(rng: np.random.Generator) -> Float32:
    return rng.normal(0, 0.05, _WEIGHTS).astype(np.float32)


def _corners(rng: np.random.Generator) -> Float32:
    """Any words, subnormals and their neighbours, and the ends of every class of words."""
    words = rng.integers(0, 1 << 32, _WEIGHTS, dtype=np.uint32)
    small = words & np.uint32(0x81FFFFFF)
    magnitudes = np.array([0, 1, 0x7FFFFF, 0x800000, 0x3F800000, 0x7F7FFFFF, 0x7F800000, 0x7F800001], np.uint32)
    ends = rng.choice(magnitudes, _WEIGHTS) | words & np.uint32(1 << 31)
    return np.choose(rng.integers(0, 3, _WEIGHTS), [words, small, ends]).view(np.float32)


def _vanishing(rng: np.random.Generator) -> Float32:
    """Zeros, subnormals and numbers below 1 of any magnitude, of both signs, a third each; infinities among them."""
    words = rng.integers(0, 1 << 32, _WEIGHTS, dtype=np.uint32)
    sign, fraction = words & np.uint32(1 << 31), words & np.uint32(0x7FFFFF)
    below_one = fraction | rng.integers(1, 127, _WEIGHTS, dtype=np.uint32) << np.uint32(23)
    magnitude = np.choose(rng.integers(0, 3, _WEIGHTS), [np.uint32(0), fraction, below_one])
    infinite = rng.integers(0, 16, _WEIGHTS) == 0
    return (sign | np.where(infinite, np.uint32(0x7F800000), magnitude)).view(np.float32)


def _vanishing_variance(rng: np.random.Generator) -> Float32:
    """As many zeros as other numbers: small gradients leave them as they are."""
    return np.where(rng.integers(0, 2, _WEIGHTS), np.float32(0), np.abs(_vanishing(rng)))


@dataclass(frozen=True)
class UpdateOperands:
    """What a step of weights is drawn from: gradient, weight and mean; Adam's variance; and some of the scalars."""

    number: _Draw
    variance: _Draw
    epsilon: float
    weight_decay: float = 0.01
    momentum: float = 0.9


#: What a step may be drawn from, by name. The corners overflow and make NaNs. The vanishing ones divide large numbers,
#: small ones and zero by zero, and multiply infinity by it.
UPDATE_OPERANDS = {
    "trained": UpdateOperands(_trained, lambda rng: np.square(_trained(rng)), epsilon=1e-8),
    "corners": UpdateOperands(_corners, _corners, epsilon=0.0),
    "vanishing": UpdateOperands(_vanishing, _vanishing_variance, epsilon=0.0, weight_decay=0.0, momentum=0.0),
}


def _sgd_step(rng: np.random.Generator, drawn: UpdateOperands) -> _Step:
    gradient, master, momentum = (drawn.number(rng) for _ in range(3))
    scalars = SgdScalars(1 / 1024, drawn.weight_decay, drawn.momentum, learning_rate=0.1)
    gradient = _scaled(gradient)
    after = sgd(gradient, SgdState(master, momentum), scalars)
    before = {"gradient": gradient, "master": master, "momentum": momentum}
    return _Step(before, vars(after), asdict(scalars))


def _adam_step(rng: np.random.Generator, drawn: UpdateOperands) -> _Step:
    gradient, master, mean = (drawn.number(rng) for _ in range(3))
    hyperparameters = AdamHyperparameters(
        weight_decay=drawn.weight_decay, gradient_scale=1 / 1024, epsilon=drawn.epsilon
    )
    scalars = hyperparameters.scalars(step=3)
    gradient = _scaled(gradient)
    state = AdamState(master, mean, drawn.variance(rng))
    after = adam(gradient, state, scalars)
    return _Step({"gradient": gradient, **vars(state)}, vars(after), asdict(scalars))


def _scaled(gradient: Float32) -> Float32:
    """The gradient of a loss that was scaled by 1024."""
    with np.errstate(all="ignore"):
        return gradient * np.float32(1024)


_RULES = {SGD.name: _sgd_step, ADAM.name: _adam_step}


def _bits(array: npt.NDArray[np.float32] | np.float32) -> npt.NDArray[np.uint32]:
    return np.asarray(array, np.float32).view(np.uint32)


def _struct_words(layout: data.Layout, fields: Fields) -> Words:
    """One word of ``layout`` for each entry of ``fields``, whose arrays are [words] or [words, elements]."""
    words = [
        layout.const({name: array[at].tolist() for name, array in fields.items()}).as_value().value
        for at in range(len(next(iter(fields.values()))))
    ]
    return np.array([list(word.to_bytes((layout.size + 7) // 8, "little")) for word in words], np.uint8)
