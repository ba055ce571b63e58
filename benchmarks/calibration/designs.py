"""The designs that the resource model is fitted to, and those that it is tested on, by explicit seeds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from heddle.arch.design import Design
from heddle.arch.design_io import load_design
from heddle.dse.space import load_space

FIT, HELD_OUT = "fit", "held-out"
NUMBERS = {FIT: 26, HELD_OUT: 7}
_SEEDS = {FIT: 2309, HELD_OUT: 13015}
_KIB = 1024

#: What a design is drawn from, each axis by itself. An axis that lists a value twice has it twice as often.
_AXES: dict[str, tuple[int, ...]] = {
    "rows": (2, 4, 6, 8, 12, 16, 20, 24, 32),
    "cols": (2, 4, 6, 8, 12, 16, 20, 24, 32),
    "m": (2, 4, 4, 8, 8, 8, 16),
    "interleave": (1, 2, 4, 5, 6, 8, 12, 16, 24, 40),
    "adder_stages": (1, 2, 3, 4, 5, 6),
    "multiplier_stages": (0, 1, 2, 3),
    "sore": (1, 2, 4, 8, 16, 32),
    "wuve": (1, 2, 4, 8, 16, 32),
    "activation_kib": (32, 64, 128, 256, 512, 1024, 2048),
    "weight_kib": (32, 64, 128, 256, 512, 1024),
    "output_kib": (32, 64, 128, 256, 512, 1024, 2048),
}
_GROUPS = ((3, 4), (2, 16), (8, 16))
#: The tool's own machines are among the designs that only test.
_PRESETS = ("sat-vcu1525", "small", "tiny")
_DATAFLOWS = (("os",), ("ws",), ("os", "ws"), ("os", "ws"))
_OPERANDS = ("fp16", "fp16", "fp16", "bf16")


def designs(which: str) -> Iterator[Design]:
    """Yield the designs of a set; the held-out ones are drawn from the same axes by another seed, and none is both."""
    drawn = _drawn(_SEEDS[FIT], NUMBERS[FIT], FIT)
    if which == FIT:
        yield from (*drawn, _largest(), *map(_grouped, _GROUPS), *_of_the_space())
        return
    yield from map(load_design, _PRESETS)
    taken = [_without_name(design) for design in drawn]
    fresh = (design for design in _drawn(_SEEDS[which], 2 * NUMBERS[which], which))
    yield from [design for design in fresh if _without_name(design) not in taken][: NUMBERS[which]]


def _largest() -> Design:
    """The far corner of the default space, so that no design of it lies outside of what was fitted."""
    base = load_design("sat-vcu1525")
    array = base.array.model_copy(update={"rows": 64, "cols": 64})
    lanes = base.lanes.model_copy(update={"sore": 64, "wuve": 64})
    return base.model_copy(update={"name": f"{FIT}-largest", "array": array, "lanes": lanes})


def _of_the_space() -> Iterator[Design]:
    """The PEs of the default space in small arrays: every dataflow at every adder depth, whatever chance draws."""
    base, space = load_design("sat-vcu1525"), load_space("default")
    for flows in sorted(space.dataflows):
        for stages in space.adder_stages:
            sizes = {"rows": 8, "cols": 8, "dataflows": tuple(flows.split("+")), "adder_stages": stages}
            name = f"{FIT}-{flows}-{stages}"
            yield base.model_copy(update={"name": name, "array": base.array.model_copy(update=sizes)})


def _grouped(sparsity: tuple[int, int]) -> Design:
    """A small machine for an N:M that chance draws seldom: a lane of SORE grows with the square of M."""
    n, m = sparsity
    base = load_design("tiny")
    return base.model_copy(
        update={"name": f"{FIT}-{n}of{m}", "sparsity": base.sparsity.model_copy(update={"n": n, "m": m})}
    )


def _without_name(design: Design) -> Design:
    return design.model_copy(update={"name": ""})


def _drawn(seed: int, number: int, which: str) -> list[Design]:
    source = np.random.default_rng(seed)
    return [_one(source, f"{which}-{index}") for index in range(number)]


def _one(source: np.random.Generator, name: str) -> Design:
    values = {axis: int(source.choice(choices)) for axis, choices in _AXES.items()}
    least = [n for n in (1, 2, 4, 8) if n < values["m"]]
    n = int(source.choice(least))
    flows = _DATAFLOWS[int(source.integers(len(_DATAFLOWS)))]
    operand = _OPERANDS[int(source.integers(len(_OPERANDS)))]
    base = load_design("sat-vcu1525").model_dump()
    return Design.model_validate(
        {
            **base,
            "name": name,
            "array": {
                **base["array"],
                **{key: values[key] for key in ("rows", "cols", "interleave", "adder_stages", "multiplier_stages")},
                "dataflows": flows,
            },
            "sparsity": {"n": n, "m": values["m"]},
            "numbers": {"operand": operand, "accumulator": "fp32"},
            "lanes": {"sore": values["sore"], "wuve": values["wuve"], "vector": 64},
            "buffers": {f"{part}_bytes": values[f"{part}_kib"] * _KIB for part in ("activation", "weight", "output")},
        }
    )
