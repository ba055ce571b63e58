"""The whole machines whose blocks the resource model is fitted to, and those that it is tested on, by explicit seeds.

What the blocks around the array depend on is drawn: the memory port, the groups of a read, the buffers, the array's
sides. What only the array depends on is ``tiny``'s. The left feeder depends on the dataflows too, and has designs of
its own besides.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.calibration.designs import FIT, HELD_OUT
from heddle.arch.design import Dataflow, Design, InterleaveAxes
from heddle.arch.design_io import load_design, override
from heddle.hls.generate import accelerator_fault

NUMBERS = {FIT: 8, HELD_OUT: 1}
_SEEDS = {FIT: 4, HELD_OUT: 31}
#: Designs of which the left feeder alone is mapped.
FEEDERS = {FIT: 12, HELD_OUT: 6}
_FEEDER_SEEDS = {FIT: 7, HELD_OUT: 32}
_KIB = 1024

#: What a machine is drawn from, each axis by itself. An axis that lists a value twice has it twice as often: wide ports
#: take minutes to map.
_AXES: dict[str, tuple[int, ...]] = {
    "rows": (2, 3, 4, 6, 8, 12, 16, 20, 24, 32),
    "cols": (2, 4, 5, 6, 8, 12, 16, 20, 24, 32),
    "m": (2, 4, 4, 8, 8, 8, 16),
    "interleave": (1, 2, 4, 6, 8, 12, 16),
    "group_ports": (1, 1, 2, 4, 4, 8, 8, 16),
    "axi_bits": (64, 64, 128, 128, 256, 256, 512),
    "activation_kib": (8, 16, 32, 64, 128, 256, 512, 1024, 2048),
    "weight_kib": (8, 16, 32, 64, 128, 256, 512),
    "output_kib": (8, 16, 32, 64, 128, 256, 512, 1024, 2048),
}
#: What a left feeder is drawn from besides.
_FEEDER_AXES: dict[str, tuple[int, ...]] = {
    "rows": (2, 4, 6, 8, 12, 16, 24, 32, 48, 64),
    "m": (2, 4, 8, 8, 16),
    "interleave": (1, 2, 4, 8, 16),
    "group_ports": (1, 2, 4, 8, 16),
    "activation_kib": (8, 32, 128, 512, 2048),
}
_DATAFLOWS: tuple[tuple[Dataflow, ...], ...] = (("os", "ws"), ("os", "ws"), ("os",), ("ws",))
_INTERLEAVE_AXES: tuple[InterleaveAxes, ...] = ("both", "both", "cols")
#: Recoded operands that a row's choice takes of all its reads, up to which a feeder is mapped within minutes.
_MOST_CHOICES = 16 * 1024
#: Wide enough for a group of any of these.
_FEEDER_PORT_BITS = 512
_OPERANDS = ("fp16", "fp16", "fp16", "bf16")
#: The tool's own machines are among those that only test, with one channel: a wider port takes too long to map.
PRESETS = ("tiny", "small", "sat-vcu1525")


def machines(which: str) -> Iterator[Design]:
    """Yield the machines of a set; no drawn one is in both."""
    if which == HELD_OUT:
        yield from (override(load_design(name), {"memory.channels": 1}) for name in PRESETS)
    source = np.random.default_rng(_SEEDS[which])
    found = 0
    while found < NUMBERS[which]:
        machine = _one(source, f"machine-{which}-{found}")
        if accelerator_fault(machine) is None:
            found += 1
            yield machine


def feeders(which: str) -> Iterator[Design]:
    """Yield the designs of a set of which the left feeder alone is mapped; no design is in both."""
    source = np.random.default_rng(_FEEDER_SEEDS[which])
    found = 0
    while found < FEEDERS[which]:
        feeder = _feeder(source, f"feeder-{which}-{found}")
        choices = feeder.array.rows * feeder.buffers.group_ports * feeder.sparsity.m
        if choices <= _MOST_CHOICES and accelerator_fault(feeder) is None:
            found += 1
            yield feeder


def _feeder(source: np.random.Generator, name: str) -> Design:
    values = {axis: int(source.choice(choices)) for axis, choices in _FEEDER_AXES.items()}
    base = load_design("tiny").model_dump()
    array = {
        "rows": values["rows"],
        "interleave": values["interleave"],
        "dataflows": _DATAFLOWS[int(source.integers(len(_DATAFLOWS)))],
        "interleave_axes": _INTERLEAVE_AXES[int(source.integers(len(_INTERLEAVE_AXES)))],
    }
    buffers = {"activation_bytes": values["activation_kib"] * _KIB, "group_ports": values["group_ports"]}
    return Design.model_validate(
        {
            **base,
            "name": name,
            "array": {**base["array"], **array},
            "sparsity": {"n": 1, "m": values["m"]},
            "numbers": {"operand": _OPERANDS[int(source.integers(len(_OPERANDS)))], "accumulator": "fp32"},
            "buffers": {**base["buffers"], **buffers},
            "memory": {**base["memory"], "axi_bits": _FEEDER_PORT_BITS},
        }
    )


def _one(source: np.random.Generator, name: str) -> Design:
    values = {axis: int(source.choice(choices)) for axis, choices in _AXES.items()}
    n = int(source.choice([n for n in (1, 2, 3, 4, 8) if n <= values["m"]]))
    base = load_design("tiny").model_dump()
    return Design.model_validate(
        {
            **base,
            "name": name,
            "array": {**base["array"], **{key: values[key] for key in ("rows", "cols", "interleave")}},
            "sparsity": {"n": n, "m": values["m"]},
            "numbers": {"operand": _OPERANDS[int(source.integers(len(_OPERANDS)))], "accumulator": "fp32"},
            "buffers": {
                **{f"{part}_bytes": values[f"{part}_kib"] * _KIB for part in ("activation", "weight", "output")},
                "group_ports": values["group_ports"],
            },
            "memory": {**base["memory"], "axi_bits": values["axi_bits"]},
        }
    )
