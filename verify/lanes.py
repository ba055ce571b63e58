"""Cases of the lanes: SORE against ``heddle.arch.nm``, WUVE against ``heddle.sim.functional.update``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
from amaranth.lib import data

from heddle.arch import nm
from heddle.arch.design import Design
from heddle.arch.timing import lane_cycles, sore_cycles, sore_tail_cycles
from heddle.hls.lanes.ranking import packed_layout
from heddle.hls.lanes.wuve import ADAM, SGD, Wuve
from heddle.sim.functional.formats import from_float32
from heddle.sim.functional.update import AdamHyperparameters, AdamState, SgdScalars, SgdState, adam, sgd
from heddle.verify.cases import Case, InputStream, OutputStream, Stalls, Words, pack_lanes
from heddle.verify.operands import Extents, draw

_BLOCKS = 16
_WEIGHTS = 256
#: Cycles after which a lane that should have finished hangs, as a multiple of what it has to take.
_PATIENCE = 40

Float32 = npt.NDArray[np.float32]
Fields = Mapping[str, npt.NDArray[np.generic]]


def sore_case(design: Design, distribution: str, seed: int, stalls: Stalls, rerun: str = "") -> Case:
    """Return blocks of M x M drawn values packed along rows and columns by one lane."""
    n, m = design.sparsity.n, design.sparsity.m
    values = draw(distribution, Extents(_BLOCKS * m, m, m), design.numbers.operand, seed).left
    by_row = nm.pack(values, n, m, axis=1)
    by_column = nm.pack(values.reshape(_BLOCKS, m, m), n, m, axis=1)
    cycles = int(sore_cycles(values.size, m, 1)) + sore_tail_cycles(m)
    return _lane_case(
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


def wuve_case(design: Design, lane: Wuve, seed: int, stalls: Stalls, rerun: str = "") -> Case:
    """Return a step of weights at a trained net's scale through one lane of an optimiser of ``design``."""
    step = _RULES[lane.rule.name](np.random.default_rng(seed))
    operand = from_float32(step.after["master"], design.numbers.operand_format)
    entering, leaving = (port.payload.shape().elem_shape for port in (lane.weights, lane.updated))
    scalars = {name: int(_bits(np.float32(value))) for name, value in step.scalars.items()}
    after = {name: _bits(array) for name, array in step.after.items()}
    return _lane_case(
        f"wuve-{lane.rule.name}-{design.numbers.operand}",
        ("weights", _struct_words(entering, {name: _bits(array) for name, array in step.before.items()})),
        {"updated": (_struct_words(leaving, {**after, "operand": operand}), leaving.size)},
        int(lane_cycles(_WEIGHTS, 1)) + lane.latency,
        stalls,
        {"scalars": lane.scalars.shape().const(scalars).as_value().value},
        rerun,
    )


@dataclass(frozen=True)
class _Step:
    """One step of an optimiser: arrays before and after by their names in the lane's words, and its scalars."""

    before: dict[str, Float32]
    after: dict[str, Float32]
    scalars: dict[str, float]


def _sgd_step(rng: np.random.Generator) -> _Step:
    gradient, master, momentum = (_drawn(rng) for _ in range(3))
    scalars = SgdScalars(gradient_scale=1 / 1024, weight_decay=1e-4, momentum=0.9, learning_rate=0.1)
    after = sgd(gradient * np.float32(1024), SgdState(master, momentum), scalars)
    before = {"gradient": gradient * np.float32(1024), "master": master, "momentum": momentum}
    return _Step(before, vars(after), asdict(scalars))


def _adam_step(rng: np.random.Generator) -> _Step:
    gradient, master, mean, root = (_drawn(rng) for _ in range(4))
    scalars = AdamHyperparameters(weight_decay=0.01, gradient_scale=1 / 1024).scalars(step=3)
    state = AdamState(master, mean, np.square(root))
    after = adam(gradient * np.float32(1024), state, scalars)
    return _Step({"gradient": gradient * np.float32(1024), **vars(state)}, vars(after), asdict(scalars))


def _drawn(rng: np.random.Generator) -> Float32:
    return rng.normal(0, 0.05, _WEIGHTS).astype(np.float32)


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


def _lane_case(
    name: str,
    entering: tuple[str, Words],
    outputs: Mapping[str, tuple[Words, int]],
    cycles: int,
    stalls: Stalls,
    constants: Mapping[str, int],
    rerun: str,
) -> Case:
    """Words of one input stream by name; of each output by name its expected words and their width."""
    stalled = stalls.idle > 0 or stalls.backpressure > 0
    stream, words = entering
    return Case(
        name=f"{name}-stalled" if stalled else name,
        inputs=(InputStream(stream, words, idle=stalls.idle),),
        outputs=tuple(
            OutputStream(output, expected, bits, np.arange(len(expected))[:, np.newaxis], 1, stalls.backpressure)
            for output, (expected, bits) in outputs.items()
        ),
        sim_cycles=None if stalled else cycles,
        limit_cycles=_PATIENCE * cycles,
        seed=stalls.seed,
        constants=constants,
        rerun=rerun,
    )
