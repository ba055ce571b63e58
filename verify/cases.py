"""A case of a bench: what is offered to a component's input streams, and what its output streams must give.

A bench knows streams of words and nothing of matrices; ``heddle.verify.program_case`` makes cases of products. Words
stand in uint8 arrays [words, bytes], least significant byte first, as wide as the payload rounded up to whole bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint8]

#: In ``InputStream.source``: the word stands in ``words``. In ``OutputStream.place``: nobody looks at the lane.
NONE = -1


@dataclass(frozen=True)
class Stalls:
    """Chances of a clock in which an operand is not offered, or a result not taken; ``seed`` draws them."""

    idle: float = 0.0
    backpressure: float = 0.0
    seed: int = 0

    @property
    def name(self) -> str:
        """What a case's name says of them: nothing where nothing stalls."""
        return f"-idle-{self.idle}-backpressure-{self.backpressure}" if self.idle or self.backpressure else ""


@dataclass(frozen=True)
class InputStream:
    """Words for one input stream, in order.

    ``source`` [words] names for each word the word of the case's output that it repeats, or ``NONE`` where it
    stands in ``words``: partial sums go on from what the RTL gave, not from what it should have given.
    ``idle`` is the chance of a clock without a word offered, drawn anew each clock.
    """

    name: str
    words: Words
    source: NDArray[np.int64] | None = None
    idle: float = 0.0


@dataclass(frozen=True)
class OutputStream:
    """What one output stream must give, word by word.

    A word is lanes of ``lane_bits``, the first in the least significant bits. ``place`` [words, lanes] is the
    element of the result, as row x columns + column, that a lane holds, or ``NONE``. ``backpressure`` is the
    chance of a clock in which the bench is not ready, drawn anew each clock.
    """

    name: str
    expected: Words
    lane_bits: int
    place: NDArray[np.int64]
    columns: int
    backpressure: float = 0.0


@dataclass(frozen=True)
class Jump:
    """Registers of the RTL set ahead: whenever ``register`` holds ``value``, those of ``ahead`` take theirs.

    Registers go by their paths below the top module. A number wider than its register loses its upper bits.
    """

    register: str
    value: int
    ahead: Mapping[str, int]


@dataclass(frozen=True)
class Case:
    """One run of a component from reset.

    Its cycles count from the first word of ``inputs[0]`` to the last expected word of any output, both
    included. ``sim_cycles`` is what they must be, or None where streams stall and nothing is claimed. A run of
    more than ``limit_cycles`` has hung. ``constants`` are inputs that hold still, by port name; ``status`` is what
    outputs that are no streams must hold when all words have come. With ``reset_after_cycles`` the case is first
    begun, left after that many cycles, and reset. ``jumps`` hold all along. ``rerun`` is the command line that runs
    this case and no other.
    """

    name: str
    inputs: tuple[InputStream, ...]
    outputs: tuple[OutputStream, ...]
    sim_cycles: int | None
    limit_cycles: int
    seed: int = 0
    constants: Mapping[str, int] = field(default_factory=dict)
    status: Mapping[str, int] = field(default_factory=dict)
    reset_after_cycles: int = 0
    jumps: tuple[Jump, ...] = ()
    rerun: str = ""


def joined(name: str, cases: Sequence[Case]) -> Case:
    """Return ``cases`` of one component as a single one, each begun when the one before is given; no cycles claimed.

    Streams keep the stalls, and the case the seed, constants and status, of the first.
    """
    first, *others = cases
    inputs, outputs = first.inputs, first.outputs
    for case in others:
        inputs = tuple(_continued(*pair, len(outputs[0].expected)) for pair in zip(inputs, case.inputs, strict=True))
        outputs = tuple(
            replace(
                output,
                expected=np.concatenate([output.expected, more.expected]),
                place=np.concatenate([output.place, more.place]),
            )
            for output, more in zip(outputs, case.outputs, strict=True)
        )
    limit_cycles = sum(case.limit_cycles for case in cases)
    return replace(first, name=name, inputs=inputs, outputs=outputs, sim_cycles=None, limit_cycles=limit_cycles)


def _continued(stream: InputStream, more: InputStream, results: int) -> InputStream:
    """``stream`` and then ``more``, whose case's first result follows after ``results`` others."""
    words = np.concatenate([stream.words, more.words])
    if stream.source is None or more.source is None:
        return replace(stream, words=words)
    moved = np.where(more.source == NONE, NONE, more.source + results)
    return replace(stream, words=words, source=np.concatenate([stream.source, moved]))


def pack_lanes(lanes: NDArray[np.unsignedinteger], bits: int) -> Words:
    """Return words of lanes [words, lanes] of ``bits`` each, the first lane in the least significant bits.

    Lanes need not fill whole bytes (a packed weight is its value and an index of a few bits).
    """
    words, count = lanes.shape
    little = np.ascontiguousarray(lanes, dtype="<u8").view(np.uint8).reshape(words, count, 8)
    spread = np.unpackbits(little, axis=2, bitorder="little")[:, :, :bits]
    return np.packbits(spread.reshape(words, count * bits), axis=1, bitorder="little")
